import { z } from "zod";
import type { DenialReason } from "../base/denial.ts";
import type { IdempotencyKey, LeaseId } from "../base/ids.ts";
import type { Millis, UnixMillis } from "../base/time.ts";
import { denialSchema, type WireDenial } from "./denial.ts";
import {
  type Bytes32Text,
  blindField,
  blockHeaderField,
  bytes32Field,
  countField,
  type Empty,
  hashPathField,
  keyField,
  largeNoteField,
  leaseIdField,
  messageField,
  momentField,
  positionField,
  productNameField,
  pseudonymField,
  reasonField,
  ruleIdField,
  seatCountField,
  smallNoteField,
  spanField,
} from "./fields.ts";
import {
  FEATURES_PER_STATUS,
  HASHES_PER_PROOF,
  LEASES_PER_REQUEST,
  LICENSES_PER_HELLO,
  PROOFS_PER_REQUEST,
  RECORDS_PER_REQUEST,
} from "./limits.ts";
import type { Method } from "./requests.ts";

export interface HelloResult {
  /** A note of kind `welcome`, signed by the daemon key. */
  readonly note: string;
  /** The vendor's license notes in no order, each proof of itself; empty when none is installed. */
  readonly licenses: readonly string[];
}

/** That the ledger tells of a lease, for who has only a head. Hashes and bytes as base64url. */
export interface WireEntry {
  /** The head that all of this leads to, as checkpoint text. */
  readonly head: string;
  /** The number of the event. */
  readonly id: number;
  /** The holder's pseudonym. */
  readonly user: string;
  readonly wall: UnixMillis;
  /** Seats that it took: 0 where it shares those of another lease. */
  readonly count: number;
  /** Of a grant. */
  readonly overdraft?: boolean;
  /** Of a borrowing. */
  readonly until?: UnixMillis;
  /** 16 bytes. */
  readonly blind: string;
  /** Place among the entries of its block, from 0, and their number. */
  readonly at: number;
  readonly of: number;
  /** From the entry to the block's `events_root`. */
  readonly path: readonly Bytes32Text[];
  /** The block's 144 bytes in front, and the SHA-256 of what follows. */
  readonly header: string;
  readonly rest: Bytes32Text;
  /** From the block to the root of the head. */
  readonly blockPath: readonly Bytes32Text[];
}

/** A seat as first granted. */
export interface WireLease {
  readonly id: LeaseId;
  /** A note of kind `lease` over the nonce of the request. */
  readonly note: string;
  readonly leaseTimeMs: Millis;
  readonly feature: string;
  readonly count: number;
  /** Where the license has each grant in the ledger before it is answered. */
  readonly entry?: WireEntry;
}

/** How the ledger goes on from what the client remembers. */
export interface LedgerProof {
  /** The newest head, as checkpoint text. */
  readonly head: string;
  /** RFC 6962 consistency proofs from the sizes in `since`, in their order; null where the ledger is not that long. */
  readonly proofs: readonly (readonly Bytes32Text[] | null)[];
}

/** Of a request that has `since`. */
interface Proven {
  readonly ledger?: LedgerProof;
}

export type AcquireResult =
  | ({ readonly state: "granted"; readonly lease: WireLease } & Proven)
  | ({
      readonly state: "queued";
      /** 1 is next. */
      readonly position: number;
      /** How long it will probably take; left out when nothing can be said. */
      readonly expectedWaitMs?: Millis;
    } & Proven);

export interface BorrowResult extends Proven {
  readonly lease: LeaseId;
  /** The first moment after the borrowed time, by the daemon's wall clock. */
  readonly until: UnixMillis;
  /** A note of kind `borrow`: proof without a network. */
  readonly ticket: string;
  /** The license note that proves it. */
  readonly license: string;
  /** As in {@link WireLease}. */
  readonly entry?: WireEntry;
}

interface RenewedLease {
  readonly id: LeaseId;
  readonly note: string;
  readonly leaseTimeMs: Millis;
}

interface LostLease {
  readonly id: LeaseId;
  readonly reason: DenialReason;
  readonly hint: string;
  /** The rule of the site that ended it. */
  readonly ruleId?: string;
  /** Why there is that rule, in the words of the site's administrator. */
  readonly ruleReason?: string;
}

/** Each lease that was asked for is in one of the two lists. */
export interface RenewResult extends Proven {
  readonly leases: readonly RenewedLease[];
  readonly lost: readonly LostLease[];
}

export type RecordOutcome =
  | { readonly key: IdempotencyKey; readonly state: "counted" | "repeated" }
  | { readonly key: IdempotencyKey; readonly state: "denied"; readonly denial: WireDenial };

