import { type Millis, seconds } from "../base/time.ts";
import type { ByteSink } from "../ledger/ports.ts";
import type { Log } from "../log/log.ts";
import { peekJsonNote } from "../note/json-note.ts";
import type { AdminReload } from "../protocol/admin/reload.ts";
import type { AdminCheckpoint } from "../protocol/admin/sealed-usage.ts";
import type { AdminStatus } from "../protocol/admin/status.ts";
import type { AdminAnswerOf, AdminAskedOf, AnsweredRouteName } from "../protocol/admin.ts";
import type { AuditTrail } from "./audit-trail.ts";
import { type OpenBackup, openBackup } from "./backup.ts";
import { checkup } from "./checkup.ts";
import { previewExport } from "./export-preview.ts";
import { keepLastBackup } from "./last-backup.ts";
import { cutLedger, planArchive } from "./ledger-cut.ts";
import { askNamedUser, editNamedUsers, namedLists } from "./named-users.ts";
import { importReceipt } from "./receipt-import.ts";
import { importRelease } from "./release-import.ts";
import { requestRenewal } from "./request-license.ts";
import { findSeats, revokeHeld, revokeSeat, seatsInUse } from "./seat-administration.ts";
import type { Site } from "./site.ts";
import { oneVendor } from "./site-files.ts";
import { goodLicense, siteLicenses } from "./site-licenses.ts";
import { type SiteStatusParts, siteStatus } from "./site-status.ts";
import { createToken, listTokens, revokeToken } from "./token-desk.ts";
import { trailPage } from "./trail-page.ts";
import { usageDays } from "./usage-days.ts";
import { type Exported, exportUsage } from "./usage-export.ts";
import { usageHistory } from "./usage-history.ts";
import type { VendorDesk } from "./vendor-desk.ts";
import { whyNow } from "./why.ts";

export interface AdminDeskParts extends SiteStatusParts {
  readonly log: Log;
  readonly reload: () => Promise<AdminReload>;
  /** Where clients connect. */
  readonly address: () => { readonly host: string; readonly port: number };
}

/** What answers each request that has one object for an answer; a refusal is a DaemonError. */
export type AdminAnswers = {
  readonly [R in AnsweredRouteName]: (
    asked: AdminAskedOf[R],
  ) => AdminAnswerOf[R] | Promise<AdminAnswerOf[R]>;
};

/** How long it may take until a live view shows what no client has brought about. */
const SLOW_BEAT: Millis = seconds(5);

/** What an administrator can ask of a running site. */
export class AdminDesk {
  readonly answers: AdminAnswers;
  readonly #parts: AdminDeskParts;

  constructor(parts: AdminDeskParts) {
    this.#parts = parts;
    this.answers = answersOf(parts);
  }

  get trail(): AuditTrail {
    return this.#parts.site.trail;
  }

  /** Under which names in requests become pseudonyms. */
  get pseudonymKey(): Uint8Array {
    return this.#parts.site.siteKey.pseudonymKey;
  }

  status(): AdminStatus {
    return siteStatus(this.#parts);
  }

  /** Calls `run` whenever something of the status may be different. @returns ends it. */
  onChange(run: () => void): () => void {
    const { clock, site } = this.#parts;
    const ends = [...site.desks.values()].map(({ board }) => board.onStir(run));
    // The ledger, the disk and connections without a greeting stir nobody.
    const beat = clock.every(SLOW_BEAT, run);
    return () => {
      beat.cancel();
      for (const end of ends) end();
    };
  }

  exportUsage(vendor: string | undefined, sink: ByteSink): Promise<Exported> {
    return exportUsage(oneVendor(this.#parts.site.desks, vendor), sink);
  }

  /** Everything that the site is made from, as it is now. */
  openBackup(): Promise<OpenBackup> {
    return openBackup(this.#parts.site);
  }
}

function answersOf(parts: AdminDeskParts): AdminAnswers {
  const { site, log, clock } = parts;
  const desks = [...site.desks.values()];
  return {
    status: () => siteStatus(parts),
    seats: () => ({ seats: seatsInUse(site, clock) }),
    findSeats: (holder) => findSeats(site, clock, holder),
    revoke: (asked) => revokeSeat(site, asked),
    revokeHeld: (holder) => revokeHeld(site, clock, holder),
    releaseBorrowed: (file) => importRelease(deskFor(site, file), file),
    usage: ({ from, to }) => ({ rows: usageDays(desks, { from, to }) }),
    usageHistory: (asked) => usageHistory(desks, asked, clock),
    checkpoint: () => checkpoint(desks),
    previewExport: ({ vendor }) => previewExport(oneVendor(site.desks, vendor)),
    importReceipt: (file) => importReceipt(deskFor(site, file), file),
    planArchive: ({ vendor }) => planArchive(oneVendor(site.desks, vendor)),
    cutLedger: (asked) => cutLedger(oneVendor(site.desks, asked.vendor), asked),
    licenses: () => ({ licenses: siteLicenses(desks) }),
    installLicense: async (file) =>
      goodLicense(await deskFor(site, file).installLicense(file), site.time.now().wall),
    requestRenewal: ({ vendor }) => ({ note: requestRenewal(oneVendor(site.desks, vendor)) }),
    reload: () => parts.reload(),
    why: (asked) => whyNow(site, asked),
    namedUsers: () => ({ lists: namedLists(desks) }),
    editNamedUsers: (asked) => editNamedUsers(site, log, asked),
    askNamedUser: (asked) => askNamedUser(site, asked),
    tokens: () => listTokens(site),
    createToken: (asked) => createToken(site, log, asked),
    findTokens: (holder) => listTokens(site, holder),
    revokeToken: ({ id }) => revokeToken(site, log, id),
    checkup: () => checkup(site, parts.address()),
    backupChecked(asked) {
      keepLastBackup(site.store, asked.madeAt);
      return asked;
    },
    trail: ({ after = "0" }) => trailPage(site, Number(after)),
  };
}

async function checkpoint(desks: readonly VendorDesk[]): Promise<AdminCheckpoint> {
  const sealed: AdminCheckpoint["sealed"][number][] = [];
  for (const desk of desks) {
    const before = desk.core.ledger.size;
    // oxlint-disable-next-line no-await-in-loop -- the disk is one
    const { size, events } = await desk.checkpoint();
    if (size > before) sealed.push({ vendor: desk.name, size, events });
  }
  return { sealed };
}

/** The desk of the vendor a file says it is from; nothing else in it is believed yet. */
const deskFor = ({ desks }: Site, file: Uint8Array): VendorDesk =>
  oneVendor(desks, desks.size > 1 ? claimedVendor(file) : undefined);

function claimedVendor(file: Uint8Array): string | undefined {
  const { body } = peekJsonNote(file);
  if (typeof body !== "object" || body === null || !("vendor" in body)) return undefined;
  return typeof body.vendor === "string" ? body.vendor : undefined;
}
