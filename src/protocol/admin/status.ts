import { z } from "zod";
import type { ChainId } from "../../base/ids.ts";
import type { UnixMillis } from "../../base/time.ts";
import {
  chainIdField,
  countField,
  fingerprintField,
  largeNoteField,
  messageField,
  momentField,
  productNameField,
  smallNoteField,
  vendorNameField,
} from "../fields.ts";
import { keyIdField, wordField } from "./fields.ts";
import { type AdminProblem, problemSchema } from "./problem.ts";
import { type AdminRequest, type AdminRoute, bare } from "./route.ts";
import { type AdminWaiter, waiterSchema } from "./seats.ts";

// How the daemon and each vendor's part of it are doing.

export interface AdminStatus {
  readonly version: string;
  readonly ready: boolean;
  /** Why the daemon is not ready, each a code and a sentence; empty when it is. */
  readonly problems: readonly AdminProblem[];
  readonly uptimeMs: number;
  readonly clock: AdminClock;
  readonly connections: number;
  readonly vendors: readonly AdminVendor[];
}

/** What the daemon makes of the clock of its machine. */
interface AdminClock {
  /** The time of day by which it judges. */
  readonly believed: UnixMillis;
  /** Null while the clock is believed. */
  readonly suspect: {
    readonly since: UnixMillis;
    /** Milliseconds from what is believed; negative for a clock that is behind. */
    readonly byMs: number;
  } | null;
}

export interface AdminVendor {
  readonly vendor: string;
  readonly chainId: ChainId;
  /** Installed licenses, valid or not. */
  readonly licenses: number;
  readonly ledger: {
    /** Blocks. */
    readonly size: number;
    /** Blocks that a receipt of the vendor has acknowledged. */
    readonly acknowledged: number;
    /** Events that wait for the next checkpoint. */
    readonly pending: number;
  };
  readonly features: readonly AdminFeature[];
  /** By feature, and within one by place. */
  readonly queue: readonly AdminWaiter[];
  readonly meters: readonly AdminMeter[];
  /** Tokens that features draw on together. */
  readonly pools: readonly AdminPool[];
  /** What of the licenses ends within 30 days, or is in its grace. */
  readonly expiries: readonly {
    readonly licenseId: string;
    readonly names: readonly string[];
    readonly endsAt: UnixMillis;
    readonly graceUntil: UnixMillis | null;
  }[];
  /** From when on, or since when, a suspect clock keeps new seats from being granted; null where it does not. */
  readonly refusedByClock: UnixMillis | null;
  /** When the licenses in force want the next usage report, the soonest first. */
  readonly reports: readonly AdminReport[];
  /** Where seats are granted by licenses of another ledger, which was lost; null where they are not. */
  readonly standIn: AdminStandIn | null;
  /** Who besides the vendor reads this ledger, or was named to. */
  readonly auditors: readonly AdminAuditor[];
  /** Heads that clients remember, or that a license says are acknowledged, and that this ledger does not go on from: the newest eight. */
  readonly contradictions: readonly AdminContradiction[];
  /** What the vendor has decided about branches of this ledger; null where there never were two. */
  readonly superseded: AdminSupersede | null;
  /** Installed licenses that the vendor no longer stands by: out of force. */
  readonly revoked: readonly {
    readonly licenseId: string;
    /** `LICENSE_REVOKED`, or `LICENSE_ISSUER_REVOKED` for the key that signed it. */
    readonly code: string;
    readonly message: string;
  }[];
}

/** Until the vendor has answered. */
export interface AdminStandIn {
  /** The ledger that the licenses name. */
  readonly licensed: ChainId;
  /** Null on a standby host that they name. */
  readonly emergency: {
    /** 1 for the first; above `allowed` when they are used up. */
    readonly day: number;
    readonly allowed: number;
    readonly endsAt: UnixMillis;
  } | null;
}

interface AdminFeature {
  readonly feature: string;
  readonly seats: number;
  readonly overdraftSeats: number;
  readonly used: number;
  /** Seats within the license; none of them can be had while `tokens.pool` has less than `tokens.cost`. */
  readonly free: number;
  /** Seats used above the license. */
  readonly overdraft: number;
  /** Seats off the network. */
  readonly borrowed: number;
  readonly queued: number;
  /** What each seat costs of a pool; null for nothing. */
  readonly tokens: { readonly pool: string; readonly cost: number } | null;
}

interface AdminPool {
  readonly pool: string;
  /** Of the licenses in their term. */
  readonly tokens: number;
  /** May exceed `tokens` after a license ended. */
  readonly spent: number;
  readonly free: number;
}

interface AdminMeter {
  readonly meter: string;
  readonly unit: string;
  readonly period: string;
  readonly quota: number | null;
  /** Units counted in the present period. */
  readonly used: number;
}

