import { blockLeaf } from "../ledger/block.ts";
import type { AckedLedger, AckedSegment, Activation } from "./known-ledger.ts";

const LEAF_BYTES = 32;

/** The leaves the vendor knows by itself: of block 0 and of every acknowledged block. */
export class OwnLeaves {
  readonly #acked: AckedLedger | undefined;
  readonly #genesis: Uint8Array;
  #segment: AckedSegment | undefined;

  constructor(activation: Activation, acked: AckedLedger | undefined) {
    this.#acked = acked;
    this.#genesis = blockLeaf(activation.genesisBlock);
  }

  /** Undefined for blocks that were not acknowledged, and for lost ones that nothing vouches for. */
  at(index: number): Uint8Array | undefined {
    if (index === 0) return this.#genesis;
    const segment = this.#segmentOf(index);
    if (segment === undefined) return undefined;
    const offset = (index - segment.row.index) * LEAF_BYTES;
    const leaf = segment.leaves.subarray(offset, offset + LEAF_BYTES);
    return leaf.length === LEAF_BYTES && leaf.some((byte) => byte !== 0) ? leaf : undefined;
  }

  /** True for a block the vendor has received: block 0 and those acknowledged and not lost. */
  has(index: number): boolean {
    if (index === 0) return true;
    const segment = this.#segmentOf(index);
    return segment !== undefined && !segment.lost.includes(index - segment.row.index);
  }

  #segmentOf(index: number): AckedSegment | undefined {
    const acked = this.#acked;
    if (acked === undefined || index >= acked.state.size) return undefined;
    const kept = this.#segment;
    const isInside =
      kept !== undefined &&
      index >= kept.row.index &&
      index < kept.row.index + kept.leaves.length / LEAF_BYTES;
    if (!isInside) this.#segment = acked.segmentAt(index);
    return this.#segment;
  }
}
