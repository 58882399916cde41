import { describe, expect, it } from "vitest";
import { borrowedHere, ClientError, type ConnectOptions, connect } from "../../src/client/index.ts";
import { connected, daemonThat, optionsFor } from "./given.ts";

const url = "ws://127.0.0.1:7328";
const name = "acme.example";

/** What a program in JavaScript can pass, which no compiler has looked at. */
const anything = (value: unknown) => value as never;

async function refusalOf(call: Promise<unknown>): Promise<ClientError> {
  const thrown = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown instanceof ClientError) return thrown;
  throw new Error(`not refused by a ClientError: ${String(thrown)}`);
}

describe("an option that is missing or of the wrong form is named, with its rule", () => {
  it.each<[string, string, object | undefined]>([
    ["options", "must be an object", undefined],
    ["servers", "must be an address, or a list of addresses", {}],
    ["servers", "must be an address, or a list of addresses", { servers: [7328] }],
    ["vendor", "must be an object: { name, rootKey }", { servers: url }],
    ["vendor.name", "must be the name of the vendor", { servers: url, vendor: {} }],
    ["vendor.rootKey", "must be 32 bytes", { servers: url, vendor: { name } }],
    [
      "vendor.rootKey",
      "must be 32 bytes, or the 43 characters of their base64url",
      { servers: url, vendor: { name, rootKey: "short" } },
    ],
    ["vendor.rootKey", "must be 32 bytes", optionsWith({ vendor: { name, rootKey: "AAAA" } })],
    ["labels.user", "must be text of 1 to 256", optionsWith({ labels: { user: "x".repeat(257) } })],
    ["labels.host", "must be text of 1 to 256", optionsWith({ labels: { host: "" } })],
    ["dataDir", "must be text", optionsWith({ dataDir: anything(7) })],
  ])("by connect: %s %s", async (option, rule, options) => {
    const error = await refusalOf(connect(anything(options)));
    expect(error).toMatchObject({ code: "CLIENT_OPTION", facts: { option } });
    expect(error.message).toContain(`${option} ${rule}`);
    expect(error.hint).toMatch(/^[a-z]/);
    expect(error.message).not.toContain("xxx");
  });

  it("by borrowedHere", async () => {
    expect(await refusalOf(borrowedHere(anything({})))).toMatchObject({
      code: "CLIENT_OPTION",
      facts: { option: "vendor" },
    });
  });

  it("by the calls for seats and usage, and nothing is sent", async () => {
    const daemon = await daemonThat();
    const keeper = await connected(daemon);
    const { usage } = keeper;
    const calls: readonly (readonly [string, Promise<unknown>])[] = [
      ["options must be an object", keeper.borrow("x", anything(undefined))],
      ["days must be a number up to 366", keeper.borrow("x", anything({}))],
      ["feature must be 1 to 64 of a-z 0-9 . _ -", keeper.acquire("CAD Pro")],
      ["feature must be 1 to 64", keeper.acquire(anything(undefined))],
      ["version must be 1 to 64", keeper.acquire("x", { version: "4 2" })],
      ["versionDate must be a whole number", keeper.acquire("x", { versionDate: -1 })],
      ["meter must be 1 to 64", usage.record("Minutes!", 5)],
      ["units must be a whole number from 1", usage.refund("minutes", 0)],
      ["key must be 1 to 64 of A-Z a-z 0-9 _ . : -", usage.record("minutes", 1, { key: "a b" })],
      ["usedAt must be a whole number", usage.record("minutes", 1, { usedAt: 0.5 })],
    ];
    for (const [message, call] of calls) {
      // oxlint-disable-next-line no-await-in-loop -- each has its own message
      const error = await refusalOf(call);
      expect(error.code).toBe("CLIENT_OPTION");
      expect(error.message).toContain(message);
      expect(error.hint).toMatch(/^[a-z]/);
    }
    for (const method of ["seat.acquire", "seat.borrow", "usage.record"] as const) {
      expect(daemon.count(method)).toBe(0);
    }
  });
});

function optionsWith(more: Partial<ConnectOptions>): ConnectOptions {
  return optionsFor(url, more);
}
