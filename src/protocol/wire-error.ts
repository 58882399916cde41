import { z } from "zod";
import { denialSchema, type WireDenial } from "./denial.ts";
import { messageField } from "./fields.ts";
import { WIRE_CODES, type WireCode } from "./wire-codes.ts";

/** Why a request got no result. A denial is by license or rule; a fault is everything else. */
export type WireError =
  | { readonly kind: "denial"; readonly denial: WireDenial }
  | {
      readonly kind: "fault";
      readonly code: Exclude<WireCode, "DENIED">;
      /** For people; never a value the client sent. */
      readonly message: string;
      /** The parameter that was refused. */
      readonly field?: string;
      readonly hint?: string;
    };

/** A fault as a value. */
export function wireFault(
  code: Exclude<WireCode, "DENIED">,
  message: string,
  more: { readonly field?: string; readonly hint?: string } = {},
): WireError {
  return { kind: "fault", code, message, ...more };
}

/** A denial as a value. */
export const wireDenial = (denial: WireDenial): WireError => ({ kind: "denial", denial });

/** The `error` member of a JSON-RPC response. */
export function errorMember(error: WireError): object {
  if (error.kind === "denial") {
    const { denial } = error;
    return { code: WIRE_CODES.DENIED, message: `denied: ${denial.reason}`, data: denial };
  }
  const { kind: _, message, ...data } = error;
  return { code: WIRE_CODES[error.code], message, data };
}

const denialMember = z
  .strictObject({
    code: z.literal(WIRE_CODES.DENIED),
    message: messageField,
    data: denialSchema,
  })
  .transform((member): WireError => wireDenial(member.data));

const faultMember = z
  .strictObject({
    code: z.int(),
    message: messageField,
    data: z.strictObject({
      code: z.enum([
        "PARSE_ERROR",
        "INVALID_REQUEST",
        "METHOD_NOT_FOUND",
        "INVALID_PARAMS",
        "INTERNAL_ERROR",
        "AUTH_REQUIRED",
        "AUTH_FAILED",
        "ALREADY_GREETED",
        "VENDOR_UNKNOWN",
        "TOKEN_REFUSED",
        "TOKEN_REQUIRED",
      ]),
      field: messageField.exactOptional(),
      hint: messageField.exactOptional(),
    }),
  })
  .refine((member) => WIRE_CODES[member.data.code] === member.code, { path: ["code"] })
  .transform(({ message, data }): WireError => ({ kind: "fault", message, ...data }));

/** Reads what `errorMember` writes. */
export const errorSchema: z.ZodType<WireError> = z.union([denialMember, faultMember]);
