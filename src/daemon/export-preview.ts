import { toBase64Url } from "../base/bytes.ts";
import { firstToExport } from "../bundle/bundle.ts";
import { sealingKeyId } from "../crypto/key-id.ts";
import { encodePayload } from "../ledger/payload-codec.ts";
import type { AdminPreview, PendingBlock } from "../protocol/admin/sealed-usage.ts";
import { nextExport } from "./usage-export.ts";
import type { VendorDesk } from "./vendor-desk.ts";

/**
 * What an export would hold at this moment: where it begins among the sealed blocks, and the contents
 * of the blocks that would be sealed for it. Changes nothing. The contents of sealed blocks are not
 * among it: the site itself cannot open them.
 */
export function previewExport(desk: VendorDesk): Promise<AdminPreview> {
  return desk.alone(() => Promise.resolve(preview(desk)));
}

function preview(desk: VendorDesk): AdminPreview {
  const { ledger, store, writer } = desk.core;
  const waiting = writer.foresee();
  const { size } = ledger;
  const all = [...waiting, nextExport(desk, size + waiting.length)].map(encodePayload);
  let { segment, indexInSegment } = ledger;
  const pending = all.map(({ type, plaintext }, at): PendingBlock => {
    const opens = type === "segment";
    [segment, indexInSegment] = opens ? [segment + 1, 0] : [segment, indexInSegment];
    const place = { index: size + at, segment, indexInSegment };
    indexInSegment += 1;
    const readers = opens ? { readers: nextReaders(desk) } : {};
    return { ...place, type, plaintext: toBase64Url(plaintext), ...readers };
  });
  const fromIndex = firstToExport(store.directory(desk.name), ledger.ackSize);
  return { vendor: desk.name, chainId: desk.chainId, fromIndex, size, pending };
}

/** Who would read the segment that begins. */
function nextReaders({ core }: VendorDesk): NonNullable<PendingBlock["readers"]> {
  return {
    vendor: sealingKeyId(core.shelf.sealingKey()),
    auditors: core.writer.readers.wanted,
  };
}
