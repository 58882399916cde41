import type { Finding } from "../bundle/finding.ts";
import { isIncident } from "../bundle/finding.ts";

/** A finding for people: lower case, no full stop. */
export interface SpokenFinding {
  readonly kind: Finding["kind"];
  /** True when it is an incident; false when it is for information only. */
  readonly isIncident: boolean;
  readonly words: string;
}

export function spokenFinding(finding: Finding): SpokenFinding {
  return { kind: finding.kind, isIncident: isIncident(finding), words: wordsFor(finding) };
}

function wordsFor(finding: Finding): string {
  switch (finding.kind) {
    case "INCIDENT":
      if (finding.code === "EMERGENCY_DAY") {
        return `day ${finding.count} of an emergency: seats by the license of the ledger that was lost`;
      }
      if (finding.code === "STAND_IN_SEEN") {
        return "clients have met another server of this site, restored from a backup, while this ledger lived";
      }
      return `the site recorded ${finding.code}${finding.count > 1 ? ` ${finding.count} times` : ""}`;
    case "CLOCK_BACK":
      return `the site's clock went back by ${lengthOf(finding.millis)}`;
    case "CLOCK_JUMP":
      return `the site's clock jumped ahead by ${lengthOf(finding.millis)}`;
    case "CLOCK_BEHIND":
      return `the site's clock was ${lengthOf(finding.millis)} behind what it had shown before`;
    case "CLOCK_AHEAD":
      return `the site's clock was ${lengthOf(finding.millis)} ahead of ours`;
    case "HOST_CHANGED":
      return "the ledger moved to another host";
    case "EXPORT_NUMBER":
      return `export ${finding.exportNo} is out of order`;
    case "AUDITORS_CHANGED":
      return finding.auditors.length === 0
        ? `from block ${finding.index} on no auditor can read`
        : `from block ${finding.index} on auditor ${finding.auditors.join(", ")} can read too`;
    case "AUDITOR_NOT_ALLOWED":
      return `auditor ${finding.auditors.join(", ")} can read although no license allows one`;
    case "END_UNPROVEN":
      return "the keys of the ledger are lost: that it ends here is the site's word";
    case "EXPORT_ABSENT":
      return "the ledger does not end with an export";
    case "RECEIPT_PENDING":
      return `receipt ${finding.receiptNo} had not reached the site yet`;
  }
}

/** `3 s`, `25 min`, `2.5 h`, `12 d`. */
function lengthOf(span: number): string {
  const unit = UNITS.find(([, size]) => span >= size) ?? (["ms", 1] as const);
  const [name, size] = unit;
  return `${Math.round((span / size) * 10) / 10} ${name}`;
}

const UNITS: readonly (readonly [string, number])[] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1_000],
];
