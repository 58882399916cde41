import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeFrame } from "../../src/protocol/request-frame.ts";
import { frame, key, lease, nonce } from "./given.ts";

const refused = (text: string): unknown => {
  const decoded = decodeFrame(text);
  if (decoded.kind === "request") return decoded;
  const { id, error } = decoded;
  return { id, ...error };
};

describe("a frame from a client", () => {
  it("becomes a frozen request of our own, with defaults filled in", () => {
    const decoded = decodeFrame(frame("seat.acquire", { feature: "cad.pro", key, nonce }));
    expect(decoded).toEqual({
      kind: "request",
      id: 1,
      method: "seat.acquire",
      params: { feature: "cad.pro", version: "0", count: 1, wait: false, key, nonce },
    });
    if (decoded.kind !== "request") throw new Error("refused");
    expect(Object.isFrozen(decoded.params)).toBe(true);
  });

  it("may leave out the parameters of a method that has none", () => {
    const text = '{"jsonrpc":"2.0","id":"a","method":"status.get"}';
    expect(decodeFrame(text)).toEqual({
      kind: "request",
      id: "a",
      method: "status.get",
      params: {},
    });
  });

  it("is refused without an id when it is not JSON", () => {
    expect(refused("{")).toMatchObject({ id: null, code: "PARSE_ERROR" });
    expect(refused("")).toMatchObject({ id: null, code: "PARSE_ERROR" });
  });

  it("is refused when it is a batch", () => {
    expect(refused(`[${frame("status.get", {})}]`)).toMatchObject({
      id: null,
      code: "INVALID_REQUEST",
      message: "batches are not spoken",
    });
  });

  it.each([
    ["null", null],
    ["a number", 7],
    ["text", "hello"],
  ])("is refused when it is %s", (_, value) => {
    expect(refused(JSON.stringify(value))).toMatchObject({ id: null, code: "INVALID_REQUEST" });
  });

  it.each([
    ["another version", { jsonrpc: "1.0", id: 3, method: "status.get" }, 3, "jsonrpc"],
    ["no version", { id: 3, method: "status.get" }, 3, "jsonrpc"],
    ["no id, for clients send no notifications", { jsonrpc: "2.0", method: "hello" }, null, "id"],
    ["a fraction as id", { jsonrpc: "2.0", id: 1.5, method: "hello" }, null, "id"],
    ["an empty id", { jsonrpc: "2.0", id: "", method: "hello" }, null, "id"],
    ["an id of 65 characters", { jsonrpc: "2.0", id: "x".repeat(65), method: "a" }, null, "id"],
  ])("is refused for %s", (_, value, id, field) => {
    expect(refused(JSON.stringify(value))).toMatchObject({ id, code: "INVALID_REQUEST", field });
  });

  it("is refused for a member that JSON-RPC does not have", () => {
    const text = '{"jsonrpc":"2.0","id":1,"method":"status.get","trace":1}';
    expect(refused(text)).toMatchObject({ id: 1, code: "INVALID_REQUEST" });
  });

  it.each(["seat.steal", "__proto__", "constructor", ""])("is refused for method %j", (method) => {
    expect(refused(frame(method, {}))).toMatchObject({
      id: 1,
      code: "METHOD_NOT_FOUND",
      field: "method",
    });
  });
});

