import { toBase64Url, toHex, utf8 } from "../base/bytes.ts";
import { chainId } from "../base/ids.ts";
import { sha256 } from "../crypto/hash.ts";
import type { Predecessor } from "../ledger/payload.ts";
import { bytes, decodeWith, idOf, mapOf, wholeNumber, wordOf } from "../license/fields.ts";
import type { Store, StoreNote } from "../store/database.ts";
import { ENDINGS, type EndedLedger, type EndingCode, REPLACED } from "./ended-ledger.ts";
import { DaemonError } from "./errors.ts";

/** A succession that was decided, from the ledger that has ended; its files may not be in place yet. */
export interface PendingSuccession {
  readonly predecessor: Predecessor;
  readonly code: EndingCode;
}

/** Kept in the database in the transaction that gives up the numbers of the old ledger. */
export function successionNote(
  vendor: string,
  { chainId: id, size, root, code }: EndedLedger,
): StoreNote {
  const body = { chain_id: id, size, root: toBase64Url(root), code };
  return { key: keyOf(vendor), value: JSON.stringify(body) };
}

/** Kept with the new ledger's first words: the succession is done. */
export const doneNote = (vendor: string): StoreNote => ({ key: keyOf(vendor), value: "" });

/** Undefined where none was begun, and where it is done. */
export function pendingSuccession(store: Store, vendor: string): PendingSuccession | undefined {
  const value = store.meta(keyOf(vendor)) ?? "";
  if (value === "") return undefined;
  const { code, ...predecessor } = decodeWith(NOTE, JSON.parse(value), ({ path, problem }) => {
    return new DaemonError(
      "SUCCESSION_UNFINISHED",
      `the note in the database: ${path.join(".")} ${problem}`,
    );
  });
  const { chain_id: id, size, root } = predecessor;
  return { predecessor: { chainId: id, size, root }, code };
}

/**
 * Nothing may be opened while the files of two ledgers are being exchanged.
 * @throws DaemonError SUCCESSION_UNFINISHED.
 */
export function refuseUnfinished(store: Store, vendor: string): void {
  if (pendingSuccession(store, vendor) === undefined) return;
  throw new DaemonError("SUCCESSION_UNFINISHED", `the ledger of ${vendor} is being succeeded`, {
    hint: "run seatkeeper ledger succeed again: it goes on where it was cut off",
  });
}

/** What stands in the INCIDENT for evidence: the ledger that has ended, in the words of its genesis. */
export function evidenceOf({ chainId: id, size, root }: Predecessor): Uint8Array {
  return sha256(utf8(`${id}\n${size}\n${toHex(root)}\n`));
}

const keyOf = (vendor: string): string => `succession ${vendor}`;

const NOTE = mapOf({
  chain_id: idOf(chainId, "a chain id"),
  size: wholeNumber(1, Number.MAX_SAFE_INTEGER),
  root: bytes(32),
  code: wordOf(...ENDINGS, REPLACED),
});
