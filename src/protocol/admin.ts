import type { RawIdentity } from "../base/identity.ts";
import type { ChainId, ClientKey, InstanceId, LeaseId } from "../base/ids.ts";
import type { Millis, UnixMillis } from "../base/time.ts";
import type { AdminHistory } from "./admin-history.ts";
import type { WireDenial } from "./denial.ts";

// The administration interface: HTTP/1.1 over the daemon's Unix socket. Bodies are JSON but for
// the files that travel: licenses, receipts and releases in, bundles out.

/** Bytes of a license, receipt or release file that is handed in. */
export const ADMIN_FILE_BYTES = 16_777_216;

/** Users named in one request. */
export const NAMES_PER_REQUEST = 100;

/** Method and path of each route. */
export const ADMIN_ROUTES = {
  status: { method: "GET", path: "/v1/status" },
  /** A stream that ends with the daemon: one status a line, the present one first, then each that differs. */
  watchStatus: { method: "GET", path: "/v1/status/watch" },
  seats: { method: "GET", path: "/v1/seats" },
  /** The seats of somebody. The body names them; it is not kept or logged. */
  findSeats: { method: "POST", path: "/v1/seats/find" },
  revoke: { method: "POST", path: "/v1/seats/revoke" },
  /** All seats of somebody. The body names them; it is not kept or logged. */
  revokeHeld: { method: "POST", path: "/v1/seats/revoke-held" },
  /** Query `from` and `to`: days as `2026-11-22`, both included, both optional. */
  usage: { method: "GET", path: "/v1/usage" },
  /** Query `from`, `to`, `by` and `feature`: `HistoryRequest`. */
  usageHistory: { method: "GET", path: "/v1/usage/history" },
  checkpoint: { method: "POST", path: "/v1/checkpoint" },
  /** Query `vendor`, needed where the daemon serves several. The answer is the bundle's bytes. */
  exportUsage: { method: "POST", path: "/v1/usage/export" },
  /** Query `vendor` as above. What an export would hold now; nothing is sealed or counted for it. */
  previewExport: { method: "GET", path: "/v1/usage/export" },
  /** The answer is a backup of the site, as bytes. */
  backup: { method: "POST", path: "/v1/backup" },
  licenses: { method: "GET", path: "/v1/licenses" },
  /** The body is the license file. */
  installLicense: { method: "POST", path: "/v1/licenses" },
  /** Reads the configuration and the licenses again; without a body. */
  reload: { method: "POST", path: "/v1/reload" },
  /** What would happen if somebody asked now. The body names them; it is not kept or logged. */
  why: { method: "POST", path: "/v1/why" },
  /** Who may use the features that are for named users, by pseudonym. */
  namedUsers: { method: "GET", path: "/v1/named-users" },
  /** Puts users on a list or takes them off. The body names them; what is kept are pseudonyms. */
  editNamedUsers: { method: "POST", path: "/v1/named-users" },
  /** Whether somebody is on a list. The body names the person; it is not kept or logged. */
  askNamedUser: { method: "POST", path: "/v1/named-users/ask" },
  /** The body is the receipt file. */
  importReceipt: { method: "POST", path: "/v1/receipts" },
  /** The body is a release of the vendor, which frees a borrowed seat. */
  releaseBorrowed: { method: "POST", path: "/v1/seats/release" },
} as const;

