/**
 * Why a request was refused: stable strings, one heading each in docs/ERRORS.md
 * (docs/spec/protocol.md, "Denials"). A reason never changes its meaning.
 */
export const DENIAL_REASONS = [
  "NO_LICENSE",
  "NOT_LICENSED_FEATURE",
  "NOT_STARTED",
  "EXPIRED",
  "VERSION_TOO_NEW",
  "WRONG_HOST",
  "NO_SEATS",
  "QUEUE_FULL",
  "TOO_MANY",
  "OVER_MAX",
  "NOT_INCLUDED",
  "EXCLUDED",
  "RESERVED_FOR_OTHERS",
  "NOT_BOUND",
  "NOT_NAMED_USER",
  "BORROW_TOO_LONG",
  "BORROW_TOO_MANY",
  "BORROW_NOT_ALLOWED",
  "QUOTA_EXHAUSTED",
  "LEASE_UNKNOWN",
  "LEASE_EXPIRED",
  "LEASE_REVOKED",
  "LEASE_IDLE",
  "NOT_YOUR_LEASE",
  "CLOCK_SUSPECT",
  "REPORT_OVERDUE",
  "LEDGER_BROKEN",
  "STORE_UNAVAILABLE",
  "DRAINING",
  "RATE_LIMITED",
] as const;

/** One of `DENIAL_REASONS`. */
export type DenialReason = (typeof DENIAL_REASONS)[number];

/** What the user or the operator can do next, when the place of refusal knows nothing better. */
export const DENIAL_HINTS: Readonly<Record<DenialReason, string>> = {
  NO_LICENSE: "ask the license administrator to install a license",
  NOT_LICENSED_FEATURE: "no installed license names this; check its spelling",
  NOT_STARTED: "the license begins later; see its start date",
  EXPIRED: "the license has ended; install a renewal from the vendor",
  VERSION_TOO_NEW: "the license covers older versions only; install a newer license",
  WRONG_HOST: "the license is for another host; ask the vendor to move it",
  NO_SEATS: "all seats are taken; wait in the queue or try again later",
  QUEUE_FULL: "too many are waiting already; try again later",
  TOO_MANY: "more seats than the license has can never be granted; ask for fewer",
  OVER_MAX: "release a seat first, or ask the license administrator to raise the limit",
  NOT_INCLUDED: "the site's rules do not include you; ask the license administrator",
  EXCLUDED: "the site's rules exclude you; ask the license administrator",
  RESERVED_FOR_OTHERS: "the free seats are reserved for others; ask the license administrator",
  NOT_BOUND: "the site's rules ask for a user or host that a certificate or token proves",
  NOT_NAMED_USER: "the license is for named users; ask the license administrator to name you",
  BORROW_TOO_LONG: "borrow for fewer days",
  BORROW_TOO_MANY: "all seats that may be borrowed are out; wait for a return",
  BORROW_NOT_ALLOWED: "the license does not allow borrowing of this feature",
  QUOTA_EXHAUSTED: "the prepaid units are used up; order more from the vendor",
  LEASE_UNKNOWN: "acquire a new seat",
  LEASE_EXPIRED: "the lease was not renewed in time; acquire a new seat",
  LEASE_REVOKED: "the license administrator took the seat back; ask before acquiring a new one",
  LEASE_IDLE: "nobody worked with it for too long; acquire a new seat",
  NOT_YOUR_LEASE: "only the client and process that acquired a seat may use it",
  CLOCK_SUSPECT: "check the date and time of this computer and of the license server",
  REPORT_OVERDUE: "the license administrator must send a usage report to the vendor",
  LEDGER_BROKEN: "the license administrator must run `seatkeeper ledger verify`",
  STORE_UNAVAILABLE:
    "the license server cannot write its data; the administrator sees why in `seatkeeper status`",
  DRAINING: "the license server is stopping; try again in a moment",
  RATE_LIMITED: "too many requests; slow down and try again",
};
