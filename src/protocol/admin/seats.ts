import { z } from "zod";
import type { RawIdentity } from "../../base/identity.ts";
import type { ClientKey, InstanceId, LeaseId } from "../../base/ids.ts";
import type { Millis, UnixMillis } from "../../base/time.ts";
import {
  clientKeyField,
  instanceIdField,
  labelField,
  leaseIdField,
  momentField,
  positionField,
  productNameField,
  seatCountField,
  spanField,
  vendorNameField,
  versionField,
} from "../fields.ts";
import { wordField } from "./fields.ts";
import { type AdminRoute, bare, handedIn, posted } from "./route.ts";

// Who holds seats, who waits for them, and how they are taken back.

/** One lease. Holders are named by pseudonym alone. */
export interface AdminSeat {
  readonly lease: LeaseId;
  readonly vendor: string;
  readonly feature: string;
  readonly version: string;
  readonly count: number;
  readonly user: string;
  readonly host: string;
  readonly client: ClientKey;
  readonly instance: InstanceId;
  readonly grantedAt: UnixMillis;
  readonly expiresInMs: Millis;
  readonly overdraft: boolean;
  /** The first moment after the borrowed time; null where it is not borrowed. */
  readonly borrowedUntil: UnixMillis | null;
  /** False while the lease lives on without a connection. */
  readonly connected: boolean;
}

/** A request that waits. Who waits is named by pseudonym alone. */
export interface AdminWaiter {
  readonly feature: string;
  /** 1 is next. */
  readonly position: number;
  readonly user: string;
  readonly host: string;
  readonly client: ClientKey;
  readonly instance: InstanceId;
  readonly count: number;
  /** Higher ones are served first. */
  readonly priority: number;
  readonly waitedMs: Millis;
  /** How long it will probably take from now; null when nothing can be said. */
  readonly expectedWaitMs: Millis | null;
  /** False while it only keeps its place. */
  readonly connected: boolean;
}

export interface AdminSeats {
  readonly seats: readonly AdminSeat[];
}

/** Somebody, as a client names them: the user, the host, or the two together. */
export interface HolderQuery {
  readonly user?: RawIdentity;
  readonly host?: RawIdentity;
}

export interface AdminFound {
  /** The pseudonym that stands for the user everywhere; null when none was named. */
  readonly user: string | null;
  readonly host: string | null;
  readonly seats: readonly AdminSeat[];
  /** Where they wait. */
  readonly queue: readonly AdminWaiter[];
}

export interface RevokeRequest {
  readonly lease: LeaseId;
}

export interface AdminRevoked {
  /** What was taken back; empty when they held nothing. */
  readonly leases: readonly LeaseId[];
  /** Borrowed ones, which their workstation alone gives back, or a release of the vendor. */
  readonly kept: readonly LeaseId[];
}

/** Borrowed seats that are free again. */
interface AdminRelease {
  readonly vendor: string;
  readonly lease: LeaseId;
  readonly feature: string;
  readonly count: number;
}

export interface SeatRoutes {
  readonly seats: AdminRoute<undefined, AdminSeats>;
  /** The seats of somebody, and where they wait. */
  readonly findSeats: AdminRoute<HolderQuery, AdminFound>;
  readonly revoke: AdminRoute<RevokeRequest, RevokeRequest>;
  /** All seats of somebody. */
  readonly revokeHeld: AdminRoute<HolderQuery, AdminRevoked>;
  /** The file is a release of the vendor, which frees a borrowed seat. */
  readonly releaseBorrowed: AdminRoute<Uint8Array, AdminRelease>;
}

const seat: z.ZodType<AdminSeat> = z.strictObject({
  lease: leaseIdField,
  vendor: vendorNameField,
  feature: productNameField,
  version: versionField,
  count: seatCountField,
  user: wordField,
  host: wordField,
  client: clientKeyField,
  instance: instanceIdField,
  grantedAt: momentField,
  expiresInMs: spanField,
  overdraft: z.boolean(),
  borrowedUntil: momentField.nullable(),
  connected: z.boolean(),
});

export const waiterSchema: z.ZodType<AdminWaiter> = z.strictObject({
  feature: productNameField,
  position: positionField,
  user: wordField,
  host: wordField,
  client: clientKeyField,
  instance: instanceIdField,
  count: seatCountField,
  priority: z.int(),
  waitedMs: spanField,
  expectedWaitMs: spanField.nullable(),
  connected: z.boolean(),
});

export const holderSchema: z.ZodType<HolderQuery> = z
  .strictObject({ user: labelField.exactOptional(), host: labelField.exactOptional() })
  .refine(({ user, host }) => user !== undefined || host !== undefined);

const revoke: z.ZodType<RevokeRequest> = z.strictObject({ lease: leaseIdField });

const found: z.ZodType<AdminFound> = z.strictObject({
  user: wordField.nullable(),
  host: wordField.nullable(),
  seats: z.array(seat),
  queue: z.array(waiterSchema),
});

const revoked: z.ZodType<AdminRevoked> = z.strictObject({
  leases: z.array(leaseIdField),
  kept: z.array(leaseIdField),
});

const release: z.ZodType<AdminRelease> = z.strictObject({
  vendor: vendorNameField,
  lease: leaseIdField,
  feature: productNameField,
  count: seatCountField,
});

export const SEAT_ROUTES: SeatRoutes = {
  seats: { ...bare("GET", "/v1/seats"), answer: z.strictObject({ seats: z.array(seat) }) },
  findSeats: { ...posted("/v1/seats/find", holderSchema), answer: found },
  revoke: { ...posted("/v1/seats/revoke", revoke), answer: revoke },
  revokeHeld: { ...posted("/v1/seats/revoke-held", holderSchema), answer: revoked },
  releaseBorrowed: { ...handedIn("/v1/seats/release"), answer: release },
};
