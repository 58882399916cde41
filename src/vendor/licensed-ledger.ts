import type { Database } from "better-sqlite3";
import type { ChainId } from "../base/ids.ts";
import type { UnixMillis } from "../base/time.ts";
import { readBundleHead } from "../bundle/bundle.ts";
import { BundleError } from "../bundle/errors.ts";
import type { AckedLedger, SeenHead } from "../bundle/known-ledger.ts";
import type { BundleVisitor, VerifyInput } from "../bundle/verify-input.ts";
import type { ByteSource } from "../ledger/ports.ts";
import { acknowledgedLedger } from "./acknowledged.ts";
import { type ActivationRecord, findActivation, newestLicense } from "./activations.ts";
import { seenHeads } from "./bundle-log.ts";
import { evidenceHeads } from "./evidence-heads.ts";
import type { VendorFolder } from "./folder.ts";
import { allowsAuditor } from "./holdings.ts";
import type { VendorKeys } from "./issue.ts";
import { receiptsOf } from "./receipts.ts";
import { shownHeads } from "./renewal.ts";

/** A ledger that this vendor has licensed. */
export interface LicensedLedger {
  readonly activation: ActivationRecord;
  /** The site as its newest license calls it. */
  readonly site: string;
  readonly license: NonNullable<VerifyInput["license"]>;
}

/** The ledger that a bundle says it is of, if this vendor has licensed it. */
export function licensedLedger(
  database: Database,
  folder: VendorFolder,
  source: ByteSource,
): LicensedLedger | undefined {
  const chain = claimedChain(source);
  const activation = chain === undefined ? undefined : findActivation(database, chain);
  if (activation === undefined) return undefined;
  const license = newestLicense(database, activation.chainId, folder.vendor);
  const { genesisLeaf, daemonKey } = license;
  const auditorAllowed = allowsAuditor(database, activation.chainId, folder.vendor);
  const binding = { chainId: license.chainId, genesisLeaf, daemonKey, auditorAllowed };
  return { activation, site: license.terms.site, license: binding };
}

function claimedChain(source: ByteSource): ChainId | undefined {
  try {
    return readBundleHead(source).chainId;
  } catch (error) {
    // The verifier meets the same bytes and says what is wrong with them.
    if (error instanceof BundleError) return undefined;
    throw error;
  }
}

/** Every head of the ledger that this vendor knows of and has not acknowledged, wherever it was seen. */
export function headsHeldTo(database: Database, chain: ChainId): readonly SeenHead[] {
  return [
    ...seenHeads(database, chain),
    ...shownHeads(database, chain),
    ...evidenceHeads(database, chain),
  ];
}

/** What the verifier is to know; everything but `visitor` as it stands in the books. */
export function questionOf(
  database: Database,
  { activation, license }: LicensedLedger,
  keys: VendorKeys,
  now: UnixMillis,
  visitor: BundleVisitor,
): VerifyInput & { readonly acked: AckedLedger | undefined } {
  const { chainId } = activation;
  return {
    activation: { ...activation, vendorName: keys.issuing.issuer.vendor },
    license,
    secrets: keys.sealing,
    acked: acknowledgedLedger(database, chainId),
    receipts: receiptsOf(database, chainId),
    seenHeads: headsHeldTo(database, chainId),
    now,
    visitor,
  };
}
