/** What a verdict means for the vendor's books, and for the person in front of the screen. */
export interface VerdictFacts {
  /** Whether the usage may be billed: all that is new, nothing, or as the least there was. */
  readonly counts: "yes" | "no" | "lower-bound";
  /** Whether a receipt goes back: a new one, none, the last one again, or one after a person looked. */
  readonly receipt: "yes" | "no" | "resend" | "after-review";
  /** One sentence, lower case, no full stop. */
  readonly meaning: string;
  /** What to do next: lower case, no full stop. */
  readonly hint: string;
}

/** Every verdict, the gravest first: of several that apply, the first one is given. */
export const VERDICTS = [
  "TRANSPORT_DAMAGED",
  "LIMIT_EXCEEDED",
  "MALFORMED",
  "UNSUPPORTED",
  "DOWNGRADE",
  "UNKNOWN_CHAIN",
  "WRONG_LICENSE",
  "WRONG_CHAIN",
  "UNKNOWN_SEALING_KEY",
  "GENESIS_MISMATCH",
  "FORK",
  "TAMPERED",
  "KEY_INDEX_MISMATCH",
  "READ_COMMIT_MISMATCH",
  "EVENTS_ROOT_MISMATCH",
  "EVENT_DUPLICATE",
  "EVENT_GAP",
  "ROOT_MISMATCH",
  "UNANCHORED",
  "CLONE_SUSPECTED",
  "RECEIPT_CONFLICT",
  "TIP_INVALID",
  "BAD_CHECKPOINT_SIGNATURE",
  "BLOCKS_MISSING",
  "VERIFIED_WITH_INCIDENTS",
  "STALE",
  "DUPLICATE",
  "EXTENDS",
  "FIRST_VERIFIED",
] as const;

export type Verdict = (typeof VERDICTS)[number];

/** A verdict that something went wrong, as opposed to a place in the vendor's own history. */
export type ProblemVerdict = Exclude<
  Verdict,
  "VERIFIED_WITH_INCIDENTS" | "STALE" | "DUPLICATE" | "EXTENDS" | "FIRST_VERIFIED"
>;

const NOT_COUNTED = { counts: "no", receipt: "no" } as const;
const KEEP = "count nothing, keep the file as evidence, and talk to the site";
const HOLD = "hold the bundle, send no receipt, and ask the site what happened";

