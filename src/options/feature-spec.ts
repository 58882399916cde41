import { PRODUCT_NAME } from "../base/ids.ts";
import type { Refusal } from "./keyword.ts";

export type FeatureSpec =
  | { readonly kind: "feature"; readonly name: string }
  | ({ readonly kind: "refused" } & Refusal);

/** Reads `f1`; `f1:VERSION=2.0` and `"f1 VERSION=2.0"` mean a part of the licenses, which no rule does. */
export function readFeatureSpec(written: string): FeatureSpec {
  const part = /^.*?[:\s]\s*([A-Za-z_]+=.*)$/s.exec(written)?.[1];
  if (part !== undefined) {
    return {
      kind: "refused",
      why: `a rule is about all seats of a feature, not about those with ${part}`,
      instead: "write the rule for the whole feature, if that is what is wanted",
    };
  }
  const name = written.toLowerCase();
  if (PRODUCT_NAME.test(name)) return { kind: "feature", name };
  return {
    kind: "refused",
    why: `no feature can be called ${written} here`,
    instead: "see what the vendor calls it now in `seatkeeper status`",
  };
}
