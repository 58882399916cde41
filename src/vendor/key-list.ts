import type { UnixMillis } from "../base/time.ts";
import { type Issuer, issuerKeyId, mayIssueAt } from "../license/issuer.ts";
import { newestSealingKey } from "../license/sealing-keys.ts";
import type { VendorFile } from "../license/vendor-file.ts";
import type { VendorFolder } from "./folder.ts";
import { issuersOf } from "./keys.ts";

/** One public key of a vendor. */
export interface ListedKey {
  readonly role: "issuing" | "sealing";
  /** 16 hex digits. */
  readonly id: string;
  readonly notBefore: UnixMillis;
  /** Null for no end. */
  readonly notAfter: UnixMillis | null;
  /**
   * `current`: what is done now is done with it. `former`: another one took its place; what it
   * signed or opens is good. `ended`: its time is over, or has not come. `revoked`: what it signed
   * is not believed.
   */
  readonly state: "current" | "former" | "ended" | "revoked";
}

/** The keys that the root key vouches for, the newest first. */
export function listKeys(
  { vendor, revocations }: VendorFolder,
  now: UnixMillis,
): readonly ListedKey[] {
  const revoked = new Set(revocations?.issuers.map(issuerKeyId));
  return [
    ...issuersOf(vendor)
      .map((issuer, place) => listedIssuer(issuer, place === 0, now))
      .map((key): ListedKey => (revoked.has(key.id) ? { ...key, state: "revoked" } : key)),
    ...listedSealing(vendor, now),
  ];
}

function listedIssuer(issuer: Issuer, isNewest: boolean, now: UnixMillis): ListedKey {
  const { key, notBefore, notAfter } = issuer;
  const state = stateOf(mayIssueAt(issuer, now), isNewest);
  return { role: "issuing", id: issuerKeyId(key), notBefore, notAfter, state };
}

function listedSealing(vendor: VendorFile, now: UnixMillis): readonly ListedKey[] {
  const current = newestSealingKey([vendor]);
  return vendor.sealingKeys
    .toSorted((left, right) => right.notBefore - left.notBefore)
    .map(({ kid, notBefore, notAfter }): ListedKey => {
      const holds = notAfter === null || now < notAfter;
      const state = stateOf(holds, kid === current.kid);
      return { role: "sealing", id: kid, notBefore, notAfter, state };
    });
}

function stateOf(holds: boolean, isNewest: boolean): ListedKey["state"] {
  if (!holds) return "ended";
  return isNewest ? "current" : "former";
}
