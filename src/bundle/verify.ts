import { equalBytes } from "../base/bytes.ts";
import { days } from "../base/time.ts";
import { blockLeaf } from "../ledger/block.ts";
import type { ByteSource } from "../ledger/ports.ts";
import { BlockWalk } from "./block-walk.ts";
import { MAX_BUNDLE_BLOCKS, readBundleBlocks } from "./bundle.ts";
import { checkEnding, type Ending, isTipAbsent, standingOf } from "./ending.ts";
import { type Framing, inspectFraming } from "./framing.ts";
import { Lineage } from "./lineage.ts";
import { Problems } from "./problems.ts";
import { VERDICT_FACTS, type Verdict } from "./verdict.ts";
import type { Standing, VerifyInput, VerifyReport } from "./verify-input.ts";

/**
 * Verifies a usage bundle step by step (docs/spec/bundle.md, "Verification"; the numbers V0 to V10
 * stand at the code of each step). Reads the source three times, for its hash, its framing and its
 * content, and holds one block of it at a time.
 *
 * A bundle that is not what it should be is a verdict in the report, never an exception.
 * @param input undefined when no activation of the bundle's ledger is on record; `readBundleHead`
 * tells which ledger that is.
 */
export function verifyBundle(source: ByteSource, input: VerifyInput | undefined): VerifyReport {
  const problems = new Problems();
  const framing = inspectFraming(source, problems);
  if (!framing) return refusal(problems, undefined);
  if (!input) {
    problems.add("UNKNOWN_CHAIN", `no activation of ledger ${framing.head.chainId} is on record`);
    return refusal(problems, framing);
  }
  checkIdentity(input, framing, problems);
  checkLimits(input, framing, problems);
  const lineage = lineageOf(input, framing, problems);
  // Up to here no public-key operation was made.
  const base = problems.none ? lineage.begin() : undefined;
  if (!base || !problems.none) return refusal(problems, framing);

  const walk = new BlockWalk(input, lineage, framing.head, problems);
  walk.begin(base);
  for (const block of readBundleBlocks(source, framing.head)) walk.visit(block);
  const isWhole = walk.track.next === framing.head.size;
  walk.finish();
  if (lineage.isAnchored && isWhole) refuseUnmetRows(lineage, problems);
  const ending = checkEnding(input, framing, walk, problems);
  if (walk.missing.total > 0) {
    problems.add("BLOCKS_MISSING", `${walk.missing.total} blocks are missing`);
  }
  const standing = standingOf(input, framing, problems);
  return report(input, framing, walk, ending, standing, problems);
}

/** Steps V1 and V2: is this the ledger that was activated under this license? */
function checkIdentity(input: VerifyInput, framing: Framing, problems: Problems): void {
  const { activation, license } = input;
  if (license) {
    const isBound =
      license.chainId === activation.chainId &&
      equalBytes(license.daemonKey, activation.daemonKey) &&
      equalBytes(license.genesisLeaf, blockLeaf(activation.genesisBlock));
    if (!isBound) problems.add("WRONG_LICENSE", "the license binds another ledger or daemon");
  }
  if (framing.head.chainId !== activation.chainId) {
    problems.add("WRONG_CHAIN", `the bundle is of ledger ${framing.head.chainId}`);
  }
  // Block 0 comes from the vendor's own record; a copy in the bundle may only repeat it.
  if (framing.genesis && !equalBytes(framing.genesis, activation.genesisBlock)) {
    problems.add("GENESIS_MISMATCH", "block 0 is not the activated one", 0);
  }
}

/** The limits that need the record: what a site of this age can honestly have made. */
function checkLimits(input: VerifyInput, framing: Framing, problems: Problems): void {
  const { activation, acked, receipts, secrets, now } = input;
  const { size, fromIndex } = framing.head;
  const age = Math.max(0, Math.ceil((now - activation.activatedAt) / days(1)));
  // Each day one because it is a new day, and one because other auditors are to read.
  const segments = size / 512 + 2 * age + receipts.length + secrets.size + 8;
  if (framing.highestSegment + 1 > segments) {
    problems.add("LIMIT_EXCEEDED", `${framing.highestSegment + 1} segments in ${size} blocks`);
  }
  if (size - Math.min(fromIndex, acked?.state.size ?? 0) > MAX_BUNDLE_BLOCKS) {
    problems.add("LIMIT_EXCEEDED", "more blocks are missing than a bundle may cover");
  }
}

