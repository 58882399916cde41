import { Frontier } from "../merkle/tree.ts";
import type { AckedLedger, Activation } from "./known-ledger.ts";
import { OwnLeaves } from "./own-leaves.ts";

/**
 * The root that the ledger had at this size, by what the vendor has acknowledged itself: its block 0 and
 * the leaves of every bundle that counted. Undefined for a size that is not acknowledged yet, and where
 * lost blocks leave it open.
 */
export function acknowledgedRoot(
  activation: Activation,
  acked: AckedLedger | undefined,
  size: number,
): Uint8Array | undefined {
  const own = new OwnLeaves(activation, acked);
  if (size === 1) return leavesOver(Frontier.empty(), own, 0, 1);
  if (acked === undefined || size > acked.state.size) return undefined;
  if (size === acked.state.size) return acked.state.root;
  const segment = acked.segmentAt(size - 1);
  if (segment === undefined || segment.frontier === null) return undefined;
  const { index } = segment.row;
  return leavesOver(Frontier.of(segment.frontier, index), own, index, size);
}

function leavesOver(
  begun: Frontier,
  own: OwnLeaves,
  from: number,
  size: number,
): Uint8Array | undefined {
  let frontier = begun;
  for (let index = from; index < size; index += 1) {
    const leaf = own.at(index);
    if (leaf === undefined) return undefined;
    frontier = frontier.append(leaf);
  }
  return frontier.root();
}
