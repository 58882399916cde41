import { equalBytes, toHex } from "../../src/base/bytes.ts";
import { type Block, blockLeaf } from "../../src/ledger/block.ts";
import {
  type ChainKeys,
  eventsRoot,
  genesisReadKey,
  readCommitment,
  stepKey,
} from "../../src/ledger/keys.ts";
import type { Payload } from "../../src/ledger/payload.ts";
import { decodePayload } from "../../src/ledger/payload-codec.ts";
import type { ByteSource } from "../../src/ledger/ports.ts";
import { readBlocks } from "../../src/ledger/reader.ts";
import { openBlock, selfTagMatches, tagMatches, tipMatches } from "../../src/ledger/sealing.ts";
import { decodeSegmentExt, handoffMatches, openSegment } from "../../src/ledger/segment.ts";
import { Frontier } from "../../src/merkle/tree.ts";

/** What the vendor reads out of a whole, honest ledger. */
export interface Walked {
  readonly payloads: readonly Payload[];
  readonly roots: readonly Uint8Array[];
  /** a_i of every position, in hex: those that must be gone from the site, and the next. */
  readonly authKeys: readonly string[];
  readonly tipMatches: (tip: Uint8Array) => boolean;
}

/** Reads a ledger as the vendor does and stops at the first thing that is not right. */
export function walkAsVendor(source: ByteSource, secret: Uint8Array): Walked {
  let keys: ChainKeys | undefined;
  let frontier = Frontier.empty();
  let leaf: Uint8Array = new Uint8Array(32);
  let chainId: Uint8Array = new Uint8Array(16);
  const payloads: Payload[] = [];
  const roots: Uint8Array[] = [];
  const authKeys: string[] = [];
  for (const { block } of readBlocks(source)) {
    if (block.index !== frontier.size) throw new Error(`block ${block.index} at ${frontier.size}`);
    if (!equalBytes(block.prevLeaf, leaf)) throw new Error(`hash chain breaks at ${block.index}`);
    authKeys.push(keys ? toHex(keys.auth) : "");
    const seeds = block.type === "segment" ? openSeeds(block, keys, secret) : undefined;
    payloads.push(read(block, keys, seeds));
    keys = seeds ?? (keys && { auth: stepKey(keys.auth), read: stepKey(keys.read) });
    leaf = blockLeaf(block.bytes);
    chainId = block.chainId;
    frontier = frontier.append(leaf);
    roots.push(frontier.root());
  }
  const end = keys;
  if (!end) throw new Error("no block");
  authKeys.push(toHex(end.auth));
  const tip = { chainId, size: frontier.size, lastLeaf: leaf, root: frontier.root() };
  return { payloads, roots, authKeys, tipMatches: (proof) => tipMatches(end.auth, tip, proof) };
}

function openSeeds(block: Block, old: ChainKeys | undefined, secret: Uint8Array): ChainKeys {
  const { chainId, segment, index } = block;
  const ext = decodeSegmentExt(block.ext);
  const seeds = openSegment({ secret, enc: ext.enc, chainId, segment });
  if (!selfTagMatches(block, seeds.auth)) throw new Error(`self tag of ${index}`);
  if (!equalBytes(readCommitment(seeds.read), ext.readCommit)) throw new Error("read commitment");
  const { enc, readCommit, handoff } = ext;
  const next = { chainId, segment, index, enc, readCommit };
  if (old && !handoffMatches(old.auth, next, handoff)) throw new Error(`hand-off at ${index}`);
  return seeds;
}

function read(block: Block, keys: ChainKeys | undefined, seeds: ChainKeys | undefined): Payload {
  if (keys && !tagMatches(block, keys.auth)) throw new Error(`tag of ${block.index}`);
  const readKey = keys?.read ?? (seeds && genesisReadKey(seeds.read));
  const plaintext = readKey && openBlock(block, readKey);
  if (!plaintext) throw new Error(`block ${block.index} does not open`);
  const { payload, entries } = decodePayload(block.type, block.index, plaintext);
  if (!equalBytes(eventsRoot(readKey, entries), block.eventsRoot)) throw new Error("events root");
  return payload;
}
