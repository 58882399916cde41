import { systemClock } from "../clock/system-clock.ts";
import type { Config } from "../config/config.ts";
import type { ByteSink } from "../ledger/ports.ts";
import { createLog } from "../log/log.ts";
import type { AdminArchivePlan, AdminCut, AdminCutDone } from "../protocol/admin/archive.ts";
import type { AdminPreview } from "../protocol/admin/sealed-usage.ts";
import { openBackup } from "./backup.ts";
import { previewExport } from "./export-preview.ts";
import { readHost } from "./host.ts";
import { cutLedger, planArchive } from "./ledger-cut.ts";
import { requestRenewal } from "./request-license.ts";
import { Site, type SiteParts } from "./site.ts";
import { oneVendor } from "./site-files.ts";
import { type Exported, exportUsage } from "./usage-export.ts";

/** A site that is open without its daemon. */
export interface OfflineSite {
  /**
   * The usage bundle, sealed now. Only when the promise resolves are the pieces a bundle.
   * @throws DaemonError VENDOR_NOT_NAMED, VENDOR_NOT_HERE.
   */
  exportUsage(sink: ByteSink, vendor?: string): Promise<Exported>;
  /**
   * What an export would hold now.
   * @throws DaemonError VENDOR_NOT_NAMED, VENDOR_NOT_HERE.
   */
  previewExport(vendor?: string): Promise<AdminPreview>;
  /**
   * An activation request that shows the ledger as it is.
   * @throws DaemonError VENDOR_NOT_NAMED, VENDOR_NOT_HERE.
   */
  requestRenewal(vendor?: string): string;
  /** @throws as `planArchive` and `cutLedger`, and VENDOR_NOT_NAMED, VENDOR_NOT_HERE. */
  planArchive(vendor?: string): Promise<AdminArchivePlan>;
  cutLedger(asked: AdminCut): Promise<AdminCutDone>;
  /** A backup as the daemon would make it. What waits is sealed for it. */
  backup(write: (bytes: Uint8Array) => void): Promise<void>;
  /** Gives the folder back. What waits is sealed, as by a daemon that stops. */
  close(): Promise<void>;
  /** The same for who has only looked: what waits goes on waiting. */
  leave(): Promise<void>;
}

/**
 * Takes the data folder while no daemon runs. Leases in it are left as they are.
 * @throws StoreError STORE_LOCKED while a daemon runs; everything else that `Site.open` throws.
 */
export async function openOffline(
  config: Config,
  parts: Partial<SiteParts> = {},
): Promise<OfflineSite> {
  let fatal: unknown;
  const site = await Site.open(config, {
    clock: systemClock(),
    log: createLog({ level: "warn" }),
    host: readHost,
    fatal(error) {
      fatal = error;
    },
    ...parts,
  });
  return {
    async exportUsage(sink, vendor) {
      return exportUsage(oneVendor(site.desks, vendor), sink);
    },
    async previewExport(vendor) {
      return previewExport(oneVendor(site.desks, vendor));
    },
    requestRenewal: (vendor) => requestRenewal(oneVendor(site.desks, vendor)),
    async planArchive(vendor) {
      return planArchive(oneVendor(site.desks, vendor));
    },
    async cutLedger(asked) {
      return cutLedger(oneVendor(site.desks, asked.vendor), asked);
    },
    async backup(write) {
      const backup = await openBackup(site);
      try {
        for (const piece of backup.pieces) write(piece);
      } finally {
        backup.close();
      }
    },
    async leave() {
      if (fatal === undefined) await site.close("as it is");
    },
    async close() {
      if (fatal === undefined) await site.close();
    },
  };
}
