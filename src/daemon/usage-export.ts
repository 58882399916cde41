import { fromHex } from "../base/bytes.ts";
import { writeBundle } from "../bundle/bundle.ts";
import type { ExportPayload } from "../ledger/payload.ts";
import type { ByteSink } from "../ledger/ports.ts";
import { chainSource, readBlocks } from "../ledger/reader.ts";
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

/** The block and the row that counts it are one transaction: no number is ever given twice. */
async function appendExport(desk: VendorDesk): Promise<number> {
  const { store, ledger, writer, time, host } = desk.core;
  const exportNo = (store.lastExport(desk.name)?.exportNo ?? 0) + 1;
  const receipt = store.lastReceipt(desk.name);
  const { wall } = time.now();
  const draft = (): ExportPayload => ({
    type: "export",
    exportNo,
    sizeBefore: ledger.size,
    lastReceiptNo: receipt?.receiptNo ?? null,
    receiptNonce: receipt?.nonce ?? null,
    wall,
    hostHash: fromHex(host.hash),
  });
  await writer.prepareChain();
  const { size, root } = ledger;
  const row = { exportNo, size, root, exportedAt: wall };
  await writer.append(draft, { records: [{ kind: "export", export: row }] });
  return exportNo;
}

function writeBundleOf(desk: VendorDesk, sink: ByteSink): void {
  const { ledger, store, files } = desk.core;
  const acknowledged = Math.max(0, ledger.ackSize - 1);
  const rows = store.directory(desk.name);
  const fromIndex = rows.findLast(({ index }) => index <= acknowledged)?.index ?? 0;
  const source = chainSource(files);
  function* blocks(): Generator<Uint8Array, void, undefined> {
    for (const { block } of readBlocks(source, 0, ledger.length)) {
      if (block.index >= fromIndex) yield block.bytes;
    }
  }
  let blockCount = 0;
  for (const _ of blocks()) blockCount += 1;
  writeBundle(sink, {
    chainId: ledger.chainId,
    fromIndex,
    size: ledger.size,
    directory: rows.filter(({ index }) => index >= fromIndex),
    blockCount,
    blocks: blocks(),
    checkpoint: desk.head(),
    root: ledger.root,
    tip: ledger.tip(),
  });
}
