import { equalBytes } from "../base/bytes.ts";
import { messageOf } from "../base/errors.ts";
import { NATIVE } from "../crypto/keyed.ts";
import type { Block } from "../ledger/block.ts";
import { eventsRoot } from "../ledger/keys.ts";
import type { Payload } from "../ledger/payload.ts";
import { type DecodedPayload, decodePayload } from "../ledger/payload-codec.ts";
import { openBlock, selfTagMatches, tagMatches } from "../ledger/sealing.ts";
import type { Problems } from "./problems.ts";

/** The keys of a block's position. */
export interface PositionKeys {
  /** Undefined for block 0, which the activation record vouches for byte by byte. */
  readonly auth: Uint8Array | undefined;
  readonly read: Uint8Array;
  /** Seed of the segment that the block opens. */
  readonly newAuth: Uint8Array | undefined;
}

/**
 * The first half of step V6: was exactly this block sealed at exactly this position? Nothing inside
 * is looked at before.
 */
export function isAuthentic(block: Block, keys: PositionKeys, problems: Problems): boolean {
  if (keys.auth && !tagMatches(block, keys.auth, NATIVE)) {
    problems.add("TAMPERED", "the tag does not match", block.index);
    return false;
  }
  if (keys.newAuth && !selfTagMatches(block, keys.newAuth)) {
    problems.add("TAMPERED", "the segment's own tag does not match", block.index);
    return false;
  }
  return true;
}

/** A block's content, and the very bytes it was sealed as. */
export interface OpenedContent {
  readonly payload: Payload;
  readonly plaintext: Uint8Array;
}

/** The second half of V6: what a block says, if all its parts agree. */
export function openPayload(
  block: Block,
  read: Uint8Array,
  problems: Problems,
): OpenedContent | undefined {
  const plaintext = openBlock(block, read, NATIVE);
  if (!plaintext) {
    problems.add("TAMPERED", "the block does not open", block.index);
    return undefined;
  }
  const decoded = decode(block, plaintext, problems);
  if (!decoded) return undefined;
  if (!equalBytes(eventsRoot(read, decoded.entries, NATIVE), block.eventsRoot)) {
    problems.add("EVENTS_ROOT_MISMATCH", "the header commits to other entries", block.index);
    return undefined;
  }
  return { payload: decoded.payload, plaintext };
}

function decode(
  block: Block,
  plaintext: Uint8Array,
  problems: Problems,
): DecodedPayload | undefined {
  try {
    return decodePayload(block.type, block.index, plaintext);
  } catch (error) {
    // A holder of the keys sealed something that is no payload. The decoder refuses with errors of
    // several classes; none of them is ours to pass on.
    problems.add("TAMPERED", `the payload is refused: ${messageOf(error)}`, block.index);
    return undefined;
  }
}
