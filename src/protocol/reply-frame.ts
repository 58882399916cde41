import { z } from "zod";
import { demand } from "./decode.ts";
import { ProtocolError } from "./errors.ts";
import {
  NOTIFICATIONS,
  type Notification,
  type NotificationName,
  type NotificationOf,
} from "./notifications.ts";
import type { RequestId } from "./request-frame.ts";
import type { Method, ParamsOf } from "./requests.ts";
import { RESULTS, type ResultOf } from "./results.ts";
import { errorSchema, type WireError } from "./wire-error.ts";

// The client's side: requests out, frames of the daemon in.

/** What a daemon's frame is. A result still waits for the method it belongs to: `decodeResult`. */
export type DaemonFrame =
  | { readonly kind: "result"; readonly id: RequestId; readonly result: unknown }
  | { readonly kind: "error"; readonly id: RequestId | null; readonly error: WireError }
  | { readonly kind: "notification"; readonly notification: Notification };

/** A request as a client writes it; what has a default may be left out. */
export function encodeRequest<M extends Method>(
  id: RequestId,
  method: M,
  params: ParamsOf[M],
): string {
  return JSON.stringify({ jsonrpc: "2.0", id, method, params });
}

/**
 * Reads one text frame of the daemon.
 * @throws ProtocolError WIRE_FRAME when it is not JSON-RPC 2.0, WIRE_FIELD when a field is wrong.
 */
export function decodeDaemonFrame(text: string): DaemonFrame {
  const frame = demand(envelopeSchema, parseJson(text), "frame", {
    code: "WIRE_FRAME",
    hint: HINT,
  });
  if ("result" in frame) return { kind: "result", id: frame.id, result: frame.result };
  if ("error" in frame) return { kind: "error", id: frame.id, error: frame.error };
  return {
    kind: "notification",
    notification: notificationOf(frame.method, frame.params),
  };
}

/** Checks the result of a request of this method. @throws ProtocolError WIRE_FIELD. */
export function decodeResult<M extends Method>(method: M, result: unknown): ResultOf[M] {
  return demand(RESULTS[method], result, "result", { hint: HINT });
}

const HINT = "the server and this program may be of releases that do not understand each other";

const idSchema = z.union([z.int().min(0), z.string().min(1).max(64)]);
const version = z.literal("2.0");

const nameSchema = z.enum([
  "challenge",
  "queue.granted",
  "queue.dropped",
  "lease.revoked",
  "lease.expiring",
  "license.changed",
  "license.expiring",
  "quota.warning",
  "status.changed",
  "server.draining",
]) satisfies z.ZodType<NotificationName>;

const envelopeSchema = z.union([
  z.strictObject({ jsonrpc: version, id: idSchema, result: z.unknown() }),
  z.strictObject({ jsonrpc: version, id: idSchema.nullable(), error: errorSchema }),
  z.strictObject({ jsonrpc: version, method: nameSchema, params: z.unknown() }),
]);

interface NotificationFor<N extends NotificationName> {
  readonly method: N;
  readonly params: NotificationOf[N];
}

function notificationOf<N extends NotificationName>(
  method: N,
  params: unknown,
): { readonly [K in N]: NotificationFor<K> }[N] {
  return { method, params: demand(NOTIFICATIONS[method], params, "params", { hint: HINT }) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ProtocolError("WIRE_FRAME", "frame is not json", { cause, hint: HINT });
  }
}
