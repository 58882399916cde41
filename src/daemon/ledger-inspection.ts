import { type Millis, millis } from "../base/time.ts";
import type { Clock } from "../clock/clock.ts";
import { systemClock } from "../clock/system-clock.ts";
import type { Config } from "../config/config.ts";
import { erase } from "../crypto/erase.ts";
import { SLOT_BYTES } from "../ledger/ports.ts";
import { type PublicReport, verifyPublic } from "../ledger/public-check.ts";
import { ChainSource } from "./chain-source.ts";
import { LicenseShelf } from "./license-shelf.ts";
import { readOwnFile } from "./own-file.ts";
import { type KnownVendor, oneVendor, readSiteFiles } from "./site-files.ts";

/** What anybody at the site can say about a vendor's ledger, without the vendor's keys. */
export interface LedgerInspection extends PublicReport {
  readonly vendor: string;
}

/** A running daemon may be between two steps of a commit, which takes milliseconds. */
const GLANCES = 5;
const GLANCE_APART: Millis = millis(50);

/**
 * Checks a ledger's files as they lie on the disk, with the daemon running or stopped. Takes no
 * lock and changes nothing.
 *
 * @param vendor may be left out where the site has one.
 * @throws DaemonError SITE_MISSING, VENDOR_NOT_HERE, VENDOR_NOT_NAMED; LedgerError CHAIN_MISSING.
 */
export async function inspectLedger(
  config: Config,
  vendor?: string,
  clock: Clock = systemClock(),
): Promise<LedgerInspection> {
  const { vendors } = readSiteFiles(config.dataDir);
  const known = oneVendor(new Map(vendors.map((each) => [each.file.name, each])), vendor);
  let report = look(known);
  for (let glance = 1; glance < GLANCES && mayBeMoving(report); glance += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one glance after the other
    await new Promise<void>((resolve) => void clock.after(GLANCE_APART, resolve));
    report = look(known);
  }
  return { vendor: known.file.name, ...report };
}

function look({ file, folder }: KnownVendor): PublicReport {
  const slots = slotsOf(folder.state);
  const source = new ChainSource(folder.chain);
  try {
    const genesisLeaf = new LicenseShelf(folder, file).licenses.at(-1)?.genesisLeaf;
    return verifyPublic(source, { genesisLeaf, slots });
  } finally {
    erase(...slots);
    source.close();
  }
}

function slotsOf(path: string): readonly [Uint8Array, Uint8Array] {
  const state = readOwnFile(path);
  return [state.subarray(0, SLOT_BYTES), state.subarray(SLOT_BYTES, 2 * SLOT_BYTES)];
}

/** State and blocks do not fit each other, or the last block is not whole: the marks of a commit. */
function mayBeMoving({ problems }: PublicReport): boolean {
  return (
    problems.length > 0 &&
    problems.every(({ code }) => code === "STATE_MISMATCH" || code === "MALFORMED")
  );
}