describe("the parameters of a request", () => {
  const acquire = { feature: "cad.pro", key, nonce };
  const record = { meter: "render.minutes", units: 5, key, usedAt: 1 };

  it.each([
    ["seat.acquire", { key, nonce }, "params.feature", "is missing"],
    ["seat.acquire", { ...acquire, seats: 2 }, "params.seats", "is unknown"],
    ["seat.acquire", { ...acquire, feature: "CAD" }, "params.feature", "is not as specified"],
    ["seat.acquire", { ...acquire, count: 0 }, "params.count", "is not as specified"],
    ["seat.acquire", { ...acquire, count: 1.5 }, "params.count", "is not as specified"],
    ["seat.acquire", { ...acquire, count: 100_001 }, "params.count", "is not as specified"],
    ["seat.acquire", { ...acquire, wait: "yes" }, "params.wait", "is not as specified"],
    ["seat.acquire", { ...acquire, key: "a b" }, "params.key", "is not as specified"],
    ["seat.acquire", { ...acquire, nonce: "AAAA" }, "params.nonce", "is not as specified"],
    ["seat.renew", { leases: [], nonce }, "params.leases", "is not as specified"],
    ["seat.renew", { leases: [lease, "x"], nonce }, "params.leases.1", "is not as specified"],
    ["seat.release", {}, "params.lease", "is missing"],
    ["seat.release", [], "params", "is not as specified"],
    [
      "usage.record",
      { records: [record, { ...record, units: 0 }] },
      "params.records.1.units",
      "is not as specified",
    ],
    [
      "usage.record",
      { records: [{ ...record, usedAt: -1 }] },
      "params.records.0.usedAt",
      "is not as specified",
    ],
    [
      "hello",
      { vendor: "acme.example", note: "n", labels: { user: "ada" } },
      "params.labels.host",
      "is missing",
    ],
    [
      "hello",
      { vendor: "acme.example", note: "n", labels: { user: "", host: "h" } },
      "params.labels.user",
      "is not as specified",
    ],
  ])("of %s %j are refused: %s %s", (method, params, field, problem) => {
    expect(refused(frame(method, params))).toEqual({
      id: 1,
      kind: "fault",
      code: "INVALID_PARAMS",
      message: `${field} ${problem}`,
      field,
    });
  });

  it("are refused beyond 256 leases and beyond 100 records", () => {
    const leases = Array.from({ length: 257 }, () => lease);
    const records = Array.from({ length: 101 }, () => record);
    expect(refused(frame("seat.renew", { leases, nonce }))).toMatchObject({
      field: "params.leases",
    });
    expect(refused(frame("usage.record", { records }))).toMatchObject({ field: "params.records" });
  });

  it("never come back in a refusal, even where a person is named", () => {
    const params = {
      vendor: "acme.example",
      note: "n",
      labels: { user: "ada\u0000".repeat(90), host: "h" },
    };
    expect(JSON.stringify(refused(frame("hello", params)))).not.toContain("ada");
  });
});

describe("decodeFrame", () => {
  it("never throws on any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(decodeFrame(text).kind).toBe("refusal");
      }),
    );
  });

  it("never throws on any JSON", () => {
    fc.assert(fc.property(fc.json(), (text) => void decodeFrame(text)));
  });

  it("never throws on any parameters of a known method", () => {
    const method = fc.constantFrom("hello", "seat.acquire", "seat.renew", "usage.record");
    const odd = fc.dictionary(
      fc.constantFrom(
        "feature",
        "key",
        "nonce",
        "leases",
        "records",
        "labels",
        "note",
        "__proto__",
      ),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(method, odd, (name, params) => {
        expect(decodeFrame(frame(name, params)).kind).toBe("refusal");
      }),
    );
  });

  it("never throws on a frame with a few bytes changed", () => {
    const good = frame("usage.record", { records: [{ meter: "m", units: 5, key, usedAt: 1 }] });
    const place = fc.nat({ max: good.length - 1 });
    fc.assert(
      fc.property(place, fc.string({ maxLength: 3 }), (at, noise) => {
        void decodeFrame(good.slice(0, at) + noise + good.slice(at + 1));
      }),
    );
  });

  it("refuses nesting of any depth without falling over", () => {
    const deep = "[".repeat(30_000) + "]".repeat(30_000);
    const text = `{"jsonrpc":"2.0","id":1,"method":"seat.release","params":{"lease":${deep}}}`;
    expect(refused(text)).toMatchObject({ code: "INVALID_PARAMS", field: "params.lease" });
  });
});
