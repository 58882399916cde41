import { fromHex } from "../base/bytes.ts";
import { selectBlocks, writeBundle } from "../bundle/bundle.ts";
import type { ExportPayload } from "../ledger/payload.ts";
import type { ByteSink } from "../ledger/ports.ts";
import { chainSource } from "../ledger/reader.ts";
import type { VendorDesk } from "./vendor-desk.ts";

/** A bundle that was written. */
export interface Exported {
  readonly vendor: string;
  readonly exportNo: number;
  /** Blocks in the ledger, the EXPORT block among them. */
  readonly size: number;
}

/**
 * Seals what waits, appends the EXPORT block, and gives the bundle to `sink`: everything from the
 * segment on that holds the last acknowledged block.
 */
export function exportUsage(desk: VendorDesk, sink: ByteSink): Promise<Exported> {
  return desk.alone(async () => {
    await desk.sealPending();
    const exportNo = await appendExport(desk);
    writeBundleOf(desk, sink);
    return { vendor: desk.name, exportNo, size: desk.core.ledger.size };
  });
}

/** What the EXPORT block at index `sizeBefore` says. */
export function nextExport(desk: VendorDesk, sizeBefore: number): ExportPayload {
  const { store, time, host } = desk.core;
  const receipt = store.lastReceipt(desk.name);
  return {
    type: "export",
    exportNo: (store.lastExport(desk.name)?.exportNo ?? 0) + 1,
    sizeBefore,
    lastReceiptNo: receipt?.receiptNo ?? null,
    receiptNonce: receipt?.nonce ?? null,
    wall: time.now().wall,
    hostHash: fromHex(host.hash),
  };
}

/** The block and the row that counts it are one transaction: no number is ever given twice. */
async function appendExport(desk: VendorDesk): Promise<number> {
  const { ledger, writer } = desk.core;
  await writer.prepareChain();
  const { size, root } = ledger;
  const draft = nextExport(desk, size);
  const { exportNo, wall: exportedAt } = draft;
  const row = { exportNo, size, root, exportedAt };
  await writer.append(() => draft, { records: [{ kind: "export", export: row }] });
  return exportNo;
}

function writeBundleOf(desk: VendorDesk, sink: ByteSink): void {
  const { ledger, store, files } = desk.core;
  const rows = store.directory(desk.name);
  const selected = selectBlocks(chainSource(files), rows, ledger.ackSize);
  writeBundle(sink, {
    chainId: ledger.chainId,
    ...selected,
    size: ledger.size,
    directory: rows.filter(({ index }) => index >= selected.fromIndex),
    checkpoint: desk.notary.head(),
    root: ledger.root,
    tip: ledger.tip(),
  });
}
