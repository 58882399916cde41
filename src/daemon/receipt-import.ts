import { checkReceipt, type Receipt, readReceipt } from "../bundle/receipt.ts";
import { ownRootAt } from "./own-root.ts";
import type { VendorDesk } from "./vendor-desk.ts";

/** A receipt that is now part of the ledger. */
export interface ImportedReceipt {
  readonly vendor: string;
  readonly receiptNo: number;
  /** Blocks it acknowledges. */
  readonly acknowledged: number;
}

/**
 * Checks a receipt against the site's own ledger, seals what waits, appends the receipt, and opens
 * a segment. The same receipt again changes nothing. What it revokes ends, and the branch that it
 * accepts is kept.
 *
 * @throws ReceiptError, NoteError, LicenseError: nothing was changed.
 */
export async function importReceipt(desk: VendorDesk, note: Uint8Array): Promise<ImportedReceipt> {
  const { vendor, siteKey, ledger, shelf } = desk.core;
  const receipt = readReceipt(note, {
    vendorName: vendor.name,
    rootKey: vendor.rootKey,
    origin: ledger.origin,
    daemonKey: siteKey.signer.publicKey,
    revocations: shelf.revocations,
  });
  await desk.alone(async () => {
    if (!isNew(desk, receipt)) return;
    if (receipt.supersede !== undefined) desk.branch.check(receipt.supersede);
    await append(desk, receipt);
  });
  // Before the next grant: the report is not overdue any more, and the clock may be believed again.
  await desk.refreshTerms();
  // After the receipt: a crash in between costs nothing, since the same receipt may come again.
  await desk.revoke(receipt.revocations);
  if (receipt.supersede !== undefined) await desk.supersede(receipt.supersede);
  const { receiptNo, acknowledged } = receipt;
  return { vendor: vendor.name, receiptNo, acknowledged: acknowledged.size };
}

function isNew(desk: VendorDesk, receipt: Receipt): boolean {
  const { ledger, store, files, tree } = desk.core;
  const check = checkReceipt(receipt, {
    chainId: ledger.chainId,
    last: store.lastReceipt(desk.name),
    ackSize: ledger.ackSize,
    size: ledger.size,
    rootAt: (size) => ownRootAt({ tree, files }, size),
  });
  return check.kind === "new";
}

async function append(desk: VendorDesk, receipt: Receipt): Promise<void> {
  const { writer, time } = desk.core;
  const { receiptNo, nonce, acknowledged, vendorTime, text } = receipt;
  await desk.sealPending();
  const importedAt = time.now().wall;
  const row = { receiptNo, nonce, size: acknowledged.size, vendorTime, importedAt };
  await writer.append(
    () => ({
      type: "receipt",
      note: text,
      receiptNo,
      ackSize: acknowledged.size,
      ackRoot: acknowledged.root,
    }),
    { records: [{ kind: "receipt", receipt: row }] },
  );
  await writer.renewSegment(false);
  time.confirm(vendorTime);
}
