import type { Pseudonym } from "../base/identity.ts";
import type { LeaseId } from "../base/ids.ts";
import { between, type Millis, type MonoMillis, seconds, unixMillis } from "../base/time.ts";
import type { Clock } from "../clock/clock.ts";
import type { ByteSink } from "../ledger/ports.ts";
import type { FeatureTerms } from "../license/feature-terms.ts";
import type { License } from "../license/license.ts";
import { featureValidity } from "../license/license-checks.ts";
import type { Terms } from "../license/terms.ts";
import type { Log } from "../log/log.ts";
import { peekJsonNote } from "../note/json-note.ts";
import { pseudonymOf } from "../privacy/pseudonym.ts";
import type {
  AdminCheckpoint,
  AdminFound,
  AdminLicense,
  AdminLicenseFeature,
  AdminLicenses,
  AdminNamedAnswer,
  AdminNamedEdits,
  AdminNamedLists,
  AdminPreview,
  AdminReceipt,
  AdminRelease,
  AdminReload,
  AdminRevoked,
  AdminSeat,
  AdminSeats,
  AdminStatus,
  AdminUsage,
  AdminVendor,
  AdminWaiter,
  AdminWhy,
  AskNamedUserRequest,
  EditNamedUsersRequest,
  HolderQuery,
  RevokeRequest,
  WhyRequest,
} from "../protocol/admin.ts";
import type { AdminHistory, HistoryRequest } from "../protocol/admin-history.ts";
import type { Denial } from "../seats/decision.ts";
import type { WaiterView } from "../seats/view.ts";
import type { UsageRange } from "../store/usage-days.ts";
import { type OpenBackup, openBackup } from "./backup.ts";
import { DaemonError } from "./errors.ts";
import { previewExport } from "./export-preview.ts";
import type { ShelvedLicense } from "./license-shelf.ts";
import { askNamedUser, editNamedUsers, namedLists } from "./named-users.ts";
import { PRODUCT } from "./product.ts";
import { importReceipt } from "./receipt-import.ts";
import { importRelease } from "./release-import.ts";
import type { Site } from "./site.ts";
import { oneVendor } from "./site-files.ts";
import { type Exported, exportUsage } from "./usage-export.ts";
import { usageHistory } from "./usage-history.ts";
import type { VendorDesk } from "./vendor-desk.ts";
import { whyNow } from "./why.ts";

export interface AdminDeskParts {
  readonly site: Site;
  readonly log: Log;
  readonly clock: Clock;
  readonly startedAt: MonoMillis;
  /** Clients connected now. */
  readonly connections: () => number;
  readonly problems: () => AdminStatus["problems"];
  readonly reload: () => Promise<AdminReload>;
}

/** How long it may take until a live view shows what no client has brought about. */
const SLOW_BEAT: Millis = seconds(5);

/** What an administrator can ask of a running site. */
export class AdminDesk {
  readonly #parts: AdminDeskParts;

  constructor(parts: AdminDeskParts) {
    this.#parts = parts;
  }

  status(): AdminStatus {
    const { clock, startedAt, connections, problems } = this.#parts;
    const open = problems();
    return {
      version: PRODUCT.version,
      ready: open.length === 0,
      problems: open,
      uptimeMs: between(startedAt, clock.now().mono),
      connections: connections(),
      vendors: this.#desks().map(vendorStatus),
    };
  }

  /** Calls `run` whenever something of the status may be different. @returns ends it. */
  onChange(run: () => void): () => void {
    const { clock } = this.#parts;
    const ends = this.#desks().map(({ board }) => board.onStir(run));
    // The ledger, the disk and connections without a greeting stir nobody.
    const beat = clock.every(SLOW_BEAT, run);
    return () => {
      beat.cancel();
      for (const end of ends) end();
    };
  }

