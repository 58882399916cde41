import { equalBytes, fromHex, fromUtf8 } from "../base/bytes.ts";
import { messageOf } from "../base/errors.ts";
import { tipMatches } from "../ledger/sealing.ts";
import { type Head, openHead } from "../note/checkpoint.ts";
import { NoteError } from "../note/errors.ts";
import type { BlockWalk } from "./block-walk.ts";
import type { Framing } from "./framing.ts";
import type { Problems } from "./problems.ts";
import type { Standing, VerifyInput } from "./verify-input.ts";

/** What the end of a bundle proved. */
export interface Ending {
  readonly isTipProven: boolean;
  readonly isRootCompared: boolean;
  readonly head: Head | undefined;
  readonly checkpoint: string | undefined;
}

/** Steps V7 and V8: does the ledger really end here, and who says so? */
export function checkEnding(
  input: VerifyInput,
  framing: Framing,
  walk: BlockWalk,
  problems: Problems,
): Ending {
  const isAgreed = isAgreedEnd(input, framing, walk);
  const isTipProven = !isAgreed && walk.lineage.isAnchored && checkTip(framing, walk, problems);
  const isRootCompared = (isAgreed || isTipProven) && checkRoot(framing, walk, problems);
  const head = checkCheckpoint(input, framing, problems);
  const checkpoint = head && fromUtf8(framing.tail.checkpoint);
  return { isTipProven, isRootCompared, head, checkpoint };
}

/** Step V9: where a bundle without a problem stands. */
export function standingOf(
  input: VerifyInput,
  { head, tail }: Framing,
  problems: Problems,
): Standing {
  const acked = input.acked?.state;
  if (acked === undefined) return "FIRST_VERIFIED";
  if (head.size < acked.size) return "STALE";
  if (head.size > acked.size) return "EXTENDS";
  if (!equalBytes(tail.root, acked.root) && !problems.has("TIP_INVALID")) {
    problems.add("FORK", "another root of this size was acknowledged");
  }
  return "DUPLICATE";
}

/** A site that has lost its keys writes zeros. */
export function isTipAbsent({ tail }: Framing): boolean {
  return tail.tip.every((byte) => byte === 0);
}

/**
 * V7, where the keys are lost and the site has written zeros for the tip. Without a tip the root must be that
 * of the blocks: where it cannot be computed, nothing vouches for the end.
 */
function isAgreedEnd({ agreedEnd }: VerifyInput, framing: Framing, walk: BlockWalk): boolean {
  const { head, tail } = framing;
  if (agreedEnd === undefined || !isTipAbsent(framing)) return false;
  const isThere = head.size === agreedEnd.size && equalBytes(tail.root, agreedEnd.root);
  if (!isThere || !walk.lineage.isAnchored || walk.track.root === undefined) return false;
  walk.history.endByWord(head.size);
  return true;
}

/** V7. The keys for any shorter ledger are erased, so only the true end can be proven. */
function checkTip({ head, tail }: Framing, walk: BlockWalk, problems: Problems): boolean {
  const { size } = head;
  const auth = walk.lineage.tipKey(size);
  const { lastLeaf } = walk.track;
  const chainId = fromHex(head.chainId);
  const { root } = tail;
  if (auth && lastLeaf && tipMatches(auth, { chainId, size, lastLeaf, root }, tail.tip))
    return true;
  problems.add("TIP_INVALID", `nothing proves that the ledger ends after ${size} blocks`);
  return false;
}

/** V8. Where a leaf is lost nobody can compute the root; the tip proof then stands for it alone. */
function checkRoot({ tail }: Framing, walk: BlockWalk, problems: Problems): boolean {
  const { root } = walk.track;
  if (root && !equalBytes(root, tail.root)) {
    problems.add("ROOT_MISMATCH", "the blocks have another root than the one that was proven");
  }
  return root !== undefined;
}

/** V8. The signature identifies the daemon; it never makes up for anything above. */
function checkCheckpoint(
  { activation }: VerifyInput,
  { head, tail }: Framing,
  problems: Problems,
): Head | undefined {
  const verifier = { name: activation.origin, publicKey: activation.daemonKey };
  try {
    const signed = openHead(tail.checkpoint, verifier);
    if (signed.size === head.size && equalBytes(signed.root, tail.root)) return signed;
    problems.add("BAD_CHECKPOINT_SIGNATURE", "the signed head is that of another size or root");
  } catch (error) {
    if (!(error instanceof NoteError)) throw error;
    problems.add("BAD_CHECKPOINT_SIGNATURE", messageOf(error));
  }
  return undefined;
}
