import type { Refusal } from "./keyword.ts";

/** A `MAX` line for one user or group, or for all of them. */
export interface Maximum {
  readonly feature: string;
  readonly type: string;
  readonly isForAll: boolean;
  readonly seats: number;
  readonly line: number;
}

/** How a maximum goes together with those above it. */
export type Standing =
  | { readonly kind: "holds" }
  | { readonly kind: "void"; readonly why: string }
  | ({ readonly kind: "refused" } & Refusal);

/**
 * The `MAX` lines of a file as they are read. In FlexNet the first line that names somebody counts,
 * so a user may have more than all others; here all rules hold, so the lower one counts.
 */
export class Maxima {
  readonly #above: Maximum[] = [];

  add(max: Maximum): Standing {
    const alike = this.#above.filter(
      ({ feature, type }) => feature === max.feature && type === max.type,
    );
    this.#above.push(max);
    const all = alike.find(({ isForAll }) => isForAll);
    if (all !== undefined) {
      return {
        kind: "void",
        why: `line ${all.line} is for all and stands above, so it has no effect`,
      };
    }
    const higher = alike.find(({ seats }) => max.isForAll && seats > max.seats);
    if (higher === undefined) return { kind: "holds" };
    return {
      kind: "refused",
      why: `line ${higher.line} allows more to some, and here the lower of two max rules counts`,
      instead: "write the max rule with who: a group of all others",
    };
  }
}