  seats(): AdminSeats {
    return { seats: this.#desks().flatMap((desk) => this.#seatsOf(desk)) };
  }

  /** The names become pseudonyms here, as at the door, and go no further. */
  find(query: HolderQuery): AdminFound {
    const named = this.#named(query);
    const seats = this.#desks().flatMap((desk) => this.#seatsOf(desk));
    const queue = this.#desks().flatMap((desk) => desk.summary().queue.map(waiting));
    return {
      ...named,
      seats: seats.filter((seat) => isOf(seat, named)),
      queue: queue.filter((waiter) => isOf(waiter, named)),
    };
  }

  /** @throws DaemonError ADMIN_NOT_WRITTEN: then some may have been taken back. */
  async revokeHeld(query: HolderQuery): Promise<AdminRevoked> {
    const leases: LeaseId[] = [];
    const kept: LeaseId[] = [];
    for (const { lease, vendor } of this.find(query).seats) {
      const desk = oneVendor(this.#parts.site.desks, vendor);
      // oxlint-disable-next-line no-await-in-loop -- the disk is one
      const answer = await desk.tell({ kind: "revoke", lease });
      if (answer.kind === "done") leases.push(lease);
      // One that ended in the same moment is held by nobody.
      else if (desk.core.book.lease(lease) !== undefined) kept.push(lease);
    }
    return { leases, kept };
  }

  #named({ user, host }: HolderQuery): Named {
    const key = this.#parts.site.siteKey.pseudonymKey;
    return {
      user: user === undefined ? null : pseudonymOf(key, "user", user),
      host: host === undefined ? null : pseudonymOf(key, "host", host),
    };
  }

  /** @throws DaemonError ADMIN_LEASE_UNKNOWN, ADMIN_LEASE_BORROWED. */
  async revoke(lease: LeaseId): Promise<RevokeRequest> {
    const holder = this.#desks().find(({ core }) => core.book.lease(lease) !== undefined);
    if (holder === undefined) throw leaseUnknown(lease);
    const answer = await holder.tell({ kind: "revoke", lease });
    if (answer.kind === "denied") throw leaseKept(lease, answer.denial);
    return { lease };
  }

  usage(range: UsageRange): AdminUsage {
    const { store } = this.#parts.site;
    return {
      rows: this.#desks().flatMap(({ name: vendor }) =>
        store.usageReport(vendor, range).map((row) => {
          if (row.kind === "meter") {
            return { vendor, ...row, netUnits: row.units - row.refundedUnits };
          }
          const { overdrafts: _, denialsByReason: __, ...figures } = row;
          return { vendor, ...figures };
        }),
      ),
    };
  }

