import type { Keyword } from "./keyword.ts";
import type { Statement } from "./statement.ts";
import { type Refused, refusing } from "./written-line.ts";

/** Settings of a feature that a file says once; what a second line does is not documented. */
export class SaidOnce {
  readonly #lines = new Map<string, number>();

  /** Why this line has no translation; undefined for the first one. */
  again({ word }: Keyword, feature: string, { line }: Statement): Refused | undefined {
    const key = `${word} ${feature}`;
    const above = this.#lines.get(key);
    if (above === undefined) {
      this.#lines.set(key, line);
      return undefined;
    }
    return refusing(
      `line ${above} says it too, and which of the two counts is not documented`,
      "remove one of them",
    );
  }
}
