import { equalBytes } from "../base/bytes.ts";
import { type BlockHeader, blockLength, decodeHeader, HEADER_BYTES } from "./block.ts";
import { LedgerError } from "./errors.ts";
import type { KeptLeaves } from "./kept-leaves.ts";
import type { ByteSource, Cut, Gap } from "./ports.ts";

/**
 * The gap of a ledger file; undefined while it is whole. Leaf hashes are written before a file is
 * cut, so they may speak of a later cut than the one that the file has.
 * @param file as it lies on the disk.
 * @throws LedgerError `LEDGER_LEAVES_DAMAGED` for those of another ledger.
 */
export function gapIn(file: ByteSource, kept: KeptLeaves | undefined): Gap | undefined {
  const first = headerAt(file, 0);
  if (kept === undefined || first === undefined) return undefined;
  const front = blockLength(first);
  if (!equalBytes(kept.chainId, first.chainId) || kept.front !== front) {
    throw new LedgerError("LEDGER_LEAVES_DAMAGED", "the kept leaf hashes are another ledger's", {
      hint: "put ledger.skc.leaves back from the newest backup",
    });
  }
  const cut = cutBefore(kept.cuts, headerAt(file, front));
  if (cut === undefined) return undefined;
  return { ...cut, front, leaves: (from, to) => kept.leaves(from, Math.min(to, cut.size)) };
}

/** A ledger file by the offsets of the whole ledger. What is in archives cannot be read. */
export function overGap(file: ByteSource, gap: Gap | undefined): ByteSource {
  if (gap === undefined) return file;
  return {
    gap,
    length: lengthOver(gap, file.length),
    read: (offset, length) => file.read(placeIn(gap, offset, length), length),
  };
}

/** The length of the whole ledger, of which the file has `bytes`. */
export const lengthOver = (gap: Gap | undefined, bytes: number): number =>
  gap === undefined ? bytes : Math.max(bytes - gap.front, 0) + gap.offset;

/** Where in the file a place of the ledger is. @throws RangeError for one that is in an archive. */
export function placeIn(gap: Gap | undefined, offset: number, length: number): number {
  if (gap === undefined || offset + length <= gap.front) return offset;
  if (offset >= gap.offset) return offset - gap.offset + gap.front;
  throw new RangeError(`byte ${offset} of the ledger is in an archive`);
}

function headerAt(file: ByteSource, offset: number): BlockHeader | undefined {
  if (file.length < offset + HEADER_BYTES) return undefined;
  try {
    return decodeHeader(file.read(offset, HEADER_BYTES));
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    return undefined;
  }
}

/**
 * The newest cut that the block behind block 0 allows. Where that block was lost too, the file goes
 * on behind everything that was ever cut off.
 */
function cutBefore(cuts: readonly Cut[], second: BlockHeader | undefined): Cut | undefined {
  return cuts.findLast(({ size }) => second === undefined || size <= second.index);
}
