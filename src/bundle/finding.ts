/** What a verified ledger says about the site beyond usage. */
export type Finding =
  /** The site recorded an incident itself. */
  | {
      readonly kind: "INCIDENT";
      readonly index: number;
      readonly code: string;
      readonly count: number;
    }
  /** The wall clock went back by `millis` between two blocks. */
  | { readonly kind: "CLOCK_BACK"; readonly index: number; readonly millis: number }
  /** The wall clock ran `millis` more than the machine was up between two blocks. */
  | { readonly kind: "CLOCK_JUMP"; readonly index: number; readonly millis: number }
  /** The wall clock was `millis` behind the latest time the site had believed. */
  | { readonly kind: "CLOCK_BEHIND"; readonly index: number; readonly millis: number }
  /** The wall clock was `millis` ahead of the vendor's. */
  | { readonly kind: "CLOCK_AHEAD"; readonly index: number; readonly millis: number }
  /** A START block says that the ledger now lives on another host. */
  | { readonly kind: "HOST_CHANGED"; readonly index: number }
  /** An EXPORT block does not carry a number above the one before, or not its own place. */
  | { readonly kind: "EXPORT_NUMBER"; readonly index: number; readonly exportNo: number }
  /** The site has lost its keys, so nothing but its word says that no more blocks came after this one. */
  | { readonly kind: "END_UNPROVEN"; readonly index: number }
  /** The ledger does not end with an EXPORT block. */
  | { readonly kind: "EXPORT_ABSENT"; readonly index: number }
  /** From this SEGMENT block on these auditors can read, by key id; nobody when the list is empty. */
  | {
      readonly kind: "AUDITORS_CHANGED";
      readonly index: number;
      readonly auditors: readonly string[];
    }
  /** There are auditors although no license on record allows any. Told once. */
  | {
      readonly kind: "AUDITOR_NOT_ALLOWED";
      readonly index: number;
      readonly auditors: readonly string[];
    }
  /** The newest receipt had not reached the site when it exported. */
  | { readonly kind: "RECEIPT_PENDING"; readonly receiptNo: number };

/** Every kind; an incident turns an accepting verdict into VERIFIED_WITH_INCIDENTS. */
export const FINDING_KINDS: Readonly<Record<Finding["kind"], "incident" | "information">> = {
  INCIDENT: "incident",
  CLOCK_BACK: "incident",
  CLOCK_JUMP: "incident",
  CLOCK_BEHIND: "incident",
  CLOCK_AHEAD: "incident",
  HOST_CHANGED: "incident",
  EXPORT_NUMBER: "incident",
  AUDITOR_NOT_ALLOWED: "incident",
  END_UNPROVEN: "incident",
  AUDITORS_CHANGED: "information",
  EXPORT_ABSENT: "information",
  RECEIPT_PENDING: "information",
};

export function isIncident(finding: Finding): boolean {
  return FINDING_KINDS[finding.kind] === "incident";
}
