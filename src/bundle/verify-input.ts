import type { ChainId } from "../base/ids.ts";
import type { UnixMillis } from "../base/time.ts";
import type { Payload } from "../ledger/payload.ts";
import type { Head } from "../note/checkpoint.ts";
import type { Finding } from "./finding.ts";
import type {
  AckedLedger,
  AckedSegment,
  AckedState,
  Activation,
  IssuedReceipt,
  LicenseBinding,
  SeenHead,
} from "./known-ledger.ts";
import type { SealingSecrets } from "./lineage.ts";
import type { Range } from "./missing-ranges.ts";
import type { Problem } from "./problems.ts";
import type { Verdict } from "./verdict.ts";

/** An authentic block that was not acknowledged before, opened. */
export interface OpenedBlock {
  readonly index: number;
  readonly segment: number;
  readonly payload: Payload;
}

/**
 * Is shown what a bundle holds while it is read, in order. Nothing of it may be kept before the
 * report says `counts: "yes"`: work inside a transaction, and roll it back otherwise.
 */
export interface BundleVisitor {
  /** Each block counts once: blocks acknowledged before are not shown again. */
  block?(block: OpenedBlock): void;
  /** Each segment the bundle touches, in its new extent, to be kept in place of its old row. */
  segment?(segment: AckedSegment): void;
}

/** All the verifier knows besides the bundle. */
export interface VerifyInput {
  readonly activation: Activation;
  /** Undefined skips the comparison of license and activation. */
  readonly license?: LicenseBinding;
  readonly secrets: SealingSecrets;
  /** Undefined before the first acknowledgement. */
  readonly acked: AckedLedger | undefined;
  /** Every receipt given for this ledger. */
  readonly receipts: readonly IssuedReceipt[];
  readonly seenHeads?: readonly SeenHead[];
  /**
   * Where a ledger whose keys are lost has ended, if a person has agreed on it: a bundle without a tip that ends
   * just there is taken, with a finding.
   */
  readonly agreedEnd?: SeenHead | undefined;
  /** The vendor's wall clock. */
  readonly now: UnixMillis;
  readonly visitor?: BundleVisitor;
}

/** What a verified bundle is, before incidents are looked at. */
export type Standing = "FIRST_VERIFIED" | "EXTENDS" | "DUPLICATE" | "STALE";

/** What was found. `VERDICT_FACTS` says what the verdict means. */
export interface VerifyReport {
  readonly verdict: Verdict;
  /** Each check that was made, with how much it covered. Never empty. */
  readonly checked: readonly string[];
  /** The gravest first. Long lists are cut; `problemCount` is not. */
  readonly problems: readonly Problem[];
  readonly problemCount: number;
  readonly findings: readonly Finding[];
  readonly findingCount: number;
  /** What the bundle claims to be; undefined when it could not be read. */
  readonly claim:
    | {
        readonly chainId: ChainId;
        readonly fromIndex: number;
        readonly size: number;
        /** Blocks in the bundle. */
        readonly blocks: number;
      }
    | undefined;
  /** Where the bundle stands in the vendor's history; undefined when it was not verified so far. */
  readonly standing: Standing | undefined;
  /** The head, if the licensed daemon signed it. */
  readonly head: Head | undefined;
  /** Its text, for the receipt. */
  readonly checkpoint: string | undefined;
  /** True when the site wrote zeros for a tip: it says that its keys are lost. */
  readonly isTipAbsent: boolean;
  readonly missingBlocks: readonly Range[];
  readonly missingBlockCount: number;
  readonly missingEvents: readonly Range[];
  readonly missingEventCount: number;
  /** What the vendor keeps from now on, if the verdict counts usage and the ledger has grown. */
  readonly next: AckedState | undefined;
}
