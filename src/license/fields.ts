import { z } from "zod";
import { fromBase64Url } from "../base/bytes.ts";
import { HEX_16, PRODUCT_NAME } from "../base/ids.ts";
import { type UnixMillis, unixMillis } from "../base/time.ts";

// The words of vendor files, requests, licenses and lease notes, each with its one form.

/** Where and why a value was refused. */
export interface FieldProblem {
  readonly path: readonly (string | number)[];
  /** True when the field is not one of ours, rather than one with a wrong value. */
  readonly unknown: boolean;
  /** What completes the sentence `<path> …`. */
  readonly problem: string;
}

/** The most a list in one of our files may hold. */
const LIST_MAX = 1_000;

/** A vendor's name: the part of a domain name that makes its keys' names its own. */
export const VENDOR_NAME: RegExp = /^[a-z0-9](?:[a-z0-9.-]{0,126}[a-z0-9])?$/;

const VERSION = /^[0-9A-Za-z][0-9A-Za-z.+_-]{0,63}$/;
const HEX_32 = /^[0-9a-f]{64}$/;
const HEX_8 = /^[0-9a-f]{16}$/;
const CALENDAR_END = 8.64e15;

/** Decodes into a fresh value of our own; `refuse` makes the error of the first problem. */
export function decodeWith<Value>(
  schema: z.ZodType<Value>,
  input: unknown,
  refuse: (problem: FieldProblem) => Error,
): Value {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = (issue?.path ?? []).map((step) => (typeof step === "symbol" ? "" : step));
  if (issue?.code === "unrecognized_keys") {
    const name = printable(issue.keys[0] ?? "");
    throw refuse({ path: [...path, name], unknown: true, problem: "is not a known field" });
  }
  throw refuse({ path, unknown: false, problem: issue?.message ?? "is not as specified" });
}

/**
 * A field that `read` understands.
 * @param what completes "must be …".
 */
export function fieldOf<Value>(what: string, read: (value: unknown) => Value): z.ZodType<Value> {
  return z.unknown().transform((value, context) => {
    try {
      return read(value);
    } catch {
      const message = value === undefined ? "is missing" : `must be ${what}`;
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    }
  });
}

/** A map with exactly these fields. */
export function mapOf<Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, { error: refusedShape("a map of fields") });
}

export function listOf<Value>(
  element: z.ZodType<Value>,
  most: number = LIST_MAX,
): z.ZodType<readonly Value[]> {
  return z
    .array(element, { error: refusedShape("a list") })
    .max(most, { error: `must have at most ${most} entries` });
}

/** One of these words. */
export function wordOf<const Words extends readonly string[]>(
  ...words: Words
): z.ZodType<Words[number]> {
  return fieldOf(`one of ${words.join(", ")}`, (value) => {
    const word: Words[number] | undefined = words.find((candidate) => candidate === value);
    if (word === undefined) throw new RangeError("not one of the words");
    return word;
  });
}

export function wholeNumber(least: number, most: number): z.ZodType<number> {
  return fieldOf(`a whole number from ${least} to ${most}`, (value) => {
    if (typeof value !== "number" || !Number.isSafeInteger(value))
      throw new RangeError("not whole");
    if (value < least || value > most) throw new RangeError("out of bounds");
    return value;
  });
}

export const flag: z.ZodType<boolean> = fieldOf("true or false", (value) => {
  if (typeof value !== "boolean") throw new RangeError("not a boolean");
  return value;
});

/** What the schema of this version does not know may stand here, and is passed over. */
export const extensions: z.ZodType = z
  .record(z.string(), z.unknown(), { error: "must be a map of extensions" })
  .optional();

/** The same, but for notes of the vendor that may be carried there. Their own readers check them. */
export const extensionsWithNotes: z.ZodType<
  { readonly revocations?: string | undefined; readonly supersede?: string | undefined } | undefined
> = z
  .looseObject(
    { revocations: z.string().optional(), supersede: z.string().optional() },
    { error: "must be a map of extensions" },
  )
  .optional();

export const moment: z.ZodType<UnixMillis> = fieldOf("a time in utc milliseconds", (value) => {
  if (typeof value !== "number" || value > CALENDAR_END) throw new RangeError("not a time");
  return unixMillis(value);
});

/** Base64url of exactly `length` bytes. */
export function bytes(length: number): z.ZodType<Uint8Array> {
  return fieldOf(`${length} bytes as base64url`, (value) => {
    const decoded = fromBase64Url(textIn(value));
    if (decoded.length !== length) throw new RangeError("wrong length");
    return decoded;
  });
}

/** Base64url of one byte up to `most`. */
export function bytesUpTo(most: number): z.ZodType<Uint8Array> {
  return fieldOf(`at most ${most} bytes as base64url`, (value) => {
    const decoded = fromBase64Url(textIn(value));
    if (decoded.length === 0 || decoded.length > most) throw new RangeError("wrong length");
    return decoded;
  });
}

export function matching(pattern: RegExp, what: string): z.ZodType<string> {
  return fieldOf(what, (value) => {
    const text = textIn(value);
    if (!pattern.test(text)) throw new RangeError("another form");
    return text;
  });
}

/** Text of a base maker: an id in its one form. */
export function idOf<Id>(make: (text: string) => Id, what: string): z.ZodType<Id> {
  return fieldOf(what, (value) => make(textIn(value)));
}

export const hex32: z.ZodType<string> = matching(HEX_32, "32 bytes in lower-case hex");
export const hex16: z.ZodType<string> = matching(HEX_16, "16 bytes in lower-case hex");
export const hex8: z.ZodType<string> = matching(HEX_8, "8 bytes in lower-case hex");
export const vendorNameField: z.ZodType<string> = matching(VENDOR_NAME, "a vendor name");
export const productName: z.ZodType<string> = matching(
  PRODUCT_NAME,
  "a name of lower-case letters, digits, dots, dashes and underscores",
);
export const versionField: z.ZodType<string> = matching(
  VERSION,
  "a version, in quotes where it could be read as a number",
);

/** One line for people. */
export const lineOfText: z.ZodType<string> = matching(
  // oxlint-disable-next-line no-control-regex -- these are the characters a line does not contain
  /^(?! )[^\u0000-\u001f\u007f-\u009f\u2028\u2029]{1,200}(?<! )$/,
  "one line of 1 to 200 characters",
);

/** The text of an embedded note. Its own reader checks it. */
export const embeddedNote: z.ZodType<string> = fieldOf("the text of a note", textIn);

/** @throws RangeError unless the value is text. */
function textIn(value: unknown): string {
  if (typeof value !== "string") throw new RangeError("not text");
  return value;
}

function refusedShape(what: string): (issue: { readonly input?: unknown }) => string {
  return (issue) => (issue.input === undefined ? "is missing" : `must be ${what}`);
}

/** A sender's own field name may be anything; what is said about it stays one short line. */
const printable = (name: string): string => name.slice(0, 64).replaceAll(/[^\x21-\x7e]/g, "?");
