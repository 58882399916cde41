import type { Database } from "better-sqlite3";
import type { ChainId } from "../base/ids.ts";
import type { UnixMillis } from "../base/time.ts";
import type { SeenHead } from "../bundle/known-ledger.ts";
import type { JudgedEvidence } from "./evidence.ts";

/**
 * Puts the heads of an evidence file that the daemon has signed on record: a bundle of a ledger that does not have
 * them is held (`CLONE_SUSPECTED`). The same again changes nothing.
 */
export function holdTo(
  database: Database,
  { chainId, known, shown }: JudgedEvidence,
  now: UnixMillis,
): void {
  const put = database.prepare("INSERT OR IGNORE INTO evidence_heads VALUES (?, ?, ?, ?)");
  for (const head of [known, shown]) {
    if (head?.signedBy === "daemon") put.run(chainId, head.size, Buffer.from(head.root), now);
  }
}

/** Takes them off the record again: somebody knows how they came about. */
export function noLongerHoldTo(
  database: Database,
  { chainId, known, shown }: JudgedEvidence,
): void {
  noLongerHoldToHeads(database, chainId, [known, ...(shown ? [shown] : [])]);
}

/** The same for heads of a branch that was given up. */
export function noLongerHoldToHeads(
  database: Database,
  chain: ChainId,
  heads: readonly SeenHead[],
): void {
  const drop = database.prepare(
    "DELETE FROM evidence_heads WHERE chain_id = ? AND size = ? AND root = ?",
  );
  for (const { size, root } of heads) drop.run(chain, size, Buffer.from(root));
}

/** Heads that clients have shown and that bundles of the ledger are held to. */
export function evidenceHeads(database: Database, chain: ChainId): readonly SeenHead[] {
  return database
    .prepare<[string], { readonly size: number; readonly root: Buffer }>(
      "SELECT size, root FROM evidence_heads WHERE chain_id = ? ORDER BY size",
    )
    .all(chain)
    .map(({ size, root }) => ({ size, root: new Uint8Array(root) }));
}
