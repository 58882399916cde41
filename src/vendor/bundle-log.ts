import type { Database } from "better-sqlite3";
import type { ChainId } from "../base/ids.ts";
import type { Moment } from "../base/time.ts";
import type { SeenHead } from "../bundle/known-ledger.ts";
import type { VerifyReport } from "../bundle/verify-input.ts";

/** One bundle that was looked at. */
export interface LoggedBundle {
  readonly chainId: ChainId | undefined;
  readonly name: string;
  readonly bytes: number;
  readonly now: Moment;
  readonly accepted: boolean;
  readonly report: VerifyReport;
}

/** Remembers a bundle and what it was found to be. */
export function logBundle(database: Database, bundle: LoggedBundle): void {
  const { verdict, head } = bundle.report;
  database
    .prepare(
      `INSERT INTO bundles (chain_id, name, bytes, seen_at, verdict, accepted, size, root)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      bundle.chainId ?? null,
      bundle.name,
      bundle.bytes,
      bundle.now.wall,
      verdict,
      bundle.accepted ? 1 : 0,
      head?.size ?? null,
      head ? Buffer.from(head.root) : null,
    );
}

/** Heads that are compared with each new one: older ones are acknowledged, or disputed, long since. */
const HEADS_COMPARED = 1_000;

/**
 * Heads that the site signed and that this vendor has seen, also in refused bundles. A SUPERSEDE settles
 * which of those before it count: they are compared no more.
 */
export function seenHeads(database: Database, chain: ChainId): readonly SeenHead[] {
  return database
    .prepare<[object], { readonly size: number; readonly root: Buffer }>(
      `SELECT size, root FROM bundles WHERE chain_id = @chain AND root IS NOT NULL
       AND bundle > (SELECT coalesce(max(bundle), 0) FROM supersedes WHERE chain_id = @chain)
       GROUP BY size, root ORDER BY max(bundle) DESC LIMIT @most`,
    )
    .all({ chain, most: HEADS_COMPARED })
    .map(({ size, root }) => ({ size, root: new Uint8Array(root) }));
}
