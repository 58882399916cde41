import { concat, readUint, u8, u32, u64 } from "../base/bytes.ts";
import { type UnixMillis, unixMillis } from "../base/time.ts";
import { sha256 } from "../crypto/hash.ts";
import { Frontier } from "../merkle/tree.ts";
import { SLOT_BYTES } from "./ports.ts";

/**
 * Where the ledger stands: everything that is needed to seal block `nextIndex`. `auth` and `read`
 * are secrets; whoever holds this value erases them when the next one is on the medium.
 */
export interface ChainState {
  /** One higher in each slot that is written. */
  readonly generation: number;
  readonly nextIndex: number;
  /** Where the next block begins in the chain file. */
  readonly fileOffset: number;
  /** Leaf hash of the newest block. */
  readonly prevLeaf: Uint8Array;
  /** a_i, the auth chain at `nextIndex`: 32 bytes. */
  readonly auth: Uint8Array;
  /** r_i, the read chain at `nextIndex`: 32 bytes. */
  readonly read: Uint8Array;
  /** The running segment. */
  readonly segment: number;
  /** The position block `nextIndex` would take in it: 1 to 1,024, the last meaning that it is full. */
  readonly indexInSegment: number;
  /** 16 bytes. */
  readonly chainId: Uint8Array;
  /** The head of the newest imported receipt; 0 and zeros before the first. */
  readonly ackSize: number;
  readonly ackRoot: Uint8Array;
  /** The highest believed wall clock of any sealed block. */
  readonly highWater: UnixMillis;
  readonly frontier: Frontier;
}

const MAGIC = Uint8Array.of(0x53, 0x4b, 0x43, 0x53);
const CHECKSUM_AT = 4064;
const FRONTIER_COUNT_AT = 196;
const FRONTIER_LIMIT = 48;

/**
 * One slot of the state file (docs/spec/ledger.md, "State file"): 4,096 bytes. The only copy of the
 * keys made on the way: whoever writes the slot erases it.
 */
export function encodeSlot(state: ChainState): Uint8Array {
  const { frontier } = state;
  if (frontier.hashes.length > FRONTIER_LIMIT) throw new RangeError("the frontier is too long");
  const slot = new Uint8Array(SLOT_BYTES);
  slot.set(concat(MAGIC, u64(state.generation), u64(state.nextIndex), u64(state.fileOffset)));
  slot.set(state.prevLeaf, 28);
  slot.set(state.auth, 60);
  slot.set(state.read, 92);
  slot.set(concat(u32(state.segment), u32(state.indexInSegment), state.chainId), 124);
  slot.set(concat(u64(state.ackSize), state.ackRoot, u64(state.highWater)), 148);
  slot.set(concat(u8(frontier.hashes.length), ...frontier.hashes), FRONTIER_COUNT_AT);
  slot.set(sha256(slot.subarray(0, CHECKSUM_AT)), CHECKSUM_AT);
  return slot;
}

/**
 * The state in a slot, or undefined for anything that is no complete slot: a slot half written,
 * half erased or never written is the normal trace of a crash, so the reason is of no interest.
 */
export function decodeSlot(slot: Uint8Array): ChainState | undefined {
  if (slot.length !== SLOT_BYTES || !MAGIC.every((byte, at) => slot[at] === byte)) return undefined;
  const checksum = sha256(slot.subarray(0, CHECKSUM_AT));
  if (!checksum.every((byte, at) => slot[CHECKSUM_AT + at] === byte)) return undefined;
  try {
    return decodeFields(slot);
  } catch {
    return undefined;
  }
}

function decodeFields(slot: Uint8Array): ChainState {
  const nextIndex = readUint(slot, 12, 8);
  const count = readUint(slot, FRONTIER_COUNT_AT, 1);
  const hashes = Array.from({ length: count }, (_, n) => slot.slice(197 + 32 * n, 229 + 32 * n));
  return {
    generation: readUint(slot, 4, 8),
    nextIndex,
    fileOffset: readUint(slot, 20, 8),
    prevLeaf: slot.slice(28, 60),
    auth: slot.slice(60, 92),
    read: slot.slice(92, 124),
    segment: readUint(slot, 124, 4),
    indexInSegment: readUint(slot, 128, 4),
    chainId: slot.slice(132, 148),
    ackSize: readUint(slot, 148, 8),
    ackRoot: slot.slice(156, 188),
    highWater: unixMillis(readUint(slot, 188, 8)),
    frontier: Frontier.of(hashes, nextIndex),
  };
}
