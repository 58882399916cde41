import { LedgerError } from "../ledger/errors.ts";
import { chainSource, rootAt } from "../ledger/reader.ts";
import type { DeskCore } from "./desk-core.ts";

/**
 * The root that this site's own ledger had at a size.
 * @throws LedgerError LEDGER_TRUNCATED where the file ends before.
 */
export function ownRootAt(
  { tree, files }: Pick<DeskCore, "tree" | "files">,
  size: number,
): Uint8Array {
  if (tree !== undefined) return tree.rootAt(size);
  const root = rootAt(chainSource(files), size);
  if (root !== undefined) return root;
  throw new LedgerError("LEDGER_TRUNCATED", `the ledger file ends before block ${size}`, {
    hint: "run seatkeeper ledger verify, and keep the folder as it is",
  });
}
