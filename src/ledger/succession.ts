import { equalBytes } from "../base/bytes.ts";
import type { UnixMillis } from "../base/time.ts";
import { type Block, blockLeaf, decodeBlock } from "./block.ts";
import { LedgerError } from "./errors.ts";
import { type ChainKeys, stepKey } from "./keys.ts";
import type { Payload } from "./payload.ts";
import { decodePayload } from "./payload-codec.ts";
import type { OutboxRow } from "./ports.ts";
import { openBlock, selfTagMatches, tagMatches } from "./sealing.ts";
import { decodeSegmentExt, ENTROPY_BYTES, makeSegment } from "./segment.ts";
import type { ChainState } from "./state.ts";

/** The keys after an ordinary block: one step on. */
export function steppedKeys(state: ChainState): ChainKeys {
  return { auth: stepKey(state.auth), read: stepKey(state.read) };
}

/**
 * Where the ledger stands after the block of this row. Sealing and recovery both come through
 * here, so a block whose state could not be found again after a crash is refused before it counts.
 * @throws LedgerError `STATE_REGRESSION` when the row does not follow `state`.
 */
export function successor(state: ChainState, row: OutboxRow, keys: ChainKeys): ChainState {
  const block = decodeBlock(row.bytes);
  const payload = followingPayload(state, block);
  const opens = block.type === "segment";
  if (opens && !selfTagMatches(block, keys.auth)) throw foreign(row.index);
  const leaf = blockLeaf(row.bytes);
  return {
    generation: state.generation + 1,
    nextIndex: state.nextIndex + 1,
    fileOffset: row.offset + row.bytes.length,
    prevLeaf: leaf,
    auth: keys.auth,
    read: keys.read,
    segment: block.segment,
    indexInSegment: block.indexInSegment + 1,
    chainId: state.chainId,
    ...anchors(state, payload),
    frontier: state.frontier.append(leaf),
  };
}

/**
 * The keys after the block of a row that a crash left behind.
 * @throws LedgerError `STATE_REGRESSION`.
 */
export function keysAfter(state: ChainState, row: OutboxRow): ChainKeys {
  const block = decodeBlock(row.bytes);
  if (block.type !== "segment") return steppedKeys(state);
  if (row.entropy.length !== ENTROPY_BYTES + 32) throw foreign(row.index);
  const { keys, row: made } = makeSegment({
    chainId: state.chainId,
    segment: block.segment,
    index: block.index,
    auth: state.auth,
    sealingKey: row.entropy.slice(ENTROPY_BYTES),
    recipients: [],
    entropy: row.entropy.slice(0, ENTROPY_BYTES),
  });
  if (!equalBytes(made.enc, decodeSegmentExt(block.ext).enc)) throw foreign(row.index);
  return keys;
}

function followingPayload(state: ChainState, block: Block): Payload {
  const follows =
    block.index === state.nextIndex &&
    equalBytes(block.chainId, state.chainId) &&
    equalBytes(block.prevLeaf, state.prevLeaf) &&
    tagMatches(block, state.auth);
  const plaintext = follows ? openBlock(block, state.read) : undefined;
  if (!plaintext) throw foreign(block.index);
  return decodePayload(block.type, block.index, plaintext).payload;
}

function anchors(
  state: ChainState,
  payload: Payload,
): Pick<ChainState, "ackSize" | "ackRoot" | "highWater"> {
  const { ackSize, ackRoot } = payload.type === "receipt" ? payload : state;
  return { ackSize, ackRoot, highWater: highWaterOf(payload) ?? state.highWater };
}

/** What the payload says about the highest believed clock. It may fall: a receipt can correct it. */
function highWaterOf(payload: Payload): UnixMillis | undefined {
  if (payload.type === "segment") return payload.highWater;
  if (payload.type === "checkpoint") return payload.meta.clocks.highWater;
  if (payload.type === "heartbeat") return payload.clocks.highWater;
  return undefined;
}

/** What to do about a `STATE_REGRESSION`. */
export const NOT_OF_ONE_MOMENT =
  "ledger.state and the database are not of one moment; put back what was here last, or run seatkeeper ledger succeed";

function foreign(index: number): LedgerError {
  return new LedgerError(
    "STATE_REGRESSION",
    `block ${index} waiting in the database does not follow the ledger's state`,
    {
      hint: NOT_OF_ONE_MOMENT,
      facts: { index },
    },
  );
}
