import type { ChainId } from "../base/ids.ts";
import type { UnixMillis } from "../base/time.ts";
import type { DirectoryRow } from "../ledger/directory.ts";
import type { Clocks } from "../ledger/payload.ts";

// What a vendor knows about one ledger before the next bundle arrives. All trust starts here: the
// bundle itself is never asked how its ledger began or what was acknowledged.

/** The vendor's own record of how the ledger was activated. */
export interface Activation {
  readonly vendorName: string;
  readonly chainId: ChainId;
  /** Block 0 as it came with the activation request. */
  readonly genesisBlock: Uint8Array;
  /** Ed25519 key that signs the heads. */
  readonly daemonKey: Uint8Array;
  readonly origin: string;
  /** The vendor's wall clock at activation: days since then bound the number of segments. */
  readonly activatedAt: UnixMillis;
}

/** What the license on record binds. */
export interface LicenseBinding {
  readonly chainId: ChainId;
  readonly genesisLeaf: Uint8Array;
  readonly daemonKey: Uint8Array;
  /** Whether it, or another license of the ledger, lets the site name an auditor. */
  readonly auditorAllowed?: boolean;
}

/** A receipt this vendor wrote for the ledger. */
export interface IssuedReceipt {
  readonly receiptNo: number;
  readonly nonce: Uint8Array;
  /** The note, byte for byte. */
  readonly text: string;
}

/** A head of this ledger that was seen but not acknowledged: in a held bundle, or shown by a client. */
export interface SeenHead {
  readonly size: number;
  readonly root: Uint8Array;
}

/** Where the story of the site stands after the last acknowledged block. */
export interface HistoryState {
  /** Number of the newest EXPORT block; 0 before the first. */
  readonly exportNo: number;
  /** Number of the newest RECEIPT block; 0 before the first. */
  readonly receiptNo: number;
  /** The host as genesis or the newest START block names it. */
  readonly hostHash: Uint8Array | null;
  /** The newest clocks that were sealed. */
  readonly clocks: Clocks | null;
  /** Key ids of the auditors of the newest segment; none before the first. */
  readonly auditors: readonly string[];
}

/** The acknowledged ledger in one row. Kept by the vendor; its successor stands in the report. */
export interface AckedState {
  /** Blocks. */
  readonly size: number;
  readonly root: Uint8Array;
  /** Id of the newest sealed usage event; 0 before the first. */
  readonly lastEventId: number;
  readonly history: HistoryState;
}

/** One acknowledged segment. The newest one may still grow: its row is then replaced. */
export interface AckedSegment {
  readonly row: DirectoryRow;
  /** Frontier of the tree of the blocks before this segment; null when some of them were lost. */
  readonly frontier: readonly Uint8Array[] | null;
  /** Newest event id before this segment; null when blocks lost before it may have held newer ones. */
  readonly lastEventId: number | null;
  /** 32 bytes for each block of the segment, its SEGMENT block first; zeros where it is not known. */
  readonly leaves: Uint8Array;
  /** Positions in the segment, in order, of blocks that no bundle has brought so far. */
  readonly lost: readonly number[];
}

/** The acknowledged part of a ledger, as the vendor's store gives it out. */
export interface AckedLedger {
  readonly state: AckedState;
  /** The segment with this number. */
  segment(number: number): AckedSegment | undefined;
  /** The segment that block `index` lies in: the last one that begins at or before it. */
  segmentAt(index: number): AckedSegment | undefined;
}
