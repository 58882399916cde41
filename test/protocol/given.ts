import { idempotencyKey, leaseId } from "../../src/base/ids.ts";
import { millis } from "../../src/base/time.ts";

export const lease = leaseId("0af7651916cd43dd8448eb211c80319c");
export const key = idempotencyKey("plot-7");
/** 32 bytes of zero. */
export const nonce = "A".repeat(43);
export const ninetySeconds = millis(90_000);

/** A frame of a client, as text. */
export const frame = (method: string, params: unknown, id: unknown = 1): string =>
  JSON.stringify({ jsonrpc: "2.0", id, method, params });
