import type { AuditReport, ByteCount } from "../../audit/audit-report.ts";
import { toHex } from "../../base/bytes.ts";
import type { ReaderChange } from "../../ledger/readers.ts";
import { EXIT, type ExitCode } from "../shared/exit.ts";
import type { Output } from "../shared/output.ts";

/** Problems make the exit code 3, as everywhere. */
export const exitCodeOf = ({ problemCount }: AuditReport): ExitCode =>
  problemCount === 0 ? EXIT.done : EXIT.unverified;

/** The report for people: what the file is, who can read it, what was checked and what was not. */
export function printReport(file: string, report: AuditReport, out: Output): void {
  const { kind, chainId, fromIndex, size, blocks, opened, sealed } = report;
  const which = chainId === undefined ? "" : ` of ledger ${chainId}`;
  out.line(`${out.paint("bold", file)}: ${kind}${which}`);
  const rows: (readonly [string, string])[] = [
    ["blocks", `${blocks} (${fromIndex} to ${size - 1}): ${opened} opened, ${sealed} not`],
    ...report.sealedRanges
      .slice(0, 8)
      .map(({ first, last }) => ["not opened", `blocks ${first} to ${last ?? "the end"}`] as const),
    ...report.readers.map((change) => ["readers", readersInWords(change)] as const),
    ...(report.root ? [["root", toHex(report.root)] as const] : []),
    ...(report.head ? [["head", `${report.head.size} blocks, signed by the daemon`] as const] : []),
    ...bytesInWords(report.bytes).map((line) => ["bytes", line] as const),
  ];
  if (blocks > 0) for (const [name, value] of rows) out.line(`  ${name.padEnd(10)}  ${value}`);
  for (const check of report.checked) out.line(`  ${out.paint("green", "checked")}     ${check}`);
  for (const check of report.unchecked) out.line(`  ${out.paint("dim", "not checked")} ${check}`);
  for (const { code, index, detail } of report.problems) {
    const where = index === null ? "" : ` (block ${index})`;
    out.line(`  ${out.paint("red", code)}  ${detail}${where}`);
  }
  const unlisted = report.problemCount - report.problems.length;
  if (unlisted > 0) out.line(`  and ${unlisted} more problems`);
  if (report.problemCount > 0)
    out.note("hint: keep the file as it is; docs/ERRORS.md explains each code");
}

/** The report for scripts. */
export function reportJson(file: string, report: AuditReport): Readonly<Record<string, unknown>> {
  const { root, head, chainId, auditor, ...rest } = report;
  return {
    file,
    sound: report.problemCount === 0,
    chainId: chainId ?? null,
    auditor: auditor ?? null,
    ...rest,
    root: root ? toHex(root) : null,
    head: head ? { ...head, root: toHex(head.root) } : null,
  };
}

function readersInWords({ segment, index, vendor, auditors }: ReaderChange): string {
  const others = auditors.length === 0 ? "no auditor" : `auditor ${auditors.join(", ")}`;
  return `from segment ${segment} (block ${index}) on: vendor ${vendor}, ${others}`;
}

function bytesInWords(bytes: ByteCount): readonly string[] {
  const { total, open, shown, hidden, recomputed, unchecked } = bytes;
  return [
    `${total}: ${shown} of contents shown, ${open} in the open, ${recomputed} recomputed`,
    `${unchecked} in fixed places that only the vendor or another auditor can check`,
    ...(hidden > 0 ? [`${hidden} in blocks that were not opened`] : []),
  ];
}
