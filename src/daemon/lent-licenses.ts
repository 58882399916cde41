import { equalBytes } from "../base/bytes.ts";
import type { HostFingerprint } from "../license/host-fingerprint.ts";
import { type License, readLicense } from "../license/license.ts";
import { type Lending, lendingOf, type StandIn } from "../license/stand-in.ts";
import type { CheckedBackup, CheckedLedger } from "./checked-backup.ts";
import { DaemonError } from "./errors.ts";
import { isCoded } from "./failure-kind.ts";

/** Licenses of a ledger that was lost, which hold for the one that stands in for it. */
export interface Lent {
  readonly standIn: StandIn;
  readonly licenses: readonly License[];
  /** `emergency` where one of them counts days. */
  readonly lending: Lending;
  /** The most emergency days that one of them gives; 0 where none is counted. */
  readonly days: number;
}

/** What the licenses in a backup give to a ledger that is begun on this machine, by vendor; none where they give nothing. */
export function lendingFor(
  backup: CheckedBackup,
  { hash }: HostFingerprint,
  isEmergency: boolean,
): ReadonlyMap<string, Lent> {
  const lent = new Map<string, Lent>();
  for (const ledger of backup.ledgers) {
    const found = lentBy(licensesOf(ledger, backup), hash, isEmergency);
    if (found !== undefined) lent.set(ledger.vendor, found);
  }
  return lent;
}

/** @throws DaemonError EMERGENCY_NOT_ALLOWED. */
export function refuseNoEmergency(lent: ReadonlyMap<string, Lent>): void {
  if (lent.size > 0) return;
  throw new DaemonError("EMERGENCY_NOT_ALLOWED", "no license in the backup gives emergency days", {
    hint: "restore without --emergency, and ask the vendor for a license; no seats are granted before it",
  });
}

function lentBy(
  licenses: readonly License[],
  hostHash: string,
  isEmergency: boolean,
): Lent | undefined {
  const licensed = licenses[0]?.chainId;
  if (licensed === undefined) return undefined;
  const standIn = { licensed, hostHash, isEmergency };
  const lendings = licenses.flatMap((license) => {
    const lending = lendingOf(license, standIn, hostHash);
    return lending === undefined ? [] : [{ license, lending }];
  });
  if (lendings.length === 0) return undefined;
  const counted = lendings.filter(({ lending }) => lending === "emergency");
  return {
    // Where nothing is counted there is no emergency, whatever was asked for.
    standIn: { ...standIn, isEmergency: counted.length > 0 },
    licenses: lendings.map(({ license }) => license),
    lending: counted.length > 0 ? "emergency" : "standby",
    days: Math.max(0, ...counted.map(({ license }) => license.terms.emergencyDays)),
  };
}

/** Those of the ledger itself; where it stood in for another one and has none, those that it was lent. */
function licensesOf(
  { vendor, file, stood }: CheckedLedger,
  { files, siteKey }: CheckedBackup,
): readonly License[] {
  const readable = (folder: string): readonly License[] =>
    [...files.values()]
      .filter(({ name }) => name.startsWith(`vendors/${vendor}/${folder}/`))
      .flatMap((packed) => {
        try {
          const trust = { vendorName: file.name, rootKey: file.rootKey };
          return [readLicense(packed.read(0, packed.length), trust)];
        } catch (error) {
          if (!isCoded(error)) throw error;
          return [];
        }
      })
      .filter(({ daemonKey }) => equalBytes(daemonKey, siteKey.signer.publicKey));
  const own = readable("licenses").filter(({ chainId }) => chainId === stood.chainId);
  return own.length > 0 ? own : readable("lent");
}
