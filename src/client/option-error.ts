import { PRODUCT_NAME } from "../base/ids.ts";
import { type UnixMillis, unixMillis } from "../base/time.ts";
import { ClientError } from "./errors.ts";

/**
 * An option of a call that no daemon would take. Its value is not repeated: labels are of people.
 * @param option as the call spells it, with dots: `labels.user`.
 * @param rule what holds of its value: `must be …`.
 */
export function badOption(option: string, rule: string, hint: string): ClientError {
  return new ClientError("CLIENT_OPTION", `${option} ${rule}`, { hint, facts: { option } });
}

/**
 * The options of a call, which a program in JavaScript may have left out.
 * @throws ClientError CLIENT_OPTION.
 */
export function demandOptions(options: unknown, needed: string): void {
  if (typeof options === "object" && options !== null) return;
  throw badOption("options", `must be an object: ${needed}`, `pass ${needed}`);
}

/** @throws ClientError CLIENT_OPTION unless it may be the name of a feature or meter. */
export function demandProductName(option: "feature" | "meter", name: string): void {
  if (typeof name === "string" && PRODUCT_NAME.test(name)) return;
  throw badOption(
    option,
    "must be 1 to 64 of a-z 0-9 . _ -, with a letter or digit at both ends",
    `write the name of the ${option} as the license has it`,
  );
}

/** A moment of the wall clock. @throws ClientError CLIENT_OPTION. */
export function momentOption(option: "usedAt" | "versionDate", value: number): UnixMillis {
  if (Number.isSafeInteger(value) && value >= 0) return unixMillis(value);
  const rule = "must be a whole number of milliseconds since 1970";
  throw badOption(option, rule, "pass what Date.now() or getTime() gives");
}
