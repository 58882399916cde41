import { equalBytes } from "../base/bytes.ts";
import { EMPTY_ROOT, nodeHash, rootOf } from "./tree.ts";

/** A claim that one leaf stands at one place of a tree. */
export interface InclusionClaim {
  readonly index: number;
  readonly size: number;
  /** The leaf's hash. */
  readonly leaf: Uint8Array;
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
}

/** A claim that the tree of `newSize` leaves begins with the tree of `oldSize` leaves. */
export interface ConsistencyClaim {
  readonly oldSize: number;
  readonly oldRoot: Uint8Array;
  readonly newSize: number;
  readonly newRoot: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/**
 * The audit path of RFC 6962, section 2.1.1, from the leaf upwards.
 * @throws RangeError unless `index` is one of the leaves.
 */
export function inclusionProof(
  index: number,
  leafHashes: readonly Uint8Array[],
): readonly Uint8Array[] {
  if (!Number.isInteger(index) || index < 0 || index >= leafHashes.length) {
    throw new RangeError(`no leaf ${index} among ${leafHashes.length}`);
  }
  if (leafHashes.length === 1) return [];
  const split = largestPowerBelow(leafHashes.length);
  const [left, right] = [leafHashes.slice(0, split), leafHashes.slice(split)];
  return index < split
    ? [...inclusionProof(index, left), rootOf(right)]
    : [...inclusionProof(index - split, right), rootOf(left)];
}

/**
 * The consistency proof of RFC 6962, section 2.1.2, from the tree of the first `oldSize` leaves to
 * the tree of all. Empty when the sizes are equal or `oldSize` is 0.
 * @throws RangeError when `oldSize` is larger than the tree.
 */
export function consistencyProof(
  oldSize: number,
  leafHashes: readonly Uint8Array[],
): readonly Uint8Array[] {
  if (!Number.isInteger(oldSize) || oldSize < 0 || oldSize > leafHashes.length) {
    throw new RangeError(
      `a tree of ${leafHashes.length} leaves has no tree of ${oldSize} before it`,
    );
  }
  return oldSize === 0 ? [] : subproof(oldSize, leafHashes, true);
}

/** RFC 9162, section 2.1.3.2. Malformed claims are `false`. */
export function verifyInclusion(claim: InclusionClaim): boolean {
  const root = impliedRoot(claim);
  return root !== undefined && equalBytes(root, claim.root);
}

/** The one root to which the proof leads from the leaf at this place; undefined where it cannot be a proof. */
export function impliedRoot(claim: Omit<InclusionClaim, "root">): Uint8Array | undefined {
  const { index, size, proof } = claim;
  if (!isSize(size) || !isSize(index) || index >= size) return undefined;
  let [place, last] = [index, size - 1];
  let hash = claim.leaf;
  for (const sibling of proof) {
    if (last === 0) return undefined;
    if (place % 2 === 1 || place === last) {
      hash = nodeHash(sibling, hash);
      while (place % 2 === 0 && place !== 0) [place, last] = [half(place), half(last)];
    } else {
      hash = nodeHash(hash, sibling);
    }
    [place, last] = [half(place), half(last)];
  }
  return last === 0 ? hash : undefined;
}

/** RFC 9162, section 2.1.4.2. Every tree extends the empty one, by an empty proof. */
export function verifyConsistency(claim: ConsistencyClaim): boolean {
  const { oldSize, newSize, oldRoot, newRoot, proof } = claim;
  if (!isSize(oldSize) || !isSize(newSize) || oldSize > newSize) return false;
  if (oldSize === newSize) return proof.length === 0 && equalBytes(oldRoot, newRoot);
  if (oldSize === 0) return proof.length === 0 && equalBytes(oldRoot, EMPTY_ROOT);
  // A complete old tree is itself the first subtree, so its root is left out of the proof.
  return foldsToBoth(claim, isPowerOfTwo(oldSize) ? [oldRoot, ...proof] : proof);
}

function foldsToBoth(claim: ConsistencyClaim, path: readonly Uint8Array[]): boolean {
  const [start, ...rest] = path;
  if (!start) return false;
  let [place, last] = [claim.oldSize - 1, claim.newSize - 1];
  while (place % 2 === 1) [place, last] = [half(place), half(last)];
  let [oldHash, newHash] = [start, start];
  for (const sibling of rest) {
    if (last === 0) return false;
    if (place % 2 === 1 || place === last) {
      oldHash = nodeHash(sibling, oldHash);
      newHash = nodeHash(sibling, newHash);
      while (place % 2 === 0 && place !== 0) [place, last] = [half(place), half(last)];
    } else {
      newHash = nodeHash(newHash, sibling);
    }
    [place, last] = [half(place), half(last)];
  }
  return last === 0 && equalBytes(oldHash, claim.oldRoot) && equalBytes(newHash, claim.newRoot);
}

/** `SUBPROOF` of RFC 6962; `whole` while the old root is known to the verifier. */
function subproof(
  oldSize: number,
  leafHashes: readonly Uint8Array[],
  whole: boolean,
): readonly Uint8Array[] {
  if (oldSize === leafHashes.length) return whole ? [] : [rootOf(leafHashes)];
  const split = largestPowerBelow(leafHashes.length);
  const [left, right] = [leafHashes.slice(0, split), leafHashes.slice(split)];
  return oldSize <= split
    ? [...subproof(oldSize, left, whole), rootOf(right)]
    : [...subproof(oldSize - split, right, false), rootOf(left)];
}

/** The largest power of two below `count`, from 2: where RFC 6962 splits a tree. */
export function largestPowerBelow(count: number): number {
  let power = 1;
  while (power * 2 < count) power *= 2;
  return power;
}

function isPowerOfTwo(size: number): boolean {
  let rest = size;
  while (rest % 2 === 0) rest /= 2;
  return rest === 1;
}

const half = (value: number): number => Math.floor(value / 2);
const isSize = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
