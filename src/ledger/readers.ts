import { toHex } from "../base/bytes.ts";
import type { SegmentExt } from "./segment.ts";

/** Who can read a segment, by key id: 16 hex digits each. Stands in the open, under every seal. */
export interface Readers {
  readonly vendor: string;
  /** In the order of the block. */
  readonly auditors: readonly string[];
}

/** From this segment on, others can read than before. */
export interface ReaderChange extends Readers {
  readonly segment: number;
  /** Of its SEGMENT block. */
  readonly index: number;
}

export function readersOf(ext: SegmentExt): Readers {
  return { vendor: toHex(ext.vendorKid), auditors: ext.wraps.map(({ kid }) => toHex(kid)) };
}

export function sameReaders(left: Readers | undefined, right: Readers): boolean {
  return left?.vendor === right.vendor && left.auditors.join(" ") === right.auditors.join(" ");
}
