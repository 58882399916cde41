import { CodedError } from "../base/errors.ts";

/** What can be wrong with a message after it was parsed as a frame. */
export const PROTOCOL_CODES = [
  /** A frame from the daemon is not JSON-RPC 2.0 as docs/spec/protocol.md has it. */
  "WIRE_FRAME",
  /** A known message lacks a field, has an unknown one, or one of the wrong form. */
  "WIRE_FIELD",
] as const;

/** A message of the other side that breaks the protocol. The text names the field, never its value. */
export class ProtocolError extends CodedError<(typeof PROTOCOL_CODES)[number]> {}
