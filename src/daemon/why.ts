import { toBase64Url } from "../base/bytes.ts";
import { clientKey, idempotencyKey, instanceId, leaseId } from "../base/ids.ts";
import { randomBytes, randomHex } from "../crypto/random.ts";
import type { AdminWhy, WhyRequest } from "../protocol/admin/why.ts";
import type { AcquireCommand } from "../seats/command.ts";
import type { Caller } from "../seats/lease.ts";
import { type Proof, pseudonymsOf } from "./door.ts";
import { denialOf } from "./replies.ts";
import type { Site } from "./site.ts";
import { oneVendor } from "./site-files.ts";
import type { VendorDesk } from "./vendor-desk.ts";

/**
 * What would happen if somebody asked now, without giving a seat or recording a denial. The names in
 * the request become pseudonyms and groups here, as at the door, and go no further.
 * @throws DaemonError VENDOR_NOT_HERE, VENDOR_NOT_NAMED.
 */
export function whyNow(site: Site, request: WhyRequest): AdminWhy {
  const desk = deskSelling(site.desks, request);
  const by = callerNamed(site, request);
  const { answer, reasons } = desk.explain(requestOf(request, by));
  return {
    vendor: desk.name,
    feature: request.feature,
    user: by.user,
    host: by.host,
    groups: [...by.standing.groups].toSorted(),
    outcome: answer.kind === "granted" ? "granted" : "denied",
    overdraft: answer.kind === "granted" && answer.lease.overdraft,
    denial: answer.kind === "denied" ? denialOf(answer.denial) : null,
    reasons: reasons.map(denialOf),
  };
}

/** Somebody nobody has met: a client of its own, so that no lease or limit of another counts. */
function callerNamed({ siteKey, door }: Site, request: WhyRequest): Caller {
  return {
    client: clientKey(toBase64Url(randomBytes(32))),
    instance: instanceId(randomHex(16)),
    ...pseudonymsOf(siteKey.pseudonymKey, request),
    standing: door.lookAt(request, request.address, [proofAsked(request)])(),
  };
}

/** As though a token had been shown that proves what the administrator says. */
function proofAsked({ proven = [] }: WhyRequest): Proof {
  return () => ({ user: proven.includes("user"), host: proven.includes("host") });
}

function requestOf(
  { feature, version, versionDate, count }: WhyRequest,
  by: Caller,
): AcquireCommand {
  return {
    kind: "acquire",
    by,
    feature,
    version,
    versionDate: versionDate ?? null,
    count,
    // Waiting would hide the reasons; the denial says which place there would be.
    wait: false,
    key: idempotencyKey("why"),
    newLease: leaseId(randomHex(16)),
  };
}

/**
 * The vendor that was named, or the only one that sells the feature.
 * @throws DaemonError VENDOR_NOT_HERE, VENDOR_NOT_NAMED.
 */
export function deskSelling(
  desks: ReadonlyMap<string, VendorDesk>,
  { vendor, feature }: Pick<WhyRequest, "vendor" | "feature">,
): VendorDesk {
  if (vendor !== undefined) return oneVendor(desks, vendor);
  const selling = new Map(
    [...desks].filter(([, desk]) => desk.features().some(({ name }) => name === feature)),
  );
  return oneVendor(selling.size === 0 ? desks : selling, undefined);
}
