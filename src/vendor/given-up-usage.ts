import type { Database } from "better-sqlite3";
import type { ChainId } from "../base/ids.ts";

// Usage that was acknowledged and whose blocks are now given up was used all the same: it stays in the
// books, under block numbers that no block of the ledger has.

const TABLES = [
  "feature_usage",
  "denial_usage",
  "meter_usage",
  "borrow_usage",
  "refund_usage",
  "naming_usage",
] as const;

/** How far below their own number the blocks stand that the first note gives up; twice as far those of the second. */
const DISTANCE = 2 ** 48;

/** Beyond that many, numbers could no longer be told apart. */
export const MOST_SUPERSEDES = 31;

/** Usage of the blocks from `from` on makes room for that of another branch. `nth` counts the notes of a ledger from 1. */
export function setAside(database: Database, chain: ChainId, nth: number, from: number): void {
  for (const table of TABLES) {
    database
      .prepare(`UPDATE ${table} SET block = block - ? WHERE chain_id = ? AND block >= ?`)
      .run(nth * DISTANCE, chain, from);
  }
}

/**
 * What was set aside and is in both branches, before block `parting`, is counted with the branch that goes on.
 * @returns checkpoints with usage that stay counted though their blocks are given up.
 */
export function keepGivenUp(
  database: Database,
  chain: ChainId,
  nth: number,
  parting: number,
): number {
  const [first, end] = [-nth * DISTANCE, (1 - nth) * DISTANCE];
  for (const table of TABLES) {
    database
      .prepare(`DELETE FROM ${table} WHERE chain_id = ? AND block >= ? AND block < ?`)
      .run(chain, first, first + parting);
  }
  const blocks = TABLES.map(
    (table) =>
      `SELECT block FROM ${table} WHERE chain_id = @chain AND block >= @first AND block < @end`,
  ).join(" UNION ");
  const row = database
    .prepare<[object], { readonly count: number }>(`SELECT count(*) AS count FROM (${blocks})`)
    .get({ chain, first, end });
  return row?.count ?? 0;
}
