import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CodedError } from "../../src/base/errors.ts";
import { createLog, failure, type Log, type LogLevel } from "../../src/log/log.ts";
import { readableLines } from "../../src/log/readable-lines.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: new Date("2026-11-22T12:00:00.000Z") });
});

afterEach(() => {
  vi.useRealTimers();
});

function logTo(lines: string[], level: LogLevel = "info"): Log {
  return createLog({ level, destination: { write: (line) => lines.push(line) } });
}

function fieldsOf(line: string | undefined): Readonly<Record<string, unknown>> {
  return JSON.parse(line ?? "") as Record<string, unknown>;
}

describe("a log line", () => {
  it("is one JSON object with level, time, fields and event, and nothing else", () => {
    const lines: string[] = [];
    logTo(lines).info("lease.granted", { feature: "cad.pro", count: 1, overdraft: false });
    expect(lines).toEqual([
      '{"level":"info","time":"2026-11-22T12:00:00.000Z","feature":"cad.pro","count":1,"overdraft":false,"event":"lease.granted"}\n',
    ]);
  });

  it("stays one line whatever a field holds", () => {
    const lines: string[] = [];
    logTo(lines).warn("frame.refused", { reason: 'a\n{"level":"error"}\u2028' });
    expect(lines.join("").split("\n")).toHaveLength(2);
  });

  it("is left out below the level", () => {
    const lines: string[] = [];
    const log = logTo(lines, "warn");
    log.debug("a");
    log.info("b");
    log.warn("c");
    log.error("d");
    expect(lines.map((line) => fieldsOf(line)["event"])).toEqual(["c", "d"]);
  });

  it("carries the fields of a log made for one matter", () => {
    const lines: string[] = [];
    logTo(lines).with({ vendor: "acme.example" }).info("checkpoint.sealed", { index: 7 });
    expect(fieldsOf(lines[0])).toMatchObject({ vendor: "acme.example", index: 7 });
  });

  it("cuts a text that would flood the disk", () => {
    const lines: string[] = [];
    logTo(lines).info("x", { reason: "y".repeat(5_000) });
    expect(fieldsOf(lines[0])["reason"]).toBe(`${"y".repeat(2_000)} … 3000 more`);
  });
});

describe("what nobody may read in a log", () => {
  it.each(["user", "hostname", "remoteAddress", "token", "passphrase", "site_key"])(
    "the field %s is redacted",
    (name) => {
      const lines: string[] = [];
      logTo(lines).info("x", { [name]: "ada" });
      expect(lines.join("")).not.toContain("ada");
      expect(fieldsOf(lines[0])[name]).toBe("[redacted]");
    },
  );
});

describe("personal data inside of a text", () => {
  it("is replaced by its kind, and the line says how many pieces there were", () => {
    const lines: string[] = [];
    logTo(lines).warn("connection.failed", {
      reason: "connect ECONNREFUSED 203.0.113.7:443 for ada@example.com",
      tried: ["192.0.2.9", "127.0.0.1"],
      bytes: 4_111_111_111_111_111,
    });
    expect(fieldsOf(lines[0])).toMatchObject({
      reason: "connect ECONNREFUSED [ip]:443 for [email]",
      tried: ["[ip]", "127.0.0.1"],
      bytes: 4_111_111_111_111_111,
      redacted: 3,
    });
  });

  it("is found in the message, the hint, the facts, the cause and the stack of a failure", () => {
    const lines: string[] = [];
    const error = new CodedError("X_REFUSED", "not for ada@example.com", {
      hint: "call +49 30 1234567",
      facts: { peer: "fe80::1ff:fe23:4567:890a" },
      cause: new Error("card 4111 1111 1111 1111"),
    });
    logTo(lines).error("x", failure(error));
    logTo(lines).error("x", failure(new Error("mac 00:1a:2b:3c:4d:5e")));
    expect(fieldsOf(lines[0])).toMatchObject({
      reason: "not for [email]",
      hint: "call [phone]",
      peer: "[ip]",
      cause: "card [card]",
      redacted: 4,
    });
    expect(fieldsOf(lines[1])).toMatchObject({ reason: "mac [mac]", redacted: 2 });
  });

  it("is found in the fields of a log made for one matter", () => {
    const lines: string[] = [];
    logTo(lines).with({ peer: "203.0.113.7" }).info("x");
    expect(fieldsOf(lines[0])).toMatchObject({ peer: "[ip]" });
  });

  it("is found where a long text is cut", () => {
    const lines: string[] = [];
    logTo(lines).info("x", { reason: `${"y".repeat(1_989)} ada@example.com ${"z".repeat(99)}` });
    expect(lines.join("")).not.toContain("ada");
    expect(fieldsOf(lines[0])).toMatchObject({ redacted: 1 });
  });
});

describe("a failure", () => {
  it("with a code says what the operator needs", () => {
    const error = new CodedError("STORE_LOCKED", "another daemon has the folder", {
      hint: "stop it first",
      facts: { path: "/var/lib/seatkeeper" },
      cause: new Error("database is locked"),
    });
    expect(failure(error)).toEqual({
      path: "/var/lib/seatkeeper",
      code: "STORE_LOCKED",
      reason: "another daemon has the folder",
      hint: "stop it first",
      cause: "database is locked",
    });
  });

  it("that nobody foresaw shows its stack", () => {
    const surprise = new TypeError("x is not a function");
    expect(failure(surprise)).toEqual({ reason: "x is not a function", stack: surprise.stack });
    expect(failure("just text")).toEqual({ reason: "just text", stack: undefined });
  });
});

describe("lines for a terminal", () => {
  it("show time, level, event and facts", () => {
    const lines: string[] = [];
    const log = createLog({
      level: "info",
      destination: readableLines((line) => lines.push(line)),
    });
    log.info("lease.granted", { feature: "cad.pro", note: "two words" });
    expect(lines).toEqual(['12:00:00.000 info  lease.granted feature=cad.pro note="two words"\n']);
  });
});
