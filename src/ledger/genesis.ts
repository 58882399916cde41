import { toHex } from "../base/bytes.ts";
import { type ChainId, chainId } from "../base/ids.ts";
import type { UnixMillis } from "../base/time.ts";
import { Frontier } from "../merkle/tree.ts";
import { chainOrigin } from "../note/checkpoint.ts";
import { type Block, blockLeaf, decodeBlock } from "./block.ts";
import type { DirectoryRow } from "./directory.ts";
import { LedgerError } from "./errors.ts";
import { genesisReadKey } from "./keys.ts";
import type { GenesisPayload, Predecessor } from "./payload.ts";
import { decodePayload, encodePayload } from "./payload-codec.ts";
import { openBlock, sealBlock, selfTagMatches } from "./sealing.ts";
import { decodeSegmentExt, ENTROPY_BYTES, makeSegment, openSegment } from "./segment.ts";
import type { ChainState } from "./state.ts";

/** What a new ledger is made from. */
export interface GenesisInput {
  readonly vendorName: string;
  /** The vendor's X25519 sealing key. */
  readonly sealingKey: Uint8Array;
  /** X25519 keys of auditors who may read: at most 8. */
  readonly recipients?: readonly Uint8Array[];
  /** The daemon's Ed25519 public key. */
  readonly daemonKey: Uint8Array;
  /** 32 bytes. */
  readonly hostHash: Uint8Array;
  readonly requestId: string;
  readonly createdAt: UnixMillis;
  readonly predecessor?: Predecessor;
  /** `count` fresh random bytes. */
  random(count: number): Uint8Array;
}

/** The first block and the secret state behind it. */
export interface Genesis {
  readonly chainId: ChainId;
  readonly origin: string;
  readonly block: Uint8Array;
  readonly leaf: Uint8Array;
  readonly directoryRow: DirectoryRow;
  readonly state: ChainState;
}

/** The SEGMENT block at index 0 and the state after it. */
export function makeGenesis(input: GenesisInput): Genesis {
  const chain = input.random(CHAIN_ID_BYTES);
  const id = chainId(toHex(chain));
  const origin = chainOrigin(input.vendorName, id);
  const segment = makeSegment({
    chainId: chain,
    segment: 0,
    index: 0,
    auth: undefined,
    sealingKey: input.sealingKey,
    recipients: input.recipients ?? [],
    entropy: input.random(ENTROPY_BYTES),
  });
  const { keys, ext, row: directoryRow } = segment;
  const content = { ...encodePayload(genesisPayload(input, origin)), ext };
  const place = { chainId: chain, index: 0, segment: 0, indexInSegment: 0, prevLeaf: ZEROS };
  const read = genesisReadKey(keys.read);
  const block = sealBlock(place, content, { auth: undefined, read, newAuth: keys.auth });
  const leaf = blockLeaf(block);
  const state = stateAfterGenesis({ chain, block, leaf, keys, createdAt: input.createdAt });
  return { chainId: id, origin, block, leaf, directoryRow, state };
}

/** A genesis block that the vendor has opened. */
export interface OpenedGenesis {
  readonly block: Block;
  readonly chainId: ChainId;
  readonly leaf: Uint8Array;
  readonly payload: GenesisPayload;
}

/**
 * Reads block 0 with the vendor's secret sealing key and checks all that it proves about itself.
 * @throws LedgerError `GENESIS_MISMATCH` when it is no genesis block or not for this key.
 */
export function openGenesis(bytes: Uint8Array, secret: Uint8Array): OpenedGenesis {
  const block = decodeBlock(bytes);
  if (block.index !== 0) throw notGenesis("is not block 0");
  const { enc } = decodeSegmentExt(block.ext);
  const keys = openSegment({ secret, enc, chainId: block.chainId, segment: 0 });
  if (!selfTagMatches(block, keys.auth)) throw notGenesis("was not made for this sealing key");
  const plaintext = openBlock(block, genesisReadKey(keys.read));
  if (!plaintext) throw notGenesis("does not open");
  const { payload } = decodePayload(block.type, 0, plaintext);
  if (payload.type !== "genesis") throw notGenesis("has another payload");
  return { block, chainId: chainId(toHex(block.chainId)), leaf: blockLeaf(bytes), payload };
}

const CHAIN_ID_BYTES = 16;
const ZEROS = new Uint8Array(32);

function genesisPayload(input: GenesisInput, origin: string): GenesisPayload {
  const { requestId, daemonKey, createdAt, hostHash } = input;
  const predecessor = input.predecessor ?? null;
  return { type: "genesis", requestId, daemonKey, origin, createdAt, hostHash, predecessor };
}

function stateAfterGenesis(parts: {
  readonly chain: Uint8Array;
  readonly block: Uint8Array;
  readonly leaf: Uint8Array;
  readonly keys: { readonly auth: Uint8Array; readonly read: Uint8Array };
  readonly createdAt: UnixMillis;
}): ChainState {
  return {
    generation: 1,
    nextIndex: 1,
    fileOffset: parts.block.length,
    prevLeaf: parts.leaf,
    ...parts.keys,
    segment: 0,
    indexInSegment: 1,
    chainId: parts.chain,
    ackSize: 0,
    ackRoot: ZEROS,
    highWater: parts.createdAt,
    frontier: Frontier.empty().append(parts.leaf),
  };
}

function notGenesis(what: string): LedgerError {
  return new LedgerError("GENESIS_MISMATCH", `the genesis block ${what}`);
}
