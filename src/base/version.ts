/**
 * Compares versions number by number: `2026.10` is above `2026.9`, and `2026` equals `2026.0`.
 * Anything from the first character that is neither digit nor dot is ignored, so that
 * `2026.1-beta` is `2026.1`; an empty version is below all others but `0`. Note that a limit of
 * `2026.1` does not cover `2026.1.5`: write `2026.1.9999`, or `2026.9999` for a whole year.
 * @returns negative, zero or positive, as `one` is below, equal to or above `other`.
 */
export function compareVersions(one: string, other: string): number {
  const left = numbersOf(one);
  const right = numbersOf(other);
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const order = compareNumbers(left[index] ?? "", right[index] ?? "");
    if (order !== 0) return order;
  }
  return 0;
}

/** The numbers as digits without leading zeros: they may be longer than a safe integer. */
function numbersOf(version: string): readonly string[] {
  const dotted = /^[0-9.]*/.exec(version)?.[0] ?? "";
  return dotted.split(".").map((digits) => digits.replace(/^0+/, ""));
}

function compareNumbers(one: string, other: string): number {
  if (one.length !== other.length) return one.length - other.length;
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