function lineageOf(input: VerifyInput, { head }: Framing, problems: Problems): Lineage {
  const { activation, acked, secrets } = input;
  const { directory, fromIndex } = head;
  return new Lineage({ activation, acked, secrets, directory, fromIndex }, problems);
}

function refuseUnmetRows(lineage: Lineage, problems: Problems): void {
  for (const row of lineage.unmet) {
    problems.add(
      "TAMPERED",
      `the directory names segment ${row.segment}, which does not exist`,
      row.index,
    );
  }
}

/** A report on a bundle that was not worth or not safe to read on. */
function refusal(problems: Problems, framing: Framing | undefined): VerifyReport {
  const checked = framing
    ? ["V0 closing hash", framingCheck(framing)]
    : ["V0 closing hash and framing"];
  return {
    verdict: problems.worst ?? "MALFORMED",
    checked,
    problems: problems.listed,
    problemCount: problems.count,
    findings: [],
    findingCount: 0,
    claim: framing && claimOf(framing),
    standing: undefined,
    head: undefined,
    checkpoint: undefined,
    isTipAbsent: false,
    missingBlocks: [],
    missingBlockCount: 0,
    missingEvents: [],
    missingEventCount: 0,
    next: undefined,
  };
}

function report(
  input: VerifyInput,
  framing: Framing,
  walk: BlockWalk,
  ending: Ending,
  standing: Standing,
  problems: Problems,
): VerifyReport {
  const { events, history, missing } = walk;
  const verdict = verdictOf(walk, standing, problems);
  const grows = standing === "FIRST_VERIFIED" || standing === "EXTENDS";
  const { size } = framing.head;
  return {
    verdict,
    checked: checksOf(input, framing, walk, ending),
    problems: problems.listed,
    problemCount: problems.count,
    findings: history.findings,
    findingCount: history.count,
    claim: claimOf(framing),
    standing,
    head: ending.head,
    checkpoint: ending.checkpoint,
    isTipAbsent: isTipAbsent(framing),
    missingBlocks: missing.listed,
    missingBlockCount: missing.total,
    missingEvents: events.missing.listed,
    missingEventCount: events.missing.total,
    next:
      grows && VERDICT_FACTS[verdict].counts === "yes"
        ? { size, root: framing.tail.root, lastEventId: events.newest, history: history.state }
        : undefined,
  };
}

function verdictOf(walk: BlockWalk, standing: Standing, problems: Problems): Verdict {
  if (problems.worst) return problems.worst;
  const grows = standing === "FIRST_VERIFIED" || standing === "EXTENDS";
  return grows && walk.history.hasIncidents ? "VERIFIED_WITH_INCIDENTS" : standing;
}

/** Every check that was made. An accepted bundle on which nothing was checked would be our own fault. */
function checksOf(
  input: VerifyInput,
  framing: Framing,
  walk: BlockWalk,
  ending: Ending,
): readonly string[] {
  const { counts, events, lineage } = walk;
  const acked = input.acked?.state;
  return [
    "V0 closing hash",
    "V1 activation record",
    ...(input.license ? ["V1 license"] : []),
    framing.genesis ? "V2 first block" : "V2 keys from the vendor's own record",
    framingCheck(framing),
    "V4 order of the blocks",
    `V5 ${lineage.handoffs} hand-offs between segments`,
    `V6 tags of ${counts.tags} blocks, ${counts.links} links, ${counts.payloads} payloads`,
    `V6 event ids of ${counts.checkpoints} checkpoints up to ${events.newest}`,
    ...(counts.unproven > 0 ? [`V6 nothing about ${counts.unproven} unanchored blocks`] : []),
    ...(ending.isTipProven ? ["V7 tip"] : ["V7 no tip proven"]),
    ending.isRootCompared
      ? "V8 root"
      : "V8 no root, since blocks are lost or the tip is not proven",
    "V8 checkpoint signature",
    acked
      ? `V9 ${counts.acknowledged} blocks against the acknowledged ${acked.size}`
      : "V9 nothing acknowledged before",
    "V10 incidents, clocks, host, receipts, exports",
  ];
}

function framingCheck({ head }: Framing): string {
  return `V3 framing and limits of ${head.blockCount} blocks`;
}

function claimOf({ head }: Framing): VerifyReport["claim"] {
  const { chainId, fromIndex, size, blockCount } = head;
  return { chainId, fromIndex, size, blocks: blockCount };
}
