/** The numbers of JSON-RPC errors, by the stable name that goes along in `data.code`. */
export const WIRE_CODES = {
  /** The frame is not JSON, or not UTF-8. */
  PARSE_ERROR: -32_700,
  /** The frame is not one JSON-RPC 2.0 request with an id. Batches are not spoken. */
  INVALID_REQUEST: -32_600,
  METHOD_NOT_FOUND: -32_601,
  /** A parameter is missing, unknown or of the wrong form; `data.field` names it. */
  INVALID_PARAMS: -32_602,
  INTERNAL_ERROR: -32_603,
  /** The first request of a connection must be `hello`. */
  AUTH_REQUIRED: -32_001,
  /** The hello note does not answer this challenge, or its signature is wrong. */
  AUTH_FAILED: -32_002,
  /** A second `hello` on one connection. */
  ALREADY_GREETED: -32_003,
  /** This daemon keeps no ledger for the vendor the client asked for. */
  VENDOR_UNKNOWN: -32_004,
  /** The enrolment token is unknown, revoked, expired, or for another user or host. */
  TOKEN_REFUSED: -32_005,
  /** This daemon greets nobody without an enrolment token. */
  TOKEN_REQUIRED: -32_006,
  /** A refusal by license or rule: `data` is a denial. */
  DENIED: -32_010,
} as const;

/** The stable name of a wire error. */
export type WireCode = keyof typeof WIRE_CODES;

/** The one subprotocol this release speaks. */
export const SUBPROTOCOL = "seatkeeper.v1";

/** Where a daemon listens when nothing else is said. */
export const DEFAULT_PORT = 7_328;
