/** What recovery met that no honest crash explains. Each is to be sealed as an INCIDENT. */
export const RECOVERY_FINDINGS = [
  "UNEXPECTED_TAIL",
  "FILE_SHORTER_THAN_STATE",
  "LOST_WRITE_REPAIRED",
  "STATE_ANOMALY",
  "EVENT_STORE_REGRESSION",
] as const;

export interface RecoveryFinding {
  readonly code: (typeof RECOVERY_FINDINGS)[number];
  /** For people: lower case, no full stop, no secret. */
  readonly detail: string;
}
