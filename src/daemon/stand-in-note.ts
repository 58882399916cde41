import { chainId } from "../base/ids.ts";
import type { UnixMillis } from "../base/time.ts";
import { decodeWith, flag, hex32, idOf, mapOf, moment } from "../license/fields.ts";
import type { StandIn } from "../license/stand-in.ts";
import type { Store, StoreNote } from "../store/database.ts";
import { DaemonError } from "./errors.ts";

/** What a ledger that stands in must not forget. */
export interface StandInNote extends StandIn {
  /** The vendor's time in the newest receipt of the ledger that was lost; undefined where there was none. */
  readonly reportedAt?: UnixMillis;
}

/** Kept with the first words of a ledger that was begun in the place of another; undefined where it does not stand in. */
export function standInNote(vendor: string, standIn: StandInNote | undefined): StoreNote {
  const body = standIn && {
    licensed: standIn.licensed,
    host: standIn.hostHash,
    emergency: standIn.isEmergency,
    reported_at: standIn.reportedAt ?? null,
  };
  return { key: keyOf(vendor), value: body === undefined ? "" : JSON.stringify(body) };
}

/** Undefined where the vendor's ledger stands in for none. @throws DaemonError SITE_FILE_UNREADABLE. */
export function keptStandIn(store: Store, vendor: string): StandInNote | undefined {
  const value = store.meta(keyOf(vendor)) ?? "";
  if (value === "") return undefined;
  const {
    licensed,
    host,
    emergency,
    reported_at: reportedAt,
  } = decodeWith(
    NOTE,
    JSON.parse(value),
    ({ path, problem }) =>
      new DaemonError("SITE_FILE_UNREADABLE", `the database: ${path.join(".")} ${problem}`, {
        hint: "restore the site from its backup once more",
      }),
  );
  const standIn = { licensed, hostHash: host, isEmergency: emergency };
  return reportedAt === null ? standIn : { ...standIn, reportedAt };
}

const keyOf = (vendor: string): string => `stand-in ${vendor}`;

const NOTE = mapOf({
  licensed: idOf(chainId, "a chain id"),
  host: hex32,
  emergency: flag,
  reported_at: moment.nullable(),
});
