import { describe, expect, it } from "vitest";
import { rawIdentity } from "../../src/base/identity.ts";
import { millis, unixMillis } from "../../src/base/time.ts";
import { decodeDaemonFrame, decodeResult, encodeRequest } from "../../src/protocol/reply-frame.ts";
import {
  decodeFrame,
  encodeError,
  encodeNotification,
  encodeResult,
} from "../../src/protocol/request-frame.ts";
import { WIRE_CODES } from "../../src/protocol/wire-codes.ts";
import { wireDenial, wireFault } from "../../src/protocol/wire-error.ts";
import { key, lease, ninetySeconds, nonce } from "./given.ts";

describe("what a client writes, the daemon reads", () => {
  it.each([
    ["seat.acquire", { feature: "cad.pro", version: "4.2", count: 2, wait: true, key, nonce }],
    ["seat.renew", { leases: [lease], nonce }],
    ["seat.renew", { leases: [lease], quiet: [lease], nonce }],
    ["seat.activity", { leases: [lease] }],
    ["seat.release", { lease }],
    ["seat.resume", { leases: [lease], nonce }],
    ["seat.cancel", { key }],
    ["status.get", {}],
    [
      "usage.record",
      { records: [{ meter: "render.minutes", units: 5, key, usedAt: unixMillis(1) }] },
    ],
    [
      "hello",
      {
        vendor: "acme.example",
        note: "n",
        labels: { user: rawIdentity("ada"), host: rawIdentity("sun") },
      },
    ],
  ] as const)("%s", (method, params) => {
    const decoded = decodeFrame(encodeRequest(7, method, params));
    expect(decoded).toEqual({ kind: "request", id: 7, method, params });
  });
});

describe("what the daemon writes, a client reads", () => {
  const granted = {
    id: lease,
    note: "n",
    leaseTimeMs: ninetySeconds,
    feature: "cad.pro",
    count: 1,
  };
  const denial = { reason: "NO_SEATS", feature: "cad.pro", hint: "wait" } as const;

  it.each([
    ["seat.acquire", { state: "granted", lease: granted }],
    ["seat.acquire", { state: "queued", position: 3, expectedWaitMs: ninetySeconds }],
    ["seat.renew", { leases: [{ id: lease, note: "n", leaseTimeMs: ninetySeconds }], lost: [] }],
    ["seat.resume", { leases: [], lost: [{ id: lease, reason: "LEASE_EXPIRED", hint: "again" }] }],
    ["seat.activity", {}],
    ["seat.release", {}],
    [
      "usage.record",
      {
        results: [
          { key, state: "counted" },
          { key, state: "denied", denial },
        ],
      },
    ],
    ["status.get", { features: [{ feature: "cad.pro", seats: 3, used: 1, free: 2, queued: 0 }] }],
    ["hello", { note: "n", licenses: ["l"] }],
  ] as const)("%s %j", (method, result) => {
    const frame = decodeDaemonFrame(encodeResult({ id: 7, method }, result as never));
    if (frame.kind !== "result") throw new Error("not a result");
    expect(frame.id).toBe(7);
    expect(decodeResult(method, frame.result)).toEqual(result);
  });

  it.each([
    ["challenge", { note: "n" }],
    ["queue.granted", { key, lease: granted }],
    ["queue.dropped", { key, denial }],
    ["lease.revoked", { lease, reason: "LEASE_REVOKED", hint: "ask" }],
    ["lease.expiring", { lease, afterMs: ninetySeconds, reason: "EXPIRED" }],
    ["license.changed", {}],
    ["license.expiring", { names: ["cad.pro"], endsAt: unixMillis(1), graceUntil: null }],
    [
      "quota.warning",
      { meter: "render.minutes", period: "month", quota: 100, used: 81, percent: 80 },
    ],
    ["server.draining", { afterMs: millis(5_000) }],
  ] as const)("the notification %s", (method, params) => {
    expect(decodeDaemonFrame(encodeNotification(method, params))).toEqual({
      kind: "notification",
      notification: { method, params },
    });
  });

  it("a denial, with its reason where every client finds it", () => {
    const text = encodeError(7, wireDenial({ ...denial, retryAfterMs: millis(900) }));
    expect(JSON.parse(text)).toEqual({
      jsonrpc: "2.0",
      id: 7,
      error: {
        code: -32010,
        message: "denied: NO_SEATS",
        data: { reason: "NO_SEATS", feature: "cad.pro", hint: "wait", retryAfterMs: 900 },
      },
    });
    expect(decodeDaemonFrame(text)).toEqual({
      kind: "error",
      id: 7,
      error: { kind: "denial", denial: { ...denial, retryAfterMs: 900 } },
    });
  });

  it.each(Object.entries(WIRE_CODES).filter(([name]) => name !== "DENIED"))(
    "the fault %s as number %i",
    (name, number) => {
      const fault = wireFault(name as "AUTH_FAILED", "no", { field: "params.note" });
      const text = encodeError(null, fault);
      expect(JSON.parse(text)).toMatchObject({
        id: null,
        error: { code: number, data: { code: name } },
      });
      expect(decodeDaemonFrame(text)).toEqual({ kind: "error", id: null, error: fault });
    },
  );
});

describe("a client refuses a daemon's frame", () => {
  it.each([
    ["that is not JSON", "hello", "WIRE_FRAME"],
    ["with result and error", '{"jsonrpc":"2.0","id":1,"result":{},"error":{}}', "WIRE_FRAME"],
    [
      "with an unknown notification",
      '{"jsonrpc":"2.0","method":"seat.gift","params":{}}',
      "WIRE_FRAME",
    ],
    [
      "whose number and code disagree",
      '{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"","data":{"code":"AUTH_FAILED"}}}',
      "WIRE_FRAME",
    ],
    [
      "with an unknown field",
      '{"jsonrpc":"2.0","method":"license.changed","params":{"a":1}}',
      "WIRE_FIELD",
    ],
    [
      "with a field missing",
      '{"jsonrpc":"2.0","method":"server.draining","params":{}}',
      "WIRE_FIELD",
    ],
  ])("%s", (_, text, code) => {
    expect(() => decodeDaemonFrame(text)).toThrow(expect.objectContaining({ code }));
  });

  it("whose result is not that of its method", () => {
    expect(() => decodeResult("seat.acquire", { state: "granted" })).toThrow(
      expect.objectContaining({ code: "WIRE_FIELD", facts: { field: "result.lease" } }),
    );
  });
});