/** The facts of every verdict (docs/spec/bundle.md, "Verdicts"). */
export const VERDICT_FACTS: Readonly<Record<Verdict, VerdictFacts>> = {
  TRANSPORT_DAMAGED: {
    ...NOT_COUNTED,
    meaning: "the file is not what the site wrote: it was damaged or cut on its way",
    hint: "copy the bundle again from the site",
  },
  LIMIT_EXCEEDED: {
    ...NOT_COUNTED,
    meaning: "the bundle claims more than a bundle may hold",
    hint: "ask the site for a new export; if it comes out the same, keep it as evidence",
  },
  MALFORMED: {
    ...NOT_COUNTED,
    meaning: "the file is no well-formed usage bundle",
    hint: "check that this is the file the site exported, and ask for a new export",
  },
  UNSUPPORTED: {
    ...NOT_COUNTED,
    meaning: "the bundle uses a format this release does not know",
    hint: "install a newer release and ingest the file again",
  },
  DOWNGRADE: {
    ...NOT_COUNTED,
    meaning: "the bundle uses a format older than the license allows",
    hint: "ask the site for an export by the release it is licensed to run",
  },
  UNKNOWN_CHAIN: {
    ...NOT_COUNTED,
    meaning: "no activation of this ledger is on record",
    hint: "check that the bundle was meant for this vendor and that its license was issued here",
  },
  WRONG_LICENSE: {
    ...NOT_COUNTED,
    meaning: "the license on record was issued for another ledger",
    hint: "check which license the site has installed",
  },
  WRONG_CHAIN: {
    ...NOT_COUNTED,
    meaning: "the bundle holds blocks of another ledger",
    hint: KEEP,
  },
  UNKNOWN_SEALING_KEY: {
    ...NOT_COUNTED,
    meaning: "a segment is sealed to a key that is not at hand",
    hint: "give every sealing key the site may have used and ingest the file again",
  },
  GENESIS_MISMATCH: {
    ...NOT_COUNTED,
    meaning: "the ledger does not begin with the block that was activated",
    hint: KEEP,
  },
  FORK: {
    ...NOT_COUNTED,
    meaning: "the ledger conflicts with what was acknowledged: the site went on from an older copy",
    hint: "keep both bundles, find out which copies were in use, then accept one with seatkeeper-vendor supersede",
  },
  TAMPERED: {
    ...NOT_COUNTED,
    meaning: "an authentic position carries wrong bytes",
    hint: KEEP,
  },
  KEY_INDEX_MISMATCH: {
    ...NOT_COUNTED,
    meaning: "blocks stand at places they were not sealed for",
    hint: KEEP,
  },
  READ_COMMIT_MISMATCH: {
    ...NOT_COUNTED,
    meaning: "a segment's keys are not the ones it commits to",
    hint: KEEP,
  },
  EVENTS_ROOT_MISMATCH: {
    ...NOT_COUNTED,
    meaning: "a checkpoint's entries are not the ones its header commits to",
    hint: KEEP,
  },
  EVENT_DUPLICATE: {
    ...NOT_COUNTED,
    meaning: "usage events are sealed twice",
    hint: HOLD,
  },
  EVENT_GAP: {
    ...NOT_COUNTED,
    meaning: "usage events between two checkpoints were never sealed",
    hint: HOLD,
  },
  ROOT_MISMATCH: {
    ...NOT_COUNTED,
    meaning: "the proven root is not the root of the blocks",
    hint: KEEP,
  },
  UNANCHORED: {
    ...NOT_COUNTED,
    meaning: "the line of keys from the activation is broken: nothing vouches for what follows",
    hint: KEEP,
  },
  CLONE_SUSPECTED: {
    ...NOT_COUNTED,
    meaning: "two copies of this ledger seem to have been in use",
    hint: `${HOLD}; seatkeeper-vendor supersede accepts one of them`,
  },
  RECEIPT_CONFLICT: {
    ...NOT_COUNTED,
    meaning: "the ledger holds a receipt that was never given, or lacks the mark of one that was",
    hint: HOLD,
  },
  TIP_INVALID: {
    counts: "lower-bound",
    receipt: "no",
    meaning: "every block verifies, but nothing proves that the ledger ends here",
    hint: "take the usage as the least there was, and ask the site for a new export",
  },
  BAD_CHECKPOINT_SIGNATURE: {
    ...NOT_COUNTED,
    meaning: "the head is not signed by the licensed daemon",
    hint: HOLD,
  },
  BLOCKS_MISSING: {
    counts: "yes",
    receipt: "after-review",
    meaning: "blocks are missing; the rest verifies and says exactly which",
    hint: "estimate the missing part, and send the receipt once it is agreed with the site",
  },
  VERIFIED_WITH_INCIDENTS: {
    counts: "yes",
    receipt: "yes",
    meaning: "verified; the ledger itself reports incidents or clock anomalies",
    hint: "look at the incidents before the next renewal",
  },
  STALE: {
    counts: "no",
    receipt: "no",
    meaning: "verified, but older than what is acknowledged already",
    hint: "ask the site for its newest export",
  },
  DUPLICATE: {
    counts: "no",
    receipt: "resend",
    meaning: "verified, and acknowledged before",
    hint: "send the last receipt again",
  },
  EXTENDS: {
    counts: "yes",
    receipt: "yes",
    meaning: "verified, and continues what is acknowledged",
    hint: "send the receipt back to the site",
  },
  FIRST_VERIFIED: {
    counts: "yes",
    receipt: "yes",
    meaning: "verified from the activated first block to the end",
    hint: "send the receipt back to the site",
  },
};
