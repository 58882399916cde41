import { concat, equalBytes, u32, u64 } from "../../src/base/bytes.ts";
import { readBundleBlocks, readBundleHead } from "../../src/bundle/bundle.ts";
import { chachaSeal } from "../../src/crypto/aead.ts";
import { type Block, blockLeaf, decodeBlock, HEADER_BYTES } from "../../src/ledger/block.ts";
import type { DirectoryRow } from "../../src/ledger/directory.ts";
import {
  blockKey,
  blockTag,
  eventsRoot,
  genesisReadKey,
  segmentSelfTag,
  stepKey,
  syntheticIv,
  tipProof,
} from "../../src/ledger/keys.ts";
import { decodePayload } from "../../src/ledger/payload-codec.ts";
import { openBlock } from "../../src/ledger/sealing.ts";
import { decodeSegmentExt, openSegmentForReading } from "../../src/ledger/segment.ts";
import { Frontier } from "../../src/merkle/tree.ts";
import { auditorSecret } from "../bundle/given.ts";
import { pack, type Site } from "../bundle/site.ts";
import { sourceOf } from "../bundle/vendor.ts";

/** A block taken apart, with the read key that opened it. */
export interface Piece {
  readonly header: Uint8Array;
  readonly ext: Uint8Array;
  readonly plaintext: Uint8Array;
  readonly tag: Uint8Array;
  readonly selfTag: Uint8Array | undefined;
  readonly read: Uint8Array;
  /** The read seed of the segment that the block opens. */
  readonly seed: Uint8Array | undefined;
}

/** Where tags come from that an auditor cannot know. */
export type TagGuess = "as they stood" | "by the read keys" | "zeros";

/** What an auditor can make of a bundle: everything but what takes an auth key. */
export function takenApart(bundle: Uint8Array): Piece[] {
  const source = sourceOf(bundle);
  const pieces: Piece[] = [];
  let read: Uint8Array = new Uint8Array(32);
  for (const block of readBundleBlocks(source, readBundleHead(source))) {
    const seed = block.type === "segment" ? seedOf(block) : undefined;
    const key = block.index === 0 && seed ? genesisReadKey(seed) : read;
    const plaintext = openBlock(block, key);
    if (!plaintext) throw new Error(`block ${block.index} does not open`);
    const { header, ext, tag, selfTag } = block;
    pieces.push({ header: header.slice(), ext, plaintext, tag, selfTag, read: key, seed });
    read = seed ?? stepKey(read);
  }
  return pieces;
}

function seedOf(block: Block): Uint8Array {
  const ext = decodeSegmentExt(block.ext);
  const [wrap] = ext.wraps;
  if (!wrap) throw new Error("not for this auditor");
  const { readCommit } = ext;
  const { chainId, segment } = block;
  const secret = auditorSecret;
  const opening = openSegmentForReading({ secret, wrap, readCommit, chainId, segment });
  if (opening.kind !== "opened") throw new Error(opening.kind);
  return opening.read;
}

/** Sealed as the site would: siv, cipher, entries, everything that the read keys reach. */
function sealed(piece: Piece, guess: TagGuess): Uint8Array {
  const { ext, plaintext, read, seed } = piece;
  const header = piece.header.slice();
  header.set(u32(ext.length), 136);
  header.set(u32(plaintext.length + 16), 140);
  header.set(syntheticIv(read, header, ext, plaintext), 104);
  const key = blockKey(read, header.subarray(104, 136));
  const aad = concat(header, ext);
  const tagged = concat(aad, chachaSeal(key, new Uint8Array(12), plaintext, aad));
  const tags = {
    "as they stood": [piece.tag, ...(piece.selfTag ? [piece.selfTag] : [])],
    "by the read keys": [blockTag(read, tagged), ...(seed ? [segmentSelfTag(seed, tagged)] : [])],
    zeros: [new Uint8Array(32), ...(seed ? [new Uint8Array(32)] : [])],
  }[guess];
  return concat(tagged, ...tags);
}

/**
 * The blocks from `from` on with links, entries and seals that agree again; those before stay as
 * they are. `keep` names header fields by offset that must stay as they were forged.
 */
export function mended(
  pieces: readonly Piece[],
  original: readonly Uint8Array[],
  guess: TagGuess,
  keep: readonly number[] = [],
): Uint8Array[] {
  const blocks: Uint8Array[] = [];
  pieces.forEach((piece, index) => {
    const header = piece.header.slice();
    const before = blocks.at(-1);
    if (before && !keep.includes(40)) header.set(blockLeaf(before), 40);
    if (!keep.includes(72)) header.set(entriesRoot(piece, header), 72);
    const block = sealed({ ...piece, header }, guess);
    const first = original[index];
    // What the forger did not touch keeps its true tags.
    const isUntouched = first !== undefined && equalBytes(withoutTags(first), withoutTags(block));
    blocks.push(isUntouched ? first : block);
  });
  return blocks;
}

const withoutTags = (block: Uint8Array): Uint8Array => {
  try {
    return decodeBlock(block).tagged;
  } catch {
    return block;
  }
};

function entriesRoot({ plaintext, read }: Piece, header: Uint8Array): Uint8Array {
  if (header[5] !== 2) return header.slice(72, 104);
  try {
    return eventsRoot(read, decodePayload("checkpoint", 1, plaintext).entries);
  } catch {
    return header.slice(72, 104);
  }
}

/**
 * A bundle of these blocks. The forger is given more than an auditor has: the daemon signs the
 * forged head, so that nothing but the auth chain is left to stop it.
 */
export function forgedBundle(
  site: Site,
  blocks: readonly Uint8Array[],
  tip: Uint8Array,
  directory: readonly DirectoryRow[] = site.directory,
): Uint8Array {
  const root = rootOver(blocks);
  const size = blocks.length;
  return pack({
    ...site.parts(),
    size,
    directory: directory.filter((row) => row.index < size),
    blocks,
    blockCount: size,
    root,
    checkpoint: site.signHead(size, root),
    tip,
  });
}

const rootOver = (blocks: readonly Uint8Array[]): Uint8Array =>
  blocks.reduce((frontier, block) => frontier.append(blockLeaf(block)), Frontier.empty()).root();

/** The tip that would be right if the read key of the next place were its auth key. */
export function tipByReadKey(blocks: readonly Uint8Array[], read: Uint8Array): Uint8Array {
  const last = blocks.at(-1) ?? new Uint8Array(HEADER_BYTES);
  return tipProof(read, {
    chainId: last.subarray(8, 24),
    size: blocks.length,
    lastLeaf: blockLeaf(last),
    root: rootOver(blocks),
  });
}

/** The header as it would stand at another place. */
export function renumbered(header: Uint8Array, index: number, position: number): Uint8Array {
  const copy = header.slice();
  copy.set(u64(index), 24);
  copy.set(u32(position), 36);
  return copy;
}
