import { toHex } from "../../base/bytes.ts";
import type { CodedError } from "../../base/errors.ts";
import { spokenFinding } from "../../vendor/finding-words.ts";
import type { Ingested } from "../../vendor/ingest.ts";
import type { Output } from "../shared/output.ts";
import { emergencyWords, warnOfEmergency } from "./emergency-words.ts";
import { seatHours } from "./report-table.ts";

/** A bundle that was looked at, whatever was found. */
export interface IngestedFile extends Ingested {
  readonly kind: "looked-at";
  readonly path: string;
  readonly receiptPath: string;
  /** Why the receipt could not be written, though the bundle was looked at. */
  readonly error: CodedError | undefined;
}

/** A file that could not be looked at. */
export interface FailedFile {
  readonly kind: "failed";
  readonly path: string;
  readonly error: CodedError;
}

/** Result for people: the verdict first, then what it rests on. The next step goes to stderr. */
export function printIngested(result: IngestedFile, out: Output): void {
  const { report, facts, path } = result;
  const verdict = out.paint(result.accepted ? "green" : "red", report.verdict);
  out.line(`${path}: ${verdict}: ${facts.meaning}`);
  for (const [name, value] of factsOf(result)) out.line(`  ${name.padEnd(8)}  ${value}`);
  for (const emergency of result.emergencies) warnOfEmergency(emergency, out);
  if (result.error) return;
  if (!result.accepted || result.receipt) out.note(`hint: ${hintFor(result)}`);
}

/** The same for scripts. */
export function ingestJson(result: IngestedFile | FailedFile): object {
  if (result.kind === "failed") {
    return { file: result.path, accepted: false, error: errorJson(result.error) };
  }
  const { report, facts, path, site, counted, receipt, receiptPath, accepted, trail } = result;
  const { verdict, claim, checked, problems, problemCount, missingBlocks, missingEvents } = report;
  return {
    file: path,
    verdict,
    accepted,
    meaning: facts.meaning,
    hint: hintFor(result),
    site: site ?? null,
    chainId: claim?.chainId ?? null,
    size: claim?.size ?? null,
    checked,
    problems,
    problemCount,
    findings: report.findings.map(spokenFinding),
    findingCount: report.findingCount,
    missingBlocks,
    missingEvents,
    counted: counted ? { ...counted, seatHours: seatHours(counted.seatMillis) } : null,
    emergencies: result.emergencies,
    trail: trail ? { head: toHex(trail.head), block: trail.block } : null,
    receipt: receipt
      ? {
          receiptNo: receipt.receiptNo,
          resent: receipt.resent,
          file: result.error ? null : receiptPath,
        }
      : null,
    ...(result.error ? { error: errorJson(result.error) } : {}),
  };
}

function errorJson({ code, message, hint }: CodedError): object {
  return { code, message, hint: hint ?? null };
}

function factsOf(result: IngestedFile): readonly (readonly [string, string])[] {
  const { report, site, receipt, receiptPath, emergencies } = result;
  const { claim, checked, problems, problemCount, findings } = report;
  const listed = problems.map(({ verdict, detail, index }): readonly [string, string] => [
    "problem",
    `${verdict}: ${detail}${index === null ? "" : ` (block ${index})`}`,
  ]);
  const unlisted = problemCount - problems.length;
  return [
    ...(site === undefined ? [] : [["site", site] as const]),
    ...(claim === undefined ? [] : [["ledger", `${claim.chainId}, ${claim.size} blocks`] as const]),
    ...listed,
    ...(unlisted > 0 ? [["problem", `and ${unlisted} more`] as const] : []),
    ...findings.map((finding) => ["finding", spokenFinding(finding).words] as const),
    ...checked.map((check) => ["checked", check] as const),
    ["counted", countedWords(result.counted)],
    ...emergencies.map((each) => ["days", emergencyWords(each)] as const),
    ...(receipt
      ? [
          [
            "receipt",
            `${result.error ? "not written" : receiptPath} (number ${receipt.receiptNo}${receipt.resent ? ", as before" : ""})`,
          ] as const,
        ]
      : []),
  ];
}

/** What was added to the books. */
export function countedWords(counted: Ingested["counted"]): string {
  if (counted === undefined) return "nothing";
  const { checkpoints, grants, denials, seatMillis, units, refundedUnits } = counted;
  const refunded = refundedUnits === 0 ? "" : `, ${refundedUnits} refunded`;
  const hours = seatHours(seatMillis).toFixed(2);
  return `${several(checkpoints, "checkpoint")}: ${several(grants, "grant")}, ${hours} seat hours, ${several(denials, "denial")}, ${several(units, "metered unit")}${refunded}`;
}

export const several = (count: number, thing: string): string =>
  `${count} ${thing}${count === 1 ? "" : "s"}`;

function hintFor(result: IngestedFile): string {
  const { facts, receipt, receiptPath, accepted, isAgreeable, report } = result;
  if (receipt) return `send ${receiptPath} back to the site`;
  if (isAgreeable)
    return "the ledger in its place says that it ended here: agree with the site on what may be missing, and ingest it again with --reviewed";
  if (report.verdict === "TIP_INVALID")
    return `${facts.hint}; if its keys are lost, first issue for the request of the ledger that succeeds it`;
  if (!accepted && facts.receipt === "after-review")
    return `${facts.hint}: ingest it again with --reviewed`;
  return facts.hint;
}
