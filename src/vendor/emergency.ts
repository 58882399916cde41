import type { Database } from "better-sqlite3";
import { equalBytes, utf8 } from "../base/bytes.ts";
import { type ChainId, chainId } from "../base/ids.ts";
import { type Millis, minutes, type UnixMillis, unixMillis } from "../base/time.ts";
import { sha256 } from "../crypto/hash.ts";
import type { IncidentPayload } from "../ledger/payload.ts";
import { type License, readLicense } from "../license/license.ts";
import type { VendorFile } from "../license/vendor-file.ts";
import { findSites } from "./sites.ts";

/** An emergency, by the word of the ledger that stood in for one that was lost. */
export interface EmergencyUse {
  /** The ledger that stood in. */
  readonly chainId: ChainId;
  readonly since: UnixMillis;
  /** Days on which it granted seats. */
  readonly days: number;
  /** What it stood in by; null where no license on record is the one that it names. */
  readonly license: EmergencyLicense | null;
}

interface EmergencyLicense {
  readonly licenseId: string;
  /** The ledger that was lost. */
  readonly chainId: ChainId;
  readonly allowed: number;
  /** Days by this license in all its emergencies. */
  readonly used: number;
  /** The newest time that the lost ledger has sealed, if that is after the emergency began: it served beside it, or again. */
  readonly lostSealedAt: UnixMillis | null;
}

/** Takes an INCIDENT block into the books; only days of an emergency are of interest. The same day again changes nothing. */
export function keepEmergencyDay(
  database: Database,
  chain: ChainId,
  { code, evidenceHash, firstSeen, count }: IncidentPayload,
): void {
  if (code !== "EMERGENCY_DAY" || evidenceHash === null) return;
  database
    .prepare("INSERT OR IGNORE INTO emergency_days VALUES (?, ?, ?, ?)")
    .run(chain, count, firstSeen, Buffer.from(evidenceHash));
}

/**
 * The emergencies of which a ledger is one side: it stood in, or was lost.
 * @throws LicenseError when a stored text is no longer what was signed.
 */
export function emergenciesOf(
  database: Database,
  chain: ChainId,
  vendor: VendorFile,
): readonly EmergencyUse[] {
  return allEmergencies(database, vendor).filter(
    ({ chainId: stoodIn, license }) => stoodIn === chain || license?.chainId === chain,
  );
}

/**
 * Those of a site, or of all, whatever the time that a report is for.
 * @param site as `findSites` takes it.
 * @throws VendorError `SITE_UNKNOWN`; LicenseError when a stored text is no longer what was signed.
 */
export function reportedEmergencies(
  database: Database,
  vendor: VendorFile,
  site: string | undefined,
): readonly EmergencyUse[] {
  const all = allEmergencies(database, vendor);
  if (site === undefined) return all;
  const chains = new Set(findSites(database, site).map((each) => each.chainId));
  return all.filter(({ chainId: stoodIn }) => chains.has(stoodIn));
}

/** The oldest first. @throws LicenseError when a stored text is no longer what was signed. */
function allEmergencies(database: Database, vendor: VendorFile): readonly EmergencyUse[] {
  const rows = database.prepare<[], DayRow>(`${DAYS} ORDER BY since, chain_id, day`).all();
  if (rows.length === 0) return [];
  const licenses = allLicenses(database, vendor);
  return [...grouped(rows)].map(([key, days]): EmergencyUse => {
    const since = unixMillis(Math.min(...days.map((day) => day.since)));
    const found = licenses.find(({ text }) => equalBytes(sha256(utf8(text)), days[0].license_hash));
    const license = found && {
      licenseId: found.licenseId,
      chainId: found.chainId,
      allowed: found.terms.emergencyDays,
      used: usedBy(rows.filter((row) => row.license_hash.equals(days[0].license_hash))),
      lostSealedAt: sealedAfter(database, found.chainId, since),
    };
    return { chainId: chainId(key), since, days: days.length, license: license ?? null };
  });
}

interface DayRow {
  readonly chain_id: string;
  readonly day: number;
  readonly since: number;
  readonly license_hash: Buffer;
}

const DAYS = "SELECT chain_id, day, since, license_hash FROM emergency_days";

/** Ledgers that go on with one count tell one beginning, to within the drift of their clocks. */
const SAME_BEGINNING: Millis = minutes(10);

/** A ledger that went on with the count of another one does not use its days again. */
function usedBy(rows: readonly DayRow[]): number {
  const emergencies: { readonly since: number; readonly days: Set<number> }[] = [];
  for (const { since, day } of rows) {
    const known = emergencies.find((each) => Math.abs(each.since - since) <= SAME_BEGINNING);
    if (known === undefined) emergencies.push({ since, days: new Set([day]) });
    else known.days.add(day);
  }
  return emergencies.reduce((sum, { days }) => sum + days.size, 0);
}

function grouped(rows: readonly DayRow[]): ReadonlyMap<string, [DayRow, ...DayRow[]]> {
  const groups = new Map<string, [DayRow, ...DayRow[]]>();
  for (const row of rows) {
    const group = groups.get(row.chain_id);
    if (group === undefined) groups.set(row.chain_id, [row]);
    else group.push(row);
  }
  return groups;
}

function allLicenses(database: Database, vendor: VendorFile): readonly License[] {
  const trust = { vendorName: vendor.name, rootKey: vendor.rootKey };
  return database
    .prepare<[], { readonly text: string }>("SELECT text FROM licenses")
    .all()
    .map(({ text }) => readLicense(text, trust));
}

function sealedAfter(database: Database, chain: ChainId, since: UnixMillis): UnixMillis | null {
  const found = database
    .prepare<[string], { readonly clock_wall: number | null }>(
      "SELECT clock_wall FROM acknowledged WHERE chain_id = ?",
    )
    .get(chain);
  const wall = found?.clock_wall ?? 0;
  return wall > since ? unixMillis(wall) : null;
}
