/** What one check of `seatkeeper doctor` has found. */
export interface Finding {
  /** A stable word for scripts. */
  readonly check: CheckName;
  readonly verdict: "ok" | "warning" | "problem";
  readonly text: string;
  /** What to do; null where nothing is to be done. */
  readonly remedy: string | null;
}

/** In the order in which they are told. */
export const CHECKS = [
  "config",
  "files",
  "disk-space",
  "disk-speed",
  "file-system",
  "kernel",
  "certificate",
  "daemon",
  "port",
  "license",
  "clock",
  "ledger",
  "database",
  "backup",
] as const;

/** One of {@link CHECKS}. */
export type CheckName = (typeof CHECKS)[number];

export const ok = (check: CheckName, text: string): Finding => ({
  check,
  verdict: "ok",
  text,
  remedy: null,
});

export const warning = (check: CheckName, text: string, remedy: string): Finding => ({
  check,
  verdict: "warning",
  text,
  remedy,
});

export const problem = (check: CheckName, text: string, remedy: string): Finding => ({
  check,
  verdict: "problem",
  text,
  remedy,
});
