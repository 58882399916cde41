import type { z } from "zod";
import { ProtocolError } from "./errors.ts";

/** A value that was checked, or the field that was wrong. Never the value of a refused field. */
export type Decoded<Value> =
  | { readonly kind: "decoded"; readonly value: Value }
  | { readonly kind: "refused"; readonly field: string; readonly problem: string };

/**
 * Checks outside data against a schema and builds a fresh, deeply frozen object of our own.
 * `root` names the whole in refusals (`params`).
 */
export function decode<Value>(
  schema: z.ZodType<Value>,
  input: unknown,
  root: string,
): Decoded<Value> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return { kind: "decoded", value: freezeDeep(parsed.data) };
  const issue = parsed.error.issues[0];
  if (issue === undefined) return { kind: "refused", field: root, problem: "is not as specified" };
  if (issue.code === "unrecognized_keys") {
    const field = dotted(root, [...issue.path, printable(issue.keys[0] ?? "")]);
    return { kind: "refused", field, problem: "is unknown" };
  }
  const missing = valueAt(input, issue.path) === undefined;
  const problem = missing ? "is missing" : "is not as specified";
  return { kind: "refused", field: dotted(root, issue.path), problem };
}

/** As `decode`, for whoever cannot answer a refusal. @throws ProtocolError WIRE_FIELD, or `code`. */
export function demand<Value>(
  schema: z.ZodType<Value>,
  input: unknown,
  root: string,
  more: { readonly code?: "WIRE_FRAME" | "WIRE_FIELD"; readonly hint?: string } = {},
): Value {
  const decoded = decode(schema, input, root);
  if (decoded.kind === "decoded") return decoded.value;
  const { field, problem } = decoded;
  const { code = "WIRE_FIELD", hint } = more;
  throw new ProtocolError(code, `${field} ${problem}`, {
    facts: { field },
    ...(hint === undefined ? {} : { hint }),
  });
}

function freezeDeep<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) freezeDeep(part);
  return Object.freeze(value);
}

const dotted = (root: string, path: readonly PropertyKey[]): string =>
  [root, ...path.map(String)].join(".");

/** A sender's own field name may be anything; what is said about it stays one short line. */
const printable = (name: string): string => name.slice(0, 64).replaceAll(/[^\x21-\x7e]/g, "?");

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const step of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Reflect.get(value, step);
  }
  return value;
}
