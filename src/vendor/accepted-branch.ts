import type { Database } from "better-sqlite3";
import type { ChainId } from "../base/ids.ts";
import type { UnixMillis } from "../base/time.ts";
import type { AckedLedger, AckedSegment, AckedState } from "../bundle/known-ledger.ts";
import { verifyBundle } from "../bundle/verify.ts";
import type { VerifyReport } from "../bundle/verify-input.ts";
import type { ByteSource } from "../ledger/ports.ts";
import { acknowledgedStates, forgetBehind, keepLedger, segmentsFrom } from "./acknowledged.ts";
import { bookEntries } from "./book-entries.ts";
import { amongSegments, asItStood, partingOf } from "./branch.ts";
import { VendorError } from "./errors.ts";
import { keepGivenUp, MOST_SUPERSEDES, setAside } from "./given-up-usage.ts";
import type { VendorKeys } from "./issue.ts";
import { type LicensedLedger, questionOf } from "./licensed-ledger.ts";
import { countSupersedes } from "./supersede-rows.ts";
import { type Counted, UsageRows } from "./usage-rows.ts";

/** A branch of a ledger that is the acknowledged one now. */
export interface AcceptedBranch {
  readonly report: VerifyReport;
  /** What it added to the books; undefined when nothing was new. */
  readonly counted: Counted | undefined;
  /** Acknowledged blocks that were given up: from which one on, and how many checkpoints of them stay counted. */
  readonly givenUp: { readonly from: number; readonly checkpoints: number } | undefined;
}

interface BranchInput {
  readonly source: ByteSource;
  readonly now: UnixMillis;
}

/** Verifies the bundle from where its branch leaves what is acknowledged, and takes it into the books. */
export function acceptBranch(
  database: Database,
  known: LicensedLedger,
  keys: VendorKeys,
  input: BranchInput,
  former: AckedLedger | undefined,
): AcceptedBranch {
  const { chainId } = known.activation;
  let limit = Infinity;
  for (const base of basesOf(database, chainId, former)) {
    // Where the branches part, no later state can be the base.
    if ((base?.size ?? 0) > limit) continue;
    database.exec("SAVEPOINT branch");
    const taken = takeBranch(database, known, keys, input, { former, base });
    const fork = taken.report.problems.find(({ verdict }) => verdict === "FORK");
    if (fork === undefined) {
      database.exec("RELEASE branch");
      refuseProblems(taken.report);
      return taken;
    }
    limit = Math.min(limit, fork.index ?? Infinity);
    database.exec("ROLLBACK TO branch");
    database.exec("RELEASE branch");
  }
  throw unproven("FORK: it leaves the ledger before everything that was acknowledged");
}

/** Where the acknowledged ledger stood, the newest first; undefined for before the first receipt. */
function basesOf(
  database: Database,
  chain: ChainId,
  former: AckedLedger | undefined,
): readonly (AckedState | undefined)[] {
  if (former === undefined) return [undefined];
  const earlier = acknowledgedStates(database, chain).filter(
    ({ size }) => size < former.state.size,
  );
  return [former.state, ...earlier, undefined];
}

function takeBranch(
  database: Database,
  known: LicensedLedger,
  keys: VendorKeys,
  { source, now }: BranchInput,
  {
    former,
    base,
  }: { readonly former: AckedLedger | undefined; readonly base: AckedState | undefined },
): AcceptedBranch {
  const { chainId } = known.activation;
  const from = base?.size ?? 0;
  const nth = countSupersedes(database, chainId) + 1;
  if (nth > MOST_SUPERSEDES) throw unproven("its ledger was superseded too often");
  const isBack = former !== undefined && from < former.state.size;
  const before = isBack ? segmentsFrom(database, chainId, from) : [];
  if (isBack) setAside(database, chainId, nth, from);
  const rows = new UsageRows(database, chainId);
  const segments: AckedSegment[] = [];
  const report = verifyBundle(source, {
    ...questionOf(database, known, keys, now, {
      block: bookEntries(database, chainId, rows),
      segment: (segment) => segments.push(segment),
    }),
    acked: former && base && asItStood(former, base),
    seenHeads: [],
  });
  const { next } = report;
  if (next === undefined) return { report, counted: undefined, givenUp: undefined };
  if (isBack) forgetBehind(database, chainId, from);
  keepLedger(database, chainId, next, segments);
  if (!isBack) return { report, counted: rows.counted, givenUp: undefined };
  const parting = partingOf(amongSegments(before), amongSegments(segments), from);
  const checkpoints = keepGivenUp(database, chainId, nth, parting);
  return { report, counted: rows.counted, givenUp: { from: parting, checkpoints } };
}

/** A branch is accepted for what it is, and not together with other flaws. */
function refuseProblems({ problems, standing }: VerifyReport): void {
  const [worst] = problems;
  if (worst !== undefined) throw unproven(`${worst.verdict}: ${worst.detail}`);
  if (standing === "STALE") throw unproven("STALE: it is older than what is acknowledged");
}

export function unproven(why: string): VendorError {
  return new VendorError("SUPERSEDE_UNPROVEN", `the bundle cannot be accepted: ${why}`, {
    hint: "only a branch that verifies from where it left the ledger can go on; see seatkeeper-vendor ingest for all findings",
  });
}
