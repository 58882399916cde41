/** The codes of INCIDENT blocks that a running daemon seals. */
export const INCIDENT_CODES = ["HEAD_CONTRADICTED", "LEDGER_SUPERSEDED", "CLOCK_ANOMALY"] as const;

export type IncidentCode = (typeof INCIDENT_CODES)[number];