  usageHistory(asked: HistoryRequest): Promise<AdminHistory> {
    return usageHistory(this.#desks(), asked, this.#parts.clock);
  }

  async checkpoint(): Promise<AdminCheckpoint> {
    const sealed: AdminCheckpoint["sealed"][number][] = [];
    for (const desk of this.#desks()) {
      const before = desk.core.ledger.size;
      // oxlint-disable-next-line no-await-in-loop -- the disk is one
      const { size, events } = await desk.checkpoint();
      if (size > before) sealed.push({ vendor: desk.name, size, events });
    }
    return { sealed };
  }

  exportUsage(vendor: string | undefined, sink: ByteSink): Promise<Exported> {
    return exportUsage(oneVendor(this.#parts.site.desks, vendor), sink);
  }

  /** Everything that the site is made from, as it is now. */
  openBackup(): Promise<OpenBackup> {
    return openBackup(this.#parts.site);
  }

  previewExport(vendor: string | undefined): Promise<AdminPreview> {
    return previewExport(oneVendor(this.#parts.site.desks, vendor));
  }

  licenses(): AdminLicenses {
    return {
      licenses: this.#desks().flatMap((desk) =>
        desk.core.shelf.all.map((shelved) => shelvedLicense(desk.name, shelved)),
      ),
    };
  }

  async installLicense(file: Uint8Array): Promise<AdminLicense> {
    return licenseInForce(await this.#deskFor(file).installLicense(file));
  }

  importReceipt(file: Uint8Array): Promise<AdminReceipt> {
    return importReceipt(this.#deskFor(file), file);
  }

  releaseBorrowed(file: Uint8Array): Promise<AdminRelease> {
    return importRelease(this.#deskFor(file), file);
  }

  reload(): Promise<AdminReload> {
    return this.#parts.reload();
  }

  why(request: WhyRequest): AdminWhy {
    return whyNow(this.#parts.site, request);
  }

  namedUsers(): AdminNamedLists {
    return { lists: namedLists(this.#desks()) };
  }

  /** @throws DaemonError VENDOR_NOT_HERE, VENDOR_NOT_NAMED, ADMIN_NOT_WRITTEN. */
  editNamedUsers(request: EditNamedUsersRequest): Promise<AdminNamedEdits> {
    const { site, log } = this.#parts;
    return editNamedUsers(site, log, request);
  }

  /** @throws DaemonError VENDOR_NOT_HERE, VENDOR_NOT_NAMED. */
  askNamedUser(request: AskNamedUserRequest): AdminNamedAnswer {
    return askNamedUser(this.#parts.site, request);
  }

  #desks(): readonly VendorDesk[] {
    return [...this.#parts.site.desks.values()];
  }

  /** The desk of the vendor a file says it is from; nothing else in it is believed yet. */
  #deskFor(file: Uint8Array): VendorDesk {
    const { desks } = this.#parts.site;
    return oneVendor(desks, desks.size > 1 ? claimedVendor(file) : undefined);
  }

  #seatsOf(desk: VendorDesk): readonly AdminSeat[] {
    const now = this.#parts.clock.now();
    return desk.view().leases.map((lease) => ({
      lease: lease.id,
      vendor: desk.name,
      feature: lease.feature,
      version: lease.version,
      count: lease.count,
      user: lease.user,
      host: lease.host,
      client: lease.client,
      instance: lease.instance,
      grantedAt: lease.grantedAt,
      expiresInMs: between(now.mono, lease.expiresAt),
      overdraft: lease.overdraft,
      borrowedUntil: lease.borrowed?.until ?? null,
      connected: desk.isHere(lease),
    }));
  }
}

interface Named {
  readonly user: Pseudonym | null;
  readonly host: Pseudonym | null;
}

const isOf = (one: AdminSeat | AdminWaiter, { user, host }: Named): boolean =>
  (user === null || one.user === user) && (host === null || one.host === host);

function vendorStatus(desk: VendorDesk): AdminVendor {
  const { ledger, writer, shelf } = desk.core;
  const { features, queue, meters } = desk.summary();
  return {
    vendor: desk.name,
    chainId: desk.chainId,
    licenses: shelf.all.length,
    ledger: { size: ledger.size, acknowledged: ledger.ackSize, pending: writer.pending },
    features: features.map(({ name, seats, overdraftSeats, used, free, borrowed, queued }) => ({
      feature: name,
      seats,
      overdraftSeats,
      used,
      free,
      borrowed,
      queued,
    })),
    queue: queue.map(waiting),
    meters: meters.map(({ name, unit, period, quota, used }) => ({
      meter: name,
      unit,
      period,
      quota,
      used,
    })),
    expiries: desk.expiries().map(({ licenseId, names, endsAt, graceUntil }) => {
      return { licenseId, names, endsAt, graceUntil };
    }),
    auditors: desk.auditors(),
  };
}

function waiting(waiter: WaiterView): AdminWaiter {
  const { feature, position, user, host, client, instance, count, priority, connected } = waiter;
  return {
    feature,
    position,
    user,
    host,
    client,
    instance,
    count,
    priority,
    waitedMs: waiter.waited,
    expectedWaitMs: waiter.expectedWait ?? null,
    connected,
  };
}

function shelvedLicense(vendor: string, shelved: ShelvedLicense): AdminLicense {
  if (shelved.kind === "license") return licenseInForce(shelved.license);
  return {
    vendor,
    licenseId: shelved.file.replace(/\.sklic$/, ""),
    site: "",
    issuedAt: unixMillis(0),
    problem: shelved.problem.code,
    features: [],
    meters: [],
  };
}

function licenseInForce({ vendor, licenseId, issuedAt, terms }: License): AdminLicense {
  const features = terms.features.map((feature) => licensedFeature(terms, feature));
  const meters = terms.meters.map(({ name, unit, period, quota }) => {
    return { meter: name, unit, period, quota };
  });
  return { vendor, licenseId, site: terms.site, issuedAt, problem: "", features, meters };
}

function licensedFeature(terms: Terms, feature: FeatureTerms): AdminLicenseFeature {
  const paid = featureValidity(terms, { ...feature, graceDays: 0 });
  const { endsAt } = featureValidity(terms, feature);
  const { name, seats, borrow } = feature;
  const graceUntil = endsAt === paid.endsAt ? null : endsAt;
  return { feature: name, seats, ...paid, graceUntil, borrow };
}

function claimedVendor(file: Uint8Array): string | undefined {
  const { body } = peekJsonNote(file);
  if (typeof body !== "object" || body === null || !("vendor" in body)) return undefined;
  return typeof body.vendor === "string" ? body.vendor : undefined;
}

function leaseKept(lease: LeaseId, { reason, hint }: Denial): DaemonError {
  if (reason !== "LEASE_BORROWED") return leaseUnknown(lease);
  return new DaemonError("ADMIN_LEASE_BORROWED", `lease ${lease} is borrowed`, {
    hint,
    facts: { lease },
  });
}

function leaseUnknown(lease: LeaseId): DaemonError {
  return new DaemonError("ADMIN_LEASE_UNKNOWN", `there is no lease ${lease}`, {
    hint: "list them with seatkeeper seats list",
    facts: { lease },
  });
}
