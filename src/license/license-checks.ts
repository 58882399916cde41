import { equalBytes } from "../base/bytes.ts";
import type { ChainId } from "../base/ids.ts";
import { days, isoTime, type UnixMillis, unixMillis } from "../base/time.ts";
import { LicenseError } from "./errors.ts";
import type { FeatureTerms } from "./feature-terms.ts";
import type { License } from "./license.ts";
import { lendingOf, type StandIn } from "./stand-in.ts";
import type { Terms } from "./terms.ts";

/** What a license is bound to, as the site itself knows it. */
export interface LicenseSite {
  readonly chainId: ChainId;
  readonly genesisLeaf: Uint8Array;
  readonly daemonKey: Uint8Array;
  /** 64 hex digits. */
  readonly hostHash: string;
  /** Where the ledger stands in for another one, whose licenses it was lent. */
  readonly standIn?: StandIn | undefined;
}

/** When something holds: from `startsAt` until before `endsAt`; null for no limit. */
export interface Validity {
  readonly startsAt: UnixMillis | null;
  readonly endsAt: UnixMillis | null;
}

/** The license names another ledger, for which this site's stands in. */
const isLent = ({ chainId }: License, { standIn }: LicenseSite): boolean =>
  chainId === standIn?.licensed;

/**
 * The license is for this ledger, or for the one that it stands in for; for this daemon; and for this host,
 * which may be a standby host.
 * @throws LicenseError `LICENSE_WRONG_CHAIN`, `LICENSE_WRONG_DAEMON`, `LICENSE_WRONG_HOST`
 */
export function checkBinding(license: License, site: LicenseSite): void {
  if (!isLent(license, site) && !isOfLedger(license, site)) {
    throw new LicenseError(
      "LICENSE_WRONG_CHAIN",
      `the license is for ledger ${license.chainId}, this site's is ${site.chainId}`,
      { hint: ASK_WITH_REQUEST },
    );
  }
  if (!equalBytes(license.daemonKey, site.daemonKey)) {
    throw new LicenseError("LICENSE_WRONG_DAEMON", "the license is for another daemon key", {
      hint: ASK_WITH_REQUEST,
    });
  }
  if (isHolding(license, site)) return;
  throw new LicenseError("LICENSE_WRONG_HOST", "the license is for another host", {
    hint: "install it on the host it was requested on, or ask the vendor for a license for this one",
  });
}

function isOfLedger(license: License, { chainId, genesisLeaf }: LicenseSite): boolean {
  return license.chainId === chainId && equalBytes(license.genesisLeaf, genesisLeaf);
}

/** The machine is one on which the license lets this ledger live. */
function isHolding(license: License, site: LicenseSite): boolean {
  const { standIn, hostHash } = site;
  if (standIn !== undefined && isLent(license, site)) {
    return lendingOf(license, standIn, hostHash) !== undefined;
  }
  const { hostFingerprint, terms } = license;
  return hostFingerprint.hash === hostHash || terms.standbyHosts.includes(hostHash);
}

/** Whether anything in a license holds at a moment: not yet, now, or not any more. */
export type LicensePhase = "not-started" | "in-force" | "ended";

/** One that has a pause between two features counts as not started in it. */
export function phaseOf({ terms }: Pick<License, "terms">, now: UnixMillis): LicensePhase {
  const spans = validitiesOf(terms);
  if (spans.some((span) => holdsAt(span, now))) return "in-force";
  return spans.some((span) => startsLater(span, now)) ? "not-started" : "ended";
}

/**
 * Something in the license can be used, now or later.
 * @throws LicenseError `LICENSE_EXPIRED` after everything in it.
 */
export function checkNotEnded(license: License, now: UnixMillis): void {
  if (phaseOf(license, now) !== "ended") return;
  const ends = validitiesOf(license.terms).map(({ endsAt }) => endsAt ?? 0);
  const last = isoTime(unixMillis(Math.max(...ends)));
  throw new LicenseError("LICENSE_EXPIRED", `the license expired on ${last}`, {
    hint: "ask the vendor for a renewal, and check that this host's clock is right",
  });
}

/** The next moment at which anything in these terms begins or ends; undefined when nothing does any more. */
export function nextTurn(all: readonly Terms[], now: UnixMillis): UnixMillis | undefined {
  const turns = all
    .flatMap(validitiesOf)
    .flatMap(({ startsAt, endsAt }) => [startsAt, endsAt])
    .filter((turn) => turn !== null)
    .filter((turn) => turn > now);
  return turns.length === 0 ? undefined : unixMillis(Math.min(...turns));
}

/** Something in the license can be used now. */
export function isInForce(license: Pick<License, "terms">, now: UnixMillis): boolean {
  return phaseOf(license, now) === "in-force";
}

/** The first moment at which something in it will hold that does not yet; undefined when there is none. */
export function startOf(
  { terms }: Pick<License, "terms">,
  now: UnixMillis,
): UnixMillis | undefined {
  const starts = validitiesOf(terms)
    .filter((span) => startsLater(span, now))
    .map(({ startsAt }) => startsAt ?? 0);
  return starts.length === 0 ? undefined : unixMillis(Math.min(...starts));
}

/** When the seats of a feature may be granted: its own dates with its grace, inside the license's. */
export function featureValidity(terms: Terms, feature: FeatureTerms): Validity {
  const graceEnd =
    feature.expiresAt === null ? null : unixMillis(feature.expiresAt + days(feature.graceDays));
  return {
    startsAt: laterOf(terms.notBefore, feature.startsAt),
    endsAt: earlierOf(terms.notAfter, graceEnd),
  };
}

/** When the meters of a license may count. */
export function meterValidity(terms: Terms): Validity {
  return { startsAt: terms.notBefore, endsAt: terms.notAfter };
}

export function holdsAt({ startsAt, endsAt }: Validity, now: UnixMillis): boolean {
  return (startsAt === null || now >= startsAt) && (endsAt === null || now < endsAt);
}

/** It will hold: what ends before it starts never does. */
function startsLater({ startsAt, endsAt }: Validity, now: UnixMillis): boolean {
  return startsAt !== null && startsAt > now && (endsAt === null || endsAt > startsAt);
}

const ASK_WITH_REQUEST =
  "ask the vendor for a license for this site's request; see seatkeeper license request";

/** Of each feature, and of the meters where there are any. */
export function validitiesOf(terms: Terms): readonly Validity[] {
  const features = terms.features.map((feature) => featureValidity(terms, feature));
  return terms.meters.length > 0 ? [...features, meterValidity(terms)] : features;
}

function laterOf(left: UnixMillis | null, right: UnixMillis | null): UnixMillis | null {
  if (left === null || right === null) return left ?? right;
  return left > right ? left : right;
}

function earlierOf(left: UnixMillis | null, right: UnixMillis | null): UnixMillis | null {
  if (left === null || right === null) return left ?? right;
  return left < right ? left : right;
}
