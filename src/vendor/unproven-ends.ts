import type { Database } from "better-sqlite3";
import { equalBytes, toHex } from "../base/bytes.ts";
import type { ChainId } from "../base/ids.ts";
import { type UnixMillis, unixMillis } from "../base/time.ts";
import type { SeenHead } from "../bundle/known-ledger.ts";
import type { VerifyReport } from "../bundle/verify-input.ts";
import { decodeBlock } from "../ledger/block.ts";
import { openGenesis } from "../ledger/genesis.ts";
import { decodeSegmentExt } from "../ledger/segment.ts";
import { findActivation } from "./activations.ts";
import type { VendorKeys } from "./issue.ts";
import { findSites, listSites } from "./sites.ts";

// A ledger whose keys are lost cannot prove where it ended. What there is of it may be counted all the
// same, once the ledger in its place, which the same site has sealed, says that it ended just there.

/** The end of a ledger by the word of the one in its place; undefined where none is on record. */
export function endByWord(
  database: Database,
  chain: ChainId,
  keys: Pick<VendorKeys, "sealing">,
): SeenHead | undefined {
  const successors = database
    .prepare<[string], { readonly chain_id: string }>(
      "SELECT chain_id FROM successions WHERE predecessor = ?",
    )
    .all(chain);
  for (const { chain_id: successor } of successors) {
    const block = findActivation(database, successor)?.genesisBlock;
    const kid = block && toHex(decodeSegmentExt(decodeBlock(block).ext).vendorKid);
    const secret = kid === undefined ? undefined : keys.sealing.get(kid);
    const predecessor = block && secret && openGenesis(block, secret).payload.predecessor;
    if (predecessor?.chainId === chain) return { size: predecessor.size, root: predecessor.root };
  }
  return undefined;
}

/** Whether the missing proof of its end is all that is wrong with a bundle, and somebody gives his word for it. */
export function endsByWord(report: VerifyReport, end: SeenHead | undefined): boolean {
  const { verdict, problemCount, head, isTipAbsent } = report;
  if (verdict !== "TIP_INVALID" || problemCount !== 1 || !isTipAbsent) return false;
  if (head === undefined || end === undefined) return false;
  return head.size === end.size && equalBytes(head.root, end.root);
}

/** An end that a person has agreed with the site on. */
export interface UnprovenEnd {
  readonly chainId: ChainId;
  /** Blocks; those from `from` on were counted by the site's word that no more came after them. */
  readonly size: number;
  readonly from: number;
  readonly agreedAt: UnixMillis;
}

/** The end of a ledger that was agreed on before. */
export function agreedEnd(database: Database, chain: ChainId): SeenHead | undefined {
  const row = database
    .prepare<[string], { readonly size: number; readonly root: Buffer }>(
      "SELECT size, root FROM unproven_ends WHERE chain_id = ?",
    )
    .get(chain);
  return row && { size: row.size, root: new Uint8Array(row.root) };
}

/** Puts on record that an end was agreed on. The same again changes nothing. */
export function keepUnprovenEnd(
  database: Database,
  end: UnprovenEnd & Pick<SeenHead, "root">,
): void {
  database
    .prepare("INSERT OR IGNORE INTO unproven_ends VALUES (?, ?, ?, ?, ?)")
    .run(end.chainId, end.size, Buffer.from(end.root), end.from, end.agreedAt);
}

/**
 * Those of a site.
 * @param name as `findSites` takes it; undefined for all sites.
 */
export function unprovenEnds(database: Database, name: string | undefined): readonly UnprovenEnd[] {
  const sites = name === undefined ? listSites(database) : findSites(database, name);
  const find = database.prepare<[string], EndRow>(
    "SELECT size, from_size, agreed_at FROM unproven_ends WHERE chain_id = ?",
  );
  return sites.flatMap(({ chainId }) => {
    const row = find.get(chainId);
    if (row === undefined) return [];
    const { size, from_size: from, agreed_at: agreedAt } = row;
    return [{ chainId, size, from, agreedAt: unixMillis(agreedAt) }];
  });
}

interface EndRow {
  readonly size: number;
  readonly from_size: number;
  readonly agreed_at: number;
}
