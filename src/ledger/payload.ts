import type { ChainId } from "../base/ids.ts";
import type { Millis, UnixMillis } from "../base/time.ts";
import type { UsageEvent } from "../base/usage-event.ts";
import type { FeatureTotals, MeterTotals, NamingTotals } from "./totals.ts";

/** How much a checkpoint says: sums per feature and meter, or each event with its pseudonym. */
export type Detail = "totals" | "events";

/** What the daemon's clocks said when a block was sealed. */
export interface Clocks {
  readonly wall: UnixMillis;
  /** Whole milliseconds of the process's monotonic clock. */
  readonly mono: number;
  /** Changes with each start of the machine. 1 to 128 printable characters. */
  readonly bootId: string;
  /** The highest wall clock that was believed so far. */
  readonly highWater: UnixMillis;
  /** Milliseconds since the machine started, sleep included; null where it cannot be read. */
  readonly boottime: number | null;
  /** Median of (client's wall clock - ours) in milliseconds; null without clients. */
  readonly clientSkewMedian: number | null;
}

/** A usage event as it comes out of a block. */
export type SealedEvent = UsageEvent extends infer Event
  ? Event extends UsageEvent
    ? Omit<Event, "user"> & { readonly user: string }
    : never
  : never;

/** Seat time of leases that were still open at a checkpoint. */
export interface SealedSeatTime {
  readonly feature: string;
  readonly seatMillis: Millis;
}

/** What the first block says: whose ledger this is. */
export interface GenesisPayload {
  readonly type: "genesis";
  readonly requestId: string;
  /** Ed25519 public key of the daemon. */
  readonly daemonKey: Uint8Array;
  readonly origin: string;
  readonly createdAt: UnixMillis;
  /** 32 bytes. */
  readonly hostHash: Uint8Array;
  /** The ledger this one succeeds. */
  readonly predecessor: Predecessor | null;
}

export interface Predecessor {
  readonly chainId: ChainId;
  readonly size: number;
  readonly root: Uint8Array;
}

/** Why a segment was opened; the vendor bounds the number of segments by these. */
export type SegmentReason = "full" | "daily" | "receipt" | "keys";

export interface SegmentPayload {
  readonly type: "segment";
  readonly createdAt: UnixMillis;
  readonly highWater: UnixMillis;
  readonly reason: SegmentReason;
}

export interface CheckpointMeta {
  readonly detail: Detail;
  /** The first sealed event's id, from 1; 0 when there is none. */
  readonly firstEventId: number;
  readonly count: number;
  /** The interval the checkpoint speaks about. */
  readonly from: UnixMillis;
  readonly to: UnixMillis;
  readonly clocks: Clocks;
  /** The head of the site's audit trail: 32 bytes. Left out where there is no trail. */
  readonly trailHead?: Uint8Array;
}

export interface TotalsPayload {
  readonly type: "checkpoint";
  readonly meta: CheckpointMeta & { readonly detail: "totals" };
  readonly features: readonly FeatureTotals[];
  /** Units used. */
  readonly meters: readonly MeterTotals[];
  /** Units given back. */
  readonly refunds: readonly MeterTotals[];
  readonly namings: readonly NamingTotals[];
}

export interface EventsPayload {
  readonly type: "checkpoint";
  readonly meta: CheckpointMeta & { readonly detail: "events" };
  readonly events: readonly SealedEvent[];
  readonly open: readonly SealedSeatTime[];
}

export type CheckpointPayload = TotalsPayload | EventsPayload;

export interface ReceiptPayload {
  readonly type: "receipt";
  /** The receipt note, byte for byte. */
  readonly note: string;
  readonly receiptNo: number;
  /** The acknowledged head. */
  readonly ackSize: number;
  readonly ackRoot: Uint8Array;
}

export interface ExportPayload {
  readonly type: "export";
  readonly exportNo: number;
  /** Blocks before this one. */
  readonly sizeBefore: number;
  readonly lastReceiptNo: number | null;
  /** The nonce of the last receipt: 32 bytes. */
  readonly receiptNonce: Uint8Array | null;
  readonly wall: UnixMillis;
  /** 32 bytes. */
  readonly hostHash: Uint8Array;
}

export interface IncidentPayload {
  readonly type: "incident";
  readonly code: string;
  /** SHA-256 of the evidence kept at the site. */
  readonly evidenceHash: Uint8Array | null;
  readonly firstSeen: UnixMillis;
  /** How often it was seen since it was last recorded. */
  readonly count: number;
}

export interface StartPayload {
  readonly type: "start";
  /** The program's version. */
  readonly version: string;
  readonly bootId: string;
  readonly previousShutdownClean: boolean;
  readonly redoneBlocks: number;
  readonly fsType: string | null;
  readonly virtualised: string | null;
  readonly swapOn: boolean | null;
  readonly wall: UnixMillis;
  /** 32 bytes. */
  readonly hostHash: Uint8Array;
}

export interface HeartbeatPayload {
  readonly type: "heartbeat";
  readonly clocks: Clocks;
  /** Different clients that presented a head within seven days. */
  readonly distinctWitnesses7d: number;
  readonly openLeases: number;
  /** As in {@link CheckpointMeta}. */
  readonly trailHead?: Uint8Array;
}

/** The last block of a ledger. */
export interface ClosePayload {
  readonly type: "close";
  readonly wall: UnixMillis;
}

export type Payload =
  | GenesisPayload
  | SegmentPayload
  | CheckpointPayload
  | ReceiptPayload
  | ExportPayload
  | IncidentPayload
  | StartPayload
  | HeartbeatPayload
  | ClosePayload;
