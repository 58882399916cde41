import type { Refusal, Treatment } from "./keyword.ts";

// What several keywords of both license managers have in common: there is nothing like it here.

/** A keyword that decides nothing about seats. */
export const ignored = (why: string): Treatment => ({ kind: "ignored", why });

/** A keyword whose lines have no translation. */
export const untranslated = (refusal: Refusal): Treatment => ({ kind: "untranslated", ...refusal });

export const LOGS: Treatment = ignored(
  "what is logged is set by log.level, and no log has names of users or hosts",
);

export const REPORTS: Treatment = ignored("what is used is always recorded, in the ledger");

export const BORROWERS: Treatment = untranslated({
  why: "a borrow rule keeps some from borrowing, and lets all others",
  instead: "write borrow: { feature, days: 0, who: a group of all others }",
});
