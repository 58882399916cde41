import type { Command } from "../../../src/seats/command.ts";
import type { Refused } from "./records.ts";

/** A command of one kind. */
export type Asked<Kind extends Command["kind"]> = Extract<Command, { readonly kind: Kind }>;

/** What the model expects to be answered, as far as it has an opinion. */
export type Expected =
  | { readonly kind: "granted" | "borrowed"; readonly lease: string }
  | { readonly kind: "queued"; readonly position: number }
  | {
      readonly kind: "denied";
      readonly reason: string;
      readonly ruleId?: string;
      readonly position?: number;
      readonly holders?: readonly string[];
    }
  | { readonly kind: "renewed"; readonly kept: readonly string[]; readonly lost: readonly string[] }
  | { readonly kind: "done" };

export const DONE: Expected = { kind: "done" };

export function wordsOf({ reason, ruleId }: Refused): {
  readonly reason: string;
  readonly ruleId?: string;
} {
  return ruleId === undefined ? { reason } : { reason, ruleId };
}
