import { z } from "zod";
import type { RawIdentity } from "../base/identity.ts";
import type { IdempotencyKey, LeaseId } from "../base/ids.ts";
import type { Millis, UnixMillis } from "../base/time.ts";
import { demand } from "./decode.ts";
import {
  type Bytes32Text,
  borrowSpanField,
  bytes32Field,
  countField,
  type Empty,
  fingerprintField,
  keyField,
  labelField,
  leaseIdField,
  leaseIdsField,
  momentField,
  productNameField,
  seatCountField,
  smallNoteField,
  tokenField,
  unitsField,
  vendorNameField,
  versionField,
} from "./fields.ts";
import { PROOFS_PER_REQUEST, RECORDS_PER_REQUEST } from "./limits.ts";

/** Who sits at the workstation, by its own word. Claims, not proofs. */
export interface Labels {
  readonly user: RawIdentity;
  readonly host: RawIdentity;
  readonly display?: RawIdentity;
}

interface HelloParams {
  readonly vendor: string;
  /** A note of kind `hello`, signed by the client key. */
  readonly note: string;
  readonly labels: Labels;
  /** An enrolment token of this very daemon: it proves the labels that it was made for. */
  readonly token?: string;
}

/** What a client remembers of the ledger. */
export interface Remembered {
  /** A head that the daemon has shown before: the daemon holds it against its ledger. */
  readonly head?: string;
  /** Wants a `ledger` in the answer, with a proof from the tree of each of these sizes. */
  readonly since?: readonly number[];
}

export interface AcquireParams extends Remembered {
  readonly feature: string;
  /** `0` when the client names none: above no licensed version. */
  readonly version: string;
  /** When that version was released. Where it is left out, licenses with an end of maintenance do not cover it. */
  readonly versionDate?: UnixMillis;
  readonly count: number;
  /** Join the queue when there is no free seat. */
  readonly wait: boolean;
  readonly key: IdempotencyKey;
  readonly nonce: Bytes32Text;
}

interface RenewParams extends Remembered {
  readonly leases: readonly LeaseId[];
  /**
   * Those of them with which nobody has worked since their last renewal, by the word of an application
   * that watches. Of all others the renewal is a sign of work.
   */
  readonly quiet?: readonly LeaseId[];
  readonly nonce: Bytes32Text;
}

interface ResumeParams extends Remembered {
  readonly leases: readonly LeaseId[];
  readonly nonce: Bytes32Text;
}

interface ActivityParams {
  readonly leases: readonly LeaseId[];
}

interface ReleaseParams {
  readonly lease: LeaseId;
}

export interface BorrowParams extends Remembered {
  readonly feature: string;
  /** As in `AcquireParams`; of a lease that there is, what it was granted with counts. */
  readonly version: string;
  readonly versionDate?: UnixMillis;
  readonly count: number;
  readonly key: IdempotencyKey;
  /** For how long from now. */
  readonly borrowMs: Millis;
  /** What the client says of its machine: 32 bytes in hex that no other machine has. */
  readonly workstation: string;
  /** A lease that this client has, to be borrowed, or to be borrowed for longer. */
  readonly lease?: LeaseId;
}

interface ReturnParams {
  readonly lease: LeaseId;
}

interface CancelParams {
  /** The key of the `seat.acquire` that waits. */
  readonly key: IdempotencyKey;
}

export interface UsageRecord {
  readonly meter: string;
  /** Positive whole units of the meter, also of a refund. */
  readonly units: number;
  readonly key: IdempotencyKey;
  /** When the units were used, by the client's wall clock; of a refund, those that it gives back. */
  readonly usedAt: UnixMillis;
  /** True where the units are given back; left out where they were used. */
  readonly refund?: boolean;
}

interface RecordParams {
  readonly records: readonly UsageRecord[];
}

/** What each method is asked with. */
export interface ParamsOf {
  readonly hello: HelloParams;
  readonly "seat.acquire": AcquireParams;
  readonly "seat.renew": RenewParams;
  readonly "seat.activity": ActivityParams;
  readonly "seat.release": ReleaseParams;
  readonly "seat.resume": ResumeParams;
  readonly "seat.cancel": CancelParams;
  readonly "seat.borrow": BorrowParams;
  readonly "seat.return": ReturnParams;
  readonly "usage.record": RecordParams;
  readonly "status.get": Empty;
  readonly "status.watch": Empty;
  readonly "status.unwatch": Empty;
}

export type Method = keyof ParamsOf;

export const METHODS: readonly Method[] = [
  "hello",
  "seat.acquire",
  "seat.renew",
  "seat.activity",
  "seat.release",
  "seat.resume",
  "seat.cancel",
  "seat.borrow",
  "seat.return",
  "usage.record",
  "status.get",
  "status.watch",
  "status.unwatch",
];

const labelsSchema: z.ZodType<Labels> = z.strictObject({
  user: labelField,
  host: labelField,
  display: labelField.exactOptional(),
});

/** Brands a client's own labels. @throws ProtocolError WIRE_FIELD when one is empty or too long. */
export const decodeLabels = (labels: unknown): Labels => demand(labelsSchema, labels, "labels");

const usageRecord = z.strictObject({
  meter: productNameField,
  units: unitsField,
  key: keyField,
  usedAt: momentField,
  refund: z.boolean().exactOptional(),
});

/** One record, as a client keeps it until it is answered. @throws ProtocolError WIRE_FIELD. */
export const decodeUsageRecord = (record: unknown): UsageRecord =>
  demand(usageRecord, record, "record");

const remembered = {
  head: smallNoteField.exactOptional(),
  since: z.array(countField).max(PROOFS_PER_REQUEST).exactOptional(),
};

export const PARAMS: { readonly [M in Method]: z.ZodType<ParamsOf[M]> } = {
  hello: z.strictObject({
    vendor: vendorNameField,
    note: smallNoteField,
    labels: labelsSchema,
    token: tokenField.exactOptional(),
  }),
  "seat.acquire": z.strictObject({
    feature: productNameField,
    version: versionField.default("0"),
    versionDate: momentField.exactOptional(),
    count: seatCountField.default(1),
    wait: z.boolean().default(false),
    key: keyField,
    nonce: bytes32Field,
    ...remembered,
  }),
  "seat.renew": z.strictObject({
    leases: leaseIdsField,
    quiet: leaseIdsField.exactOptional(),
    nonce: bytes32Field,
    ...remembered,
  }),
  "seat.activity": z.strictObject({ leases: leaseIdsField }),
  "seat.release": z.strictObject({ lease: leaseIdField }),
  "seat.resume": z.strictObject({ leases: leaseIdsField, nonce: bytes32Field, ...remembered }),
  "seat.cancel": z.strictObject({ key: keyField }),
  "seat.borrow": z.strictObject({
    feature: productNameField,
    version: versionField.default("0"),
    versionDate: momentField.exactOptional(),
    count: seatCountField.default(1),
    key: keyField,
    borrowMs: borrowSpanField,
    workstation: fingerprintField,
    lease: leaseIdField.exactOptional(),
    ...remembered,
  }),
  "seat.return": z.strictObject({ lease: leaseIdField }),
  "usage.record": z.strictObject({
    records: z.array(usageRecord).min(1).max(RECORDS_PER_REQUEST),
  }),
  "status.get": z.strictObject({}),
  "status.watch": z.strictObject({}),
  "status.unwatch": z.strictObject({}),
};