export interface AdminReport {
  readonly licenseId: string;
  /** The vendor's time from which the days count: of its newest receipt, or of the license. */
  readonly since: UnixMillis;
  readonly dueAt: UnixMillis;
  /** From this moment on `overdue` happens. */
  readonly overdueAt: UnixMillis;
  readonly overdue: "flag" | "no_new_seats" | "no_seats";
  /** `soon` a week before it is due, `due` in the grace after that. */
  readonly stage: "open" | "soon" | "due" | "overdue";
}

export interface AdminAuditor {
  /** 16 hex digits. */
  readonly keyId: string;
  /**
   * `reads`: the running segment; `next`: from the next segment on; `leaving`: up to the next segment;
   * `not-allowed`: named, but no license of this vendor allows an auditor.
   */
  readonly state: "reads" | "next" | "leaving" | "not-allowed";
}

/** With all that a vendor needs to judge it. */
export interface AdminContradiction {
  readonly seenAt: UnixMillis;
  /** Blocks of the head that was shown. */
  readonly size: number;
  /** SHA-256 of both notes, the one that was shown first: 64 hex digits. The INCIDENT has the one of its first head. */
  readonly evidence: string;
  /** The head that was shown, and the ledger's own at that moment. */
  readonly shown: string;
  readonly own: string;
}

/** The vendor's newest note. */
interface AdminSupersede {
  readonly number: number;
  readonly issuedAt: UnixMillis;
  readonly reason: string;
  /** Blocks of the head that goes on. */
  readonly accepted: number;
  /** Other heads of up to so many blocks are given up. */
  readonly givenUpTo: number;
}

export interface StatusRoutes {
  readonly status: AdminRoute<undefined, AdminStatus>;
  /** A stream that ends with the daemon: one status a line, the present one first, then each that differs. */
  readonly watchStatus: AdminRequest<undefined>;
}

const vendor: z.ZodType<AdminVendor> = z.strictObject({
  vendor: vendorNameField,
  chainId: chainIdField,
  licenses: countField,
  ledger: z.strictObject({ size: countField, acknowledged: countField, pending: countField }),
  features: z.array(
    z.strictObject({
      feature: productNameField,
      seats: countField,
      overdraftSeats: countField,
      used: countField,
      free: countField,
      overdraft: countField,
      borrowed: countField,
      queued: countField,
      tokens: z.strictObject({ pool: productNameField, cost: countField }).nullable(),
    }),
  ),
  queue: z.array(waiterSchema),
  meters: z.array(
    z.strictObject({
      meter: productNameField,
      unit: wordField,
      period: wordField,
      quota: countField.nullable(),
      used: countField,
    }),
  ),
  pools: z.array(
    z.strictObject({
      pool: productNameField,
      tokens: countField,
      spent: countField,
      free: countField,
    }),
  ),
  expiries: z.array(
    z.strictObject({
      licenseId: wordField,
      names: z.array(productNameField),
      endsAt: momentField,
      graceUntil: momentField.nullable(),
    }),
  ),
  refusedByClock: momentField.nullable(),
  reports: z.array(
    z.strictObject({
      licenseId: wordField,
      since: momentField,
      dueAt: momentField,
      overdueAt: momentField,
      overdue: z.enum(["flag", "no_new_seats", "no_seats"]),
      stage: z.enum(["open", "soon", "due", "overdue"]),
    }),
  ),
  standIn: z
    .strictObject({
      licensed: chainIdField,
      emergency: z
        .strictObject({ day: countField, allowed: countField, endsAt: momentField })
        .nullable(),
    })
    .nullable(),
  revoked: z.array(
    z.strictObject({ licenseId: wordField, code: wordField, message: messageField }),
  ),
  auditors: z.array(
    z.strictObject({
      keyId: keyIdField,
      state: z.enum(["reads", "next", "leaving", "not-allowed"]),
    }),
  ),
  superseded: z
    .strictObject({
      number: countField,
      issuedAt: momentField,
      reason: messageField,
      accepted: countField,
      givenUpTo: countField,
    })
    .nullable(),
  contradictions: z.array(
    z.strictObject({
      seenAt: momentField,
      size: countField,
      evidence: fingerprintField,
      shown: largeNoteField,
      own: smallNoteField,
    }),
  ),
});

const status: z.ZodType<AdminStatus> = z.strictObject({
  version: wordField,
  ready: z.boolean(),
  problems: z.array(problemSchema),
  uptimeMs: countField,
  clock: z.strictObject({
    believed: momentField,
    suspect: z.strictObject({ since: momentField, byMs: z.int() }).nullable(),
  }),
  connections: countField,
  vendors: z.array(vendor),
});

export const STATUS_ROUTES: StatusRoutes = {
  status: { ...bare("GET", "/v1/status"), answer: status },
  watchStatus: bare("GET", "/v1/status/watch"),
};