export interface RecordResult {
  /** In the order of the records. */
  readonly results: readonly RecordOutcome[];
}

export interface FeatureStatus {
  readonly feature: string;
  /** Seats of the licenses valid now. */
  readonly seats: number;
  /** Seats of live leases; above `seats` in overdraft. */
  readonly used: number;
  readonly free: number;
  /** Waiting requests. */
  readonly queued: number;
}

export interface StatusResult {
  readonly features: readonly FeatureStatus[];
}

/** What each method answers. */
export interface ResultOf {
  readonly hello: HelloResult;
  readonly "seat.acquire": AcquireResult;
  readonly "seat.renew": RenewResult;
  readonly "seat.activity": Empty;
  readonly "seat.release": Empty;
  readonly "seat.resume": RenewResult;
  readonly "seat.cancel": Empty;
  readonly "seat.borrow": BorrowResult;
  readonly "seat.return": Empty;
  readonly "usage.record": RecordResult;
  readonly "status.get": StatusResult;
  /** What there is to see follows as `status.changed`. */
  readonly "status.watch": Empty;
  readonly "status.unwatch": Empty;
}

const entrySchema: z.ZodType<WireEntry> = z.strictObject({
  head: smallNoteField,
  id: countField,
  user: pseudonymField,
  wall: momentField,
  count: countField,
  overdraft: z.boolean().exactOptional(),
  until: momentField.exactOptional(),
  blind: blindField,
  at: countField,
  of: countField,
  path: hashPathField,
  header: blockHeaderField,
  rest: bytes32Field,
  blockPath: hashPathField,
});

export const leaseSchema: z.ZodType<WireLease> = z.strictObject({
  id: leaseIdField,
  note: smallNoteField,
  leaseTimeMs: spanField,
  feature: productNameField,
  count: seatCountField,
  entry: entrySchema.exactOptional(),
});

const proven = {
  ledger: z
    .strictObject({
      head: smallNoteField,
      proofs: z
        .array(z.array(bytes32Field).max(HASHES_PER_PROOF).nullable())
        .max(PROOFS_PER_REQUEST),
    })
    .exactOptional(),
};

const renewed = z.strictObject({
  leases: z
    .array(z.strictObject({ id: leaseIdField, note: smallNoteField, leaseTimeMs: spanField }))
    .max(LEASES_PER_REQUEST),
  lost: z
    .array(
      z.strictObject({
        id: leaseIdField,
        reason: reasonField,
        hint: messageField,
        ruleId: ruleIdField.exactOptional(),
        ruleReason: messageField.exactOptional(),
      }),
    )
    .max(LEASES_PER_REQUEST),
  ...proven,
});

const outcome = z.discriminatedUnion("state", [
  z.strictObject({ key: keyField, state: z.enum(["counted", "repeated"]) }),
  z.strictObject({ key: keyField, state: z.literal("denied"), denial: denialSchema }),
]);

export const featureStatusSchema: z.ZodType<FeatureStatus> = z.strictObject({
  feature: productNameField,
  seats: countField,
  used: countField,
  free: countField,
  queued: countField,
});

export const RESULTS: { readonly [M in Method]: z.ZodType<ResultOf[M]> } = {
  hello: z.strictObject({
    note: largeNoteField,
    licenses: z.array(largeNoteField).max(LICENSES_PER_HELLO),
  }),
  "seat.acquire": z.discriminatedUnion("state", [
    z.strictObject({ state: z.literal("granted"), lease: leaseSchema, ...proven }),
    z.strictObject({
      state: z.literal("queued"),
      position: positionField,
      expectedWaitMs: spanField.exactOptional(),
      ...proven,
    }),
  ]),
  "seat.renew": renewed,
  "seat.activity": z.strictObject({}),
  "seat.release": z.strictObject({}),
  "seat.resume": renewed,
  "seat.cancel": z.strictObject({}),
  "seat.borrow": z.strictObject({
    lease: leaseIdField,
    until: momentField,
    ticket: smallNoteField,
    license: largeNoteField,
    entry: entrySchema.exactOptional(),
    ...proven,
  }),
  "seat.return": z.strictObject({}),
  "usage.record": z.strictObject({ results: z.array(outcome).max(RECORDS_PER_REQUEST) }),
  "status.get": z.strictObject({ features: z.array(featureStatusSchema).max(FEATURES_PER_STATUS) }),
  "status.watch": z.strictObject({}),
  "status.unwatch": z.strictObject({}),
};
