import type { DenialReason } from "../base/denial.ts";
import { CodedError } from "../base/errors.ts";
import type { LeaseId } from "../base/ids.ts";
import type { Millis } from "../base/time.ts";
import type { WireDenial } from "../protocol/denial.ts";

export const CLIENT_CODES = [
  /** An option of a call is missing, or no daemon would take it. */
  "CLIENT_OPTION",
  /** A server address that cannot be read. */
  "SERVER_ADDRESS",
  /** `ws://` to another machine, without `allowPlaintext`. */
  "SERVER_PLAINTEXT",
  /** No server of the list could be reached. */
  "SERVER_UNREACHABLE",
  /** Whatever answers there does not speak `seatkeeper.v1`. */
  "SERVER_PROTOCOL",
  /** The TLS certificate is not the one the daemon vouches for. */
  "SERVER_CERTIFICATE",
  /** The daemon could not prove to be the one the vendor licensed. */
  "SERVER_IDENTITY",
  /** The daemon serves the vendor, but has no license yet. */
  "SERVER_UNLICENSED",
  /** The daemon does not serve this vendor. */
  "SERVER_VENDOR",
  /** The daemon refused a request for another reason than a license or rule. */
  "SERVER_REFUSED",
  /** The connection ended before the answer came. */
  "SERVER_CONNECTION_LOST",
  /** A lease note that does not prove the seat: wrong signature, nonce, client or feature. */
  "LEASE_NOTE",
  /** A borrow ticket that proves nothing here: wrong signature, client or computer, or its time is over. */
  "TICKET",
  /** Borrowed seats cannot be kept on disk. */
  "TICKET_FILE",
  /** The client key file cannot be made, or is not one, or others may read it. */
  "CLIENT_KEY_FILE",
  /** The client certificate or its key cannot be read, they are no pair, or others may read the key. */
  "CLIENT_CERTIFICATE",
  /** The server lets nobody in without a client certificate, and none was shown. */
  "CERTIFICATE_REQUIRED",
  /** The enrolment token cannot be read, is none, or others may read it. */
  "TOKEN_UNUSABLE",
  /** The enrolment token would go to another machine without TLS, without `allowPlaintextToken`. */
  "TOKEN_PLAINTEXT",
  /** More usage waits for the server than is kept on disk. */
  "USAGE_BACKLOG",
  /** Usage cannot be kept on disk; nothing of it was recorded. */
  "USAGE_SPOOL",
  /** The seatkeeper was closed. */
  "CLIENT_CLOSED",
  /** A refusal by license or rule; `reason` says which. */
  "SEAT_DENIED",
] as const;

export type ClientCode = (typeof CLIENT_CODES)[number];

/** What goes wrong between an application and the daemon. */
export class ClientError extends CodedError<ClientCode> {}

/** A seat or usage record was refused by license or rule. Each reason has a heading in docs/ERRORS.md. */
export class SeatDeniedError extends ClientError {
  readonly reason: DenialReason;
  /** The feature or meter asked for; empty when the request named none. */
  readonly feature: string;
  /** When asking again can help, in milliseconds from now. */
  readonly retryAfter: Millis | undefined;
  /** The place in the queue that waiting would get. */
  readonly queuePosition: number | undefined;
  /** The rule of the site that decided, if one did. */
  readonly ruleId: string | undefined;
  /** Why there is that rule, in the words of the site's administrator. */
  readonly ruleReason: string | undefined;
  /** Pseudonyms of those who hold the seats, as far as the site lets that be told. */
  readonly holders: readonly string[];

  constructor(denial: WireDenial) {
    const { ruleId, ruleReason, queuePosition, retryAfterMs } = denial;
    const what = denial.feature === "" ? "denied" : `${denial.feature} denied`;
    super("SEAT_DENIED", `${what}: ${denial.reason}${ruleText(denial)}`, {
      hint: denial.hint,
      facts: {
        reason: denial.reason,
        feature: denial.feature,
        ...(ruleId === undefined ? {} : { ruleId }),
        ...(ruleReason === undefined ? {} : { ruleReason }),
        ...(queuePosition === undefined ? {} : { queuePosition }),
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
        ...(denial.holders === undefined ? {} : { holders: denial.holders.join(" ") }),
      },
    });
    this.reason = denial.reason;
    this.feature = denial.feature;
    this.retryAfter = denial.retryAfterMs;
    this.queuePosition = denial.queuePosition;
    this.ruleId = denial.ruleId;
    this.ruleReason = denial.ruleReason;
    this.holders = denial.holders ?? [];
  }
}

/** A seat was borrowed of a daemon whose ledger the license does not let be trusted: nobody uses it. */
export class BorrowRefusedError extends SeatDeniedError {
  /** What the daemon has lent. */
  readonly lease: LeaseId;

  constructor(denial: WireDenial, lease: LeaseId) {
    super(denial);
    this.lease = lease;
  }
}

/** ` by rule night-shift: seats are kept for the night shift`. */
function ruleText({ ruleId, ruleReason }: WireDenial): string {
  if (ruleId === undefined) return "";
  return ` by rule ${ruleId}${ruleReason === undefined ? "" : `: ${ruleReason}`}`;
}
