import { toBase64Url } from "../base/bytes.ts";
import type { LeaseId } from "../base/ids.ts";
import { decodeHeader } from "../ledger/block.ts";
import { LedgerError } from "../ledger/errors.ts";
import { failure } from "../log/log.ts";
import type { WireEntry } from "../protocol/results.ts";
import type { DeskCore } from "./desk-core.ts";
import { provesLeases } from "./entitlement.ts";
import type { Notary } from "./notary.ts";

/**
 * That the ledger tells of a lease, in the words of the wire; undefined where the license does not have
 * each grant sealed before it is answered, where that was so when it was granted, and where the
 * ledger's file is damaged.
 */
export function toldLease(core: DeskCore, notary: Notary, lease: LeaseId): WireEntry | undefined {
  const { store, vendor, shelf, tree, log } = core;
  if (tree === undefined || !provesLeases(shelf.entitlement)) return undefined;
  const proof = store.entryProof(vendor.name, lease);
  if (proof === undefined) return undefined;
  const { entry, at, of } = proof;
  try {
    return {
      head: notary.head(),
      ...entry,
      blind: toBase64Url(proof.blind),
      at,
      of,
      path: proof.path.map(toBase64Url),
      header: toBase64Url(proof.header),
      rest: toBase64Url(proof.rest),
      blockPath: tree.inclusionOf(decodeHeader(proof.header).index).map(toBase64Url),
    };
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    log.warn("ledger.damaged", { vendor: vendor.name, ...failure(error) });
    return undefined;
  }
}
