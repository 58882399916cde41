import type { ChainId } from "../base/ids.ts";
import { LedgerError } from "../ledger/errors.ts";
import type { Store } from "../store/database.ts";
import type { RealLedgerFiles } from "../store/ledger-files.ts";

/** To be kept before a ledger is cut for the first time: its leaf hashes are needed from then on. */
export const archivedNote = (chain: ChainId, size: number): { key: string; value: string } => ({
  key: `archived ${chain}`,
  value: String(size),
});

/**
 * Refuses a ledger that was cut and whose leaf hashes are gone, before anything is written: recovery
 * would take it for one that has lost its blocks.
 * @throws LedgerError LEDGER_LEAVES_MISSING.
 */
export function refuseLostLeaves(
  store: Store,
  files: RealLedgerFiles,
  chain: ChainId | undefined,
): void {
  if (chain === undefined || files.kept !== undefined) return;
  const size = store.meta(archivedNote(chain, 0).key);
  if (size === undefined) return;
  throw new LedgerError(
    "LEDGER_LEAVES_MISSING",
    `blocks 1 to ${Number(size) - 1} were archived, and the file of their leaf hashes is missing`,
    { hint: "put ledger.skc.leaves back from the newest backup" },
  );
}
