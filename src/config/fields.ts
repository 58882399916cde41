import { z } from "zod";
import type { Millis } from "../base/time.ts";
import { readDuration } from "./duration.ts";

// What options are made of.

export const text: z.ZodString = z.string().min(1).max(4_096);

export const count = (least: number, most: number): z.ZodInt => z.int().min(least).max(most);

/** `90s`, within a range that is written the same way. */
export const duration = (least: string, most: string): z.ZodType<Millis, string> =>
  z.string("expected a duration such as 90s").transform((written, context): Millis => {
    const span = readDuration(written);
    const inRange =
      span !== undefined &&
      span >= (readDuration(least) ?? 0) &&
      span <= (readDuration(most) ?? Number.POSITIVE_INFINITY);
    if (inRange) return span;
    const reason = span === undefined ? "such as 90s" : `from ${least} to ${most}`;
    context.addIssue({ code: "custom", message: `expected a duration ${reason}` });
    return z.NEVER;
  });
