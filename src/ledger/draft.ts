import type { LeaseId } from "../base/ids.ts";
import type { UnixMillis } from "../base/time.ts";
import type { OpenSeatTime, UsageEvent } from "../base/usage-event.ts";
import type { BlockType } from "./block.ts";
import type { DirectoryRow } from "./directory.ts";
import type { EntryProof } from "./entry-proof.ts";
import type {
  Clocks,
  ClosePayload,
  Detail,
  ExportPayload,
  HeartbeatPayload,
  IncidentPayload,
  ReceiptPayload,
  SegmentReason,
  StartPayload,
} from "./payload.ts";
import type { OutboxRow } from "./ports.ts";

/** A block as the daemon wants it, before anything is fixed. */
export type BlockDraft =
  | CheckpointDraft
  | SegmentDraft
  | ReceiptPayload
  | ExportPayload
  | IncidentPayload
  | StartPayload
  | HeartbeatPayload
  | ClosePayload;

/** Pending usage to be sealed into one block. `fitEvents` says how many events one block takes. */
export interface CheckpointDraft {
  readonly type: "checkpoint";
  readonly detail: Detail;
  /** Id of the first event, from 1; not used when there is none. */
  readonly firstEventId: number;
  /** The events of this block, ids contiguous from `firstEventId`. */
  readonly events: readonly UsageEvent[];
  /**
   * Pending events after these, which wait for a following block. Needed to tell the seats in use
   * at the end of this block from those in use now.
   */
  readonly later: readonly UsageEvent[];
  /** Seat time of open leases, from a cut made now. Leave it for a block without `later` events. */
  readonly open: readonly OpenSeatTime[];
  /** Seats in use now, per feature. */
  readonly inUse: ReadonlyMap<string, number>;
  /** Where the previous checkpoint ended. */
  readonly from: UnixMillis;
  readonly clocks: Clocks;
  /** The head of the site's audit trail; left out where there is none. */
  readonly trailHead?: Uint8Array;
  /** Whether leases get a proof that the block tells of them; takes `events` detail. */
  readonly proves?: boolean;
}

/** A fresh key exchange with the vendor and, if the license names any, auditors. */
export interface SegmentDraft {
  readonly type: "segment";
  readonly createdAt: UnixMillis;
  readonly highWater: UnixMillis;
  readonly reason: SegmentReason;
  /** The vendor's X25519 sealing key. */
  readonly sealingKey: Uint8Array;
  /** X25519 keys of auditors who may read, not check: at most 8. */
  readonly recipients: readonly Uint8Array[];
  /** 64 fresh random bytes. */
  readonly entropy: Uint8Array;
}

/** A block whose bytes are fixed. It counts once the transaction that holds `outbox` has committed. */
export interface PreparedBlock {
  readonly type: BlockType;
  readonly index: number;
  readonly leaf: Uint8Array;
  readonly outbox: OutboxRow;
  /** Present for a SEGMENT block: to be kept in the same transaction. */
  readonly directoryRow?: DirectoryRow;
  /** Present for a CHECKPOINT: the events that are now in the ledger and leave the pending ones. */
  readonly sealed?: { readonly firstEventId: number; readonly count: number };
  /** Present for a CHECKPOINT that proves: to be kept in the same transaction, for as long as the leases last. */
  readonly proofs?: ReadonlyMap<LeaseId, EntryProof>;
}
