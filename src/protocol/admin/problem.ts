import { z } from "zod";
import { messageField } from "../fields.ts";
import { wordField } from "./fields.ts";

/** What is wrong, under a code of docs/ERRORS.md. */
export interface AdminProblem {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

export const problemSchema: z.ZodType<AdminProblem> = z.strictObject({
  code: wordField,
  message: messageField,
  hint: messageField.exactOptional(),
});

/** The body of every answer that is not 2xx. */
export interface AdminRefusal {
  readonly error: AdminProblem;
}

export const refusalSchema: z.ZodType<AdminRefusal> = z.strictObject({ error: problemSchema });
