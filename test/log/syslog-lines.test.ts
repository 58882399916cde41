import { describe, expect, it } from "vitest";
import { syslogMessage } from "../../src/log/syslog-lines.ts";

/** A line of the log as it is written. */
const line = (fields: object): string =>
  `${JSON.stringify({ level: "info", time: "2026-11-22T12:00:00.000Z", ...fields })}\n`;

const idOf = (event: string): string | undefined =>
  syslogMessage(line({ event }), 42).split(" ")[5];

describe("a line for the system log", () => {
  it("is a message of RFC 5424 that names no host", () => {
    expect(syslogMessage(line({ feature: "cad.pro", event: "lease.granted" }), 42)).toBe(
      '<30>1 2026-11-22T12:00:00.000Z - seatkeeper 42 lease.granted - {"level":"info","time":"2026-11-22T12:00:00.000Z","feature":"cad.pro","event":"lease.granted"}',
    );
  });

  it.each([
    ["error", "<27>1 "],
    ["warn", "<28>1 "],
    ["info", "<30>1 "],
    ["debug", "<31>1 "],
  ])("of level %s begins with %s", (level, priority) => {
    expect(syslogMessage(line({ level, event: "x" }), 42).slice(0, 6)).toBe(priority);
  });

  it("has a message id of 32 printable characters at most, and never none", () => {
    expect(idOf("a".repeat(40))).toBe("a".repeat(32));
    expect(idOf("seat granted\n")).toBe("seatgranted");
    expect(idOf("ä")).toBe("-");
  });

  it("is cut to what the socket takes", () => {
    const facts = Object.fromEntries(
      Array.from({ length: 9 }, (_, at) => [`f${at}`, "ä".repeat(2_000)]),
    );
    const message = syslogMessage(line({ ...facts, event: "x" }), 42);
    expect(Buffer.byteLength(message)).toBeLessThan(8_192);
    expect(message.endsWith("…")).toBe(true);
  });
});
