import { decode } from "./decode.ts";
import type { NotificationName, NotificationOf } from "./notifications.ts";
import { METHODS, type Method, PARAMS, type ParamsOf } from "./requests.ts";
import type { ResultOf } from "./results.ts";
import type { WireCode } from "./wire-codes.ts";
import { errorMember, type WireError, wireFault } from "./wire-error.ts";

// The daemon's side: frames of clients in, frames for clients out.

/** A client's number for a request: a whole number from 0, or 1 to 64 characters. */
export type RequestId = number | string;

interface RequestFor<M extends Method> {
  readonly kind: "request";
  readonly id: RequestId;
  readonly method: M;
  readonly params: ParamsOf[M];
}

/** A request that was checked in full. */
export type Request<M extends Method = Method> = { readonly [K in M]: RequestFor<K> }[M];

/** A frame that is refused: `encodeError(id, error)` is the reply. */
export interface ProtocolRefusal {
  readonly kind: "refusal";
  /** `null` when the frame named no usable id. */
  readonly id: RequestId | null;
  readonly error: WireError;
}

/**
 * Reads one text frame of a client. Never throws, whatever the text. Duplicate JSON keys count
 * as the last of them.
 */
export function decodeFrame(text: string): Request | ProtocolRefusal {
  const frame = parseJson(text);
  if (frame === undefined) return refusal(null, "PARSE_ERROR", "the frame is not json");
  if (Array.isArray(frame)) return refusal(null, "INVALID_REQUEST", "batches are not spoken");
  if (typeof frame !== "object" || frame === null) {
    return refusal(null, "INVALID_REQUEST", "the frame is not an object");
  }
  return decodeEnvelope(new Map<string, unknown>(Object.entries(frame)));
}

/** The reply to a request: its method says what the result must be. */
export function encodeResult<M extends Method>(
  request: { readonly id: RequestId; readonly method: M },
  result: ResultOf[M],
): string {
  return JSON.stringify({ jsonrpc: "2.0", id: request.id, result });
}

export function encodeError(id: RequestId | null, error: WireError): string {
  return JSON.stringify({ jsonrpc: "2.0", id, error: errorMember(error) });
}

export function encodeNotification<N extends NotificationName>(
  method: N,
  params: NotificationOf[N],
): string {
  return JSON.stringify({ jsonrpc: "2.0", method, params });
}

const ENVELOPE: ReadonlySet<string> = new Set(["jsonrpc", "id", "method", "params"]);

function decodeEnvelope(frame: ReadonlyMap<string, unknown>): Request | ProtocolRefusal {
  const id = requestId(frame.get("id"));
  if (frame.get("jsonrpc") !== "2.0") {
    return refusal(id, "INVALID_REQUEST", "jsonrpc is not 2.0", "jsonrpc");
  }
  if (id === null) return refusal(id, "INVALID_REQUEST", "a request needs an id", "id");
  const unknown = [...frame.keys()].find((name) => !ENVELOPE.has(name));
  if (unknown !== undefined) {
    return refusal(id, "INVALID_REQUEST", "the frame has an unknown member");
  }
  const method = METHODS.find((known) => known === frame.get("method"));
  if (method === undefined) return refusal(id, "METHOD_NOT_FOUND", "no such method", "method");
  return decodeParams(id, method, frame.get("params") ?? {});
}

function decodeParams<M extends Method>(
  id: RequestId,
  method: M,
  input: unknown,
): Request<M> | ProtocolRefusal {
  const params = decode(PARAMS[method], input, "params");
  if (params.kind === "refused") {
    const { field, problem } = params;
    return refusal(id, "INVALID_PARAMS", `${field} ${problem}`, field);
  }
  const request: RequestFor<M> = { kind: "request", id, method, params: params.value };
  return request;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function requestId(value: unknown): RequestId | null {
  if (typeof value === "number") return Number.isSafeInteger(value) && value >= 0 ? value : null;
  if (typeof value === "string") return value.length >= 1 && value.length <= 64 ? value : null;
  return null;
}

function refusal(
  id: RequestId | null,
  code: Exclude<WireCode, "DENIED">,
  message: string,
  field?: string,
): ProtocolRefusal {
  const error = wireFault(code, message, field === undefined ? {} : { field });
  return { kind: "refusal", id, error };
}
