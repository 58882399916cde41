import type { Millis } from "../../base/time.ts";
import type { ReaderChange } from "../../ledger/readers.ts";

/** `250ms`, `45s`, `3m 20s`, `2h 5m`, `4d 3h`: two units at most, for people. */
export function spanInWords(span: Millis | number): string {
  if (span > 0 && span < 1_000) return `${Math.round(span)}ms`;
  const total = Math.round(span / 1_000);
  const [days, hours, minutes, seconds] = [
    Math.floor(total / 86_400),
    Math.floor(total / 3_600) % 24,
    Math.floor(total / 60) % 60,
    total % 60,
  ];
  const parts = [
    [days, "d"],
    [hours, "h"],
    [minutes, "m"],
    [seconds, "s"],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  if (first === -1) return "0s";
  const shown = parts.slice(first, first + 2).filter(([count]) => count > 0);
  return shown.map(([count, unit]) => `${count}${unit}`).join(" ");
}

/** Seat time in hours with two decimals, the unit of invoices. */
export function seatHours(seatMillis: number): string {
  return (seatMillis / 3_600_000).toFixed(2);
}

/** `1 seat`, `3 seats`. */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}

/** `from segment 2 (block 7) on: the vendor by key 1f…, auditor 3c…`. */
export function readersInWords({ segment, index, vendor, auditors }: ReaderChange): string {
  const others = auditors.length === 0 ? "no auditor" : `auditor ${auditors.join(", ")}`;
  return `from segment ${segment} (block ${index}) on: the vendor by key ${vendor}, ${others}`;
}

/** Whether the note that contradicts a ledger is a license: then it is the vendor who knows better. */
export const isLicense = (note: string): boolean => note.startsWith("seatkeeper license ");