interface AdminFeature {
  readonly feature: string;
  readonly seats: number;
  readonly overdraftSeats: number;
  readonly used: number;
  readonly free: number;
  /** Seats off the network. */
  readonly borrowed: number;
  readonly queued: number;
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

interface AdminMeter {
  readonly meter: string;
  readonly unit: string;
  readonly period: string;
  readonly quota: number | null;
  /** Units counted in the present period. */
  readonly used: number;
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
  /** What of the licenses ends within 30 days, or is in its grace. */
  readonly expiries: readonly {
    readonly licenseId: string;
    readonly names: readonly string[];
    readonly endsAt: UnixMillis;
    readonly graceUntil: UnixMillis | null;
  }[];
  /** Who besides the vendor reads this ledger, or was named to. */
  readonly auditors: readonly AdminAuditor[];
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

export interface AdminStatus {
  readonly version: string;
  readonly ready: boolean;
  /** Why the daemon is not ready, each a code and a sentence; empty when it is. */
  readonly problems: readonly AdminProblem[];
  readonly uptimeMs: number;
  readonly connections: number;
  readonly vendors: readonly AdminVendor[];
}

export interface AdminProblem {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

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

export interface AdminRevoked {
  /** What was taken back; empty when they held nothing. */
  readonly leases: readonly LeaseId[];
  /** Borrowed ones, which their workstation alone gives back, or a release of the vendor. */
  readonly kept: readonly LeaseId[];
}

export interface RevokeRequest {
  readonly lease: LeaseId;
}

/** What one vendor's things were used on one day (UTC). */
export type AdminUsageRow =
  | {
      readonly kind: "feature";
      readonly vendor: string;
      readonly day: string;
      readonly feature: string;
      readonly grants: number;
      readonly denials: number;
      /** Seats times milliseconds. */
      readonly seatMillis: number;
      /** Users put on the list of those who may use it, and taken off. */
      readonly named: number;
      readonly unnamed: number;
    }
  | {
      readonly kind: "meter";
      readonly vendor: string;
      readonly day: string;
      readonly meter: string;
      /** Of units used. */
      readonly records: number;
      /** Used, before anything was given back. */
      readonly units: number;
      /** Records of units given back. */
      readonly refunds: number;
      /** Given back on this day, also of units that were used on earlier ones. */
      readonly refundedUnits: number;
      /** `units` without `refundedUnits`; below zero where more was given back than used. */
      readonly netUnits: number;
    };

export interface AdminUsage {
  readonly rows: readonly AdminUsageRow[];
}

export interface AdminCheckpoint {
  /** One entry per vendor whose ledger grew. */
  readonly sealed: readonly {
    readonly vendor: string;
    /** Blocks after the checkpoint. */
    readonly size: number;
    readonly events: number;
  }[];
}

export interface AdminLicense {
  readonly vendor: string;
  readonly licenseId: string;
  readonly site: string;
  readonly issuedAt: UnixMillis;
  /** Empty when it is in force; otherwise why not, as a code of docs/ERRORS.md. */
  readonly problem: string;
  readonly features: readonly AdminLicenseFeature[];
  readonly meters: readonly AdminLicenseMeter[];
}

export interface AdminLicenseFeature {
  readonly feature: string;
  readonly seats: number;
  /** Null for always. */
  readonly startsAt: UnixMillis | null;
  /** The first moment after the paid time; null for ever. */
  readonly endsAt: UnixMillis | null;
  /** The first moment after the grace that follows; null without grace. */
  readonly graceUntil: UnixMillis | null;
  /** What may be taken off the network; null for nothing. */
  readonly borrow: { readonly days: number; readonly seats: number } | null;
}

export interface AdminLicenseMeter {
  readonly meter: string;
  readonly unit: string;
  readonly period: string;
  /** Units per period; null for no limit. */
  readonly quota: number | null;
}

export interface AdminLicenses {
  readonly licenses: readonly AdminLicense[];
}

export interface AdminReceipt {
  readonly vendor: string;
  readonly receiptNo: number;
  /** Blocks acknowledged by it. */
  readonly acknowledged: number;
}

/** Borrowed seats that are free again. */
export interface AdminRelease {
  readonly vendor: string;
  readonly lease: LeaseId;
  readonly feature: string;
  readonly count: number;
}

/** What a reload has changed. */
export interface AdminReload {
  /** Rules and groups in force now. */
  readonly rules: number;
  readonly groups: number;
  readonly licenses: readonly {
    readonly vendor: string;
    readonly licenseId: string;
    readonly change: "added" | "removed";
  }[];
  /** Settings that differ from those the daemon runs with, as the file writes them: `listen.port`. */
  readonly needsRestart: readonly string[];
  /** What contradicts what in the rules that are in force now. */
  readonly findings: readonly {
    readonly severity: "error" | "contradiction" | "remark";
    readonly ruleId: string | null;
    readonly text: string;
  }[];
}

/** Somebody who might ask for seats, as the administrator names them. */
export interface WhyRequest {
  readonly feature: string;
  readonly user: RawIdentity;
  readonly host: RawIdentity;
  /** An IP address; left out, it is in no network. */
  readonly address?: string;
  /** Needed where several vendors sell the feature. */
  readonly vendor?: string;
  /** `0` where it is left out: above no licensed version. */
  readonly version: string;
  /** As in `seat.acquire`. */
  readonly versionDate?: UnixMillis;
  readonly count: number;
}

/** What would happen, and why. */
export interface AdminWhy {
  readonly vendor: string;
  readonly feature: string;
  /** The pseudonyms under which seats and usage show them. */
  readonly user: string;
  readonly host: string;
  /** The site's groups that they are in. */
  readonly groups: readonly string[];
  readonly outcome: "granted" | "denied";
  /** Granted above the license's seats. */
  readonly overdraft: boolean;
  /** What they would be told; null when a seat would be granted. */
  readonly denial: WireDenial | null;
  /** Everything that stands against it, what is told first comes first. */
  readonly reasons: readonly WireDenial[];
}

/** The list of one feature that is for named users. */
export interface AdminNamedList {
  readonly vendor: string;
  readonly feature: string;
  /** Users whom the licenses allow on it. */
  readonly max: number;
  /** How many may still be taken off in this month of UTC. */
  readonly changesLeft: number;
  /** Those who came first in front. */
  readonly users: readonly AdminNamedUser[];
}

interface AdminNamedUser {
  /** A pseudonym. */
  readonly user: string;
  readonly since: UnixMillis;
  /** False beyond `max`, where a license has shrunk: then the user gets no seat. */
  readonly counts: boolean;
}

export interface AdminNamedLists {
  readonly lists: readonly AdminNamedList[];
}

export interface EditNamedUsersRequest {
  readonly feature: string;
  /** Needed where several vendors sell the feature. */
  readonly vendor?: string;
  readonly change: "add" | "remove";
  /** As their clients name them. */
  readonly users: readonly RawIdentity[];
}

/** What became of each user, in the order of the request: those that are denied change nothing. */
export interface AdminNamedEdits {
  readonly vendor: string;
  readonly feature: string;
  readonly results: readonly {
    /** The pseudonym. */
    readonly user: string;
    readonly outcome: "changed" | "unchanged" | "denied";
    readonly denial: WireDenial | null;
  }[];
}

export interface AskNamedUserRequest {
  readonly feature: string;
  readonly vendor?: string;
  readonly user: RawIdentity;
}

export interface AdminNamedAnswer {
  readonly vendor: string;
  readonly feature: string;
  /** The pseudonym. */
  readonly user: string;
  /** Null for somebody who is not on the list. */
  readonly named: AdminNamedUser | null;
}

/** What an export would hold at this moment. */
export interface AdminPreview {
  readonly vendor: string;
  readonly chainId: ChainId;
  /** Its first block. */
  readonly fromIndex: number;
  /** Blocks that are sealed. */
  readonly size: number;
  /** Those that would be sealed for it, in order, the EXPORT block last. */
  readonly pending: readonly PendingBlock[];
}

/** A block that is not sealed yet. */
export interface PendingBlock {
  readonly index: number;
  readonly segment: number;
  readonly indexInSegment: number;
  readonly type: (typeof BLOCK_TYPE_WORDS)[number];
  /** The very bytes that would be sealed, in base64url. */
  readonly plaintext: string;
  /** Of a SEGMENT block: who would read the blocks after it, by key id. */
  readonly readers?: { readonly vendor: string; readonly auditors: readonly string[] };
}

/** Types of blocks, as the ledger calls them. */
export const BLOCK_TYPE_WORDS = [
  "segment",
  "checkpoint",
  "receipt",
  "export",
  "incident",
  "start",
  "heartbeat",
  "close",
] as const;

/** What each route answers; `exportUsage` and `backup` answer bytes, `watchStatus` one status after the other. */
export interface AdminAnswerOf {
  readonly status: AdminStatus;
  readonly seats: AdminSeats;
  readonly findSeats: AdminFound;
  readonly revoke: RevokeRequest;
  readonly revokeHeld: AdminRevoked;
  readonly usage: AdminUsage;
  readonly usageHistory: AdminHistory;
  readonly checkpoint: AdminCheckpoint;
  readonly previewExport: AdminPreview;
  readonly licenses: AdminLicenses;
  readonly installLicense: AdminLicense;
  readonly importReceipt: AdminReceipt;
  readonly releaseBorrowed: AdminRelease;
  readonly reload: AdminReload;
  readonly why: AdminWhy;
  readonly namedUsers: AdminNamedLists;
  readonly editNamedUsers: AdminNamedEdits;
  readonly askNamedUser: AdminNamedAnswer;
  /** The body of every answer that is not 2xx. */
  readonly error: { readonly error: AdminProblem };
}
