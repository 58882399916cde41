import { equalBytes } from "../base/bytes.ts";
import type { AckedLedger, AckedSegment, AckedState } from "../bundle/known-ledger.ts";

const LEAF_BYTES = 32;

/** The acknowledged ledger as it stood when it had no more than the blocks of `state`. */
export function asItStood(acked: AckedLedger, state: AckedState): AckedLedger {
  const { size } = state;
  if (size === acked.state.size) return acked;
  return {
    state,
    segment: (number) => upTo(acked.segment(number), size),
    segmentAt: (index) => upTo(acked.segmentAt(Math.min(index, size - 1)), size),
  };
}

function upTo(segment: AckedSegment | undefined, size: number): AckedSegment | undefined {
  if (segment === undefined || segment.row.index >= size) return undefined;
  const length = size - segment.row.index;
  return {
    ...segment,
    leaves: segment.leaves.subarray(0, length * LEAF_BYTES),
    lost: segment.lost.filter((place) => place < length),
  };
}

/** Finds the segment that a block lies in. */
export type Segments = Pick<AckedLedger, "segmentAt">;

/** Segments by themselves, in rising order. */
export function amongSegments(segments: readonly AckedSegment[]): Segments {
  return { segmentAt: (index) => segments.findLast(({ row }) => row.index <= index) };
}

/**
 * Where two branches part: the first block that is not the same in both, or the end of the shorter one.
 * @param from a size that both have.
 */
export function partingOf(one: Segments, other: Segments, from: number): number {
  for (let index = from; ; index += 1) {
    const [left, right] = [leafAt(one, index), leafAt(other, index)];
    if (left === undefined || right === undefined || !equalBytes(left, right)) return index;
  }
}

const leafAt = ({ segmentAt }: Segments, index: number): Uint8Array | undefined => {
  const segment = segmentAt(index);
  return segment && leafIn(segment, index);
};

function leafIn({ row, leaves }: AckedSegment, index: number): Uint8Array | undefined {
  const offset = (index - row.index) * LEAF_BYTES;
  const leaf = leaves.subarray(offset, offset + LEAF_BYTES);
  return leaf.length === LEAF_BYTES ? leaf : undefined;
}
