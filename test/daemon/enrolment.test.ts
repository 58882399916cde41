import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { rawIdentity } from "../../src/base/identity.ts";
import { millis, monoMillis, unixMillis } from "../../src/base/time.ts";
import { DEFAULT_CONFIG } from "../../src/config/config.ts";
import { randomBytes } from "../../src/crypto/random.ts";
import { Enrolments } from "../../src/daemon/enrolments.ts";
import type { CreateTokenRequest } from "../../src/protocol/admin/tokens.ts";
import { openStore } from "../../src/store/database.ts";
import { aDaemon, emptyFolder, type GivenDaemon, noon, started, stopTime } from "./given.ts";
import { leaseOf, nonce, somebody, Workstation } from "./workstation.ts";
import { aRuledDaemon } from "./written-rules.ts";

const proven = (...labels: readonly string[]): string =>
  `rules:\n  - id: proven\n    require_bound: { feature: cad.pro, labels: [${labels.join(", ")}] }\n`;

const REQUIRED = { access: { ...DEFAULT_CONFIG.access, tokens: "required" } } as const;

const ada = { user: rawIdentity("ada") };
const ws7 = { host: rawIdentity("workstation-7") };
const day = 86_400_000;

async function tokenFor(daemon: GivenDaemon, asked: CreateTokenRequest): Promise<string> {
  return (await daemon.admin.createToken(asked)).token;
}

/** What a hello with this token is answered, and how the connection ends. */
async function refusal(daemon: GivenDaemon, token: string, user = "ada", host = "workstation-7") {
  const station = await Workstation.at(daemon.url, somebody(user, host));
  const { error } = await station.hello(await station.challenge(), {}, {}, token);
  expect(await station.closed()).toBe(1008);
  return error?.data;
}

const reasonAt = async (station: Workstation): Promise<unknown> =>
  (await station.acquire("cad.pro")).error?.data["reason"] ?? "granted";

const cameBy = async (daemon: GivenDaemon, token?: string, user = "ada"): Promise<unknown> =>
  reasonAt(await Workstation.greeted(daemon.url, somebody(user), token));

describe("a rule that asks for proven labels", () => {
  it("grants to who shows a token for them, and denies who only claims them", async () => {
    const daemon = await aRuledDaemon(proven("user"));
    const token = await tokenFor(daemon, ada);
    expect(await cameBy(daemon, token)).toBe("granted");
    const claims = await Workstation.greeted(daemon.url);
    expect((await claims.acquire("cad.pro")).error?.data).toMatchObject({
      reason: "NOT_BOUND",
      ruleId: "proven",
    });
    leaseOf(await claims.acquire("sim.solver"));
  });

  it("tells a proven host from a proven user", async () => {
    const daemon = await aRuledDaemon(proven("user", "host"));
    const both = { ...ada, ...ws7 };
    expect(await cameBy(daemon, await tokenFor(daemon, ada))).toBe("NOT_BOUND");
    expect(await cameBy(daemon, await tokenFor(daemon, ws7))).toBe("NOT_BOUND");
    expect(await cameBy(daemon, await tokenFor(daemon, both))).toBe("granted");
  });

  it("takes a token that binds the host alone from whoever works there", async () => {
    const daemon = await aRuledDaemon(proven("host"));
    const token = await tokenFor(daemon, ws7);
    expect(await cameBy(daemon, token, "ada")).toBe("granted");
    expect(await cameBy(daemon, token, "bob")).toBe("granted");
  });

  it("is answered by why with what is said to be proven", async () => {
    const daemon = await aRuledDaemon(proven("user"));
    const asked = { feature: "cad.pro", ...ada, ...ws7, version: "0", count: 1 };
    expect(await daemon.admin.why(asked)).toMatchObject({ denial: { reason: "NOT_BOUND" } });
    expect(await daemon.admin.why({ ...asked, proven: ["host"] })).toMatchObject({
      outcome: "denied",
    });
    expect(await daemon.admin.why({ ...asked, proven: ["user"] })).toMatchObject({
      outcome: "granted",
    });
  });
});

describe("a token at the door", () => {
  it("is refused when nobody made it, and nothing of it is repeated", async () => {
    const daemon = await aDaemon();
    const token = await tokenFor(daemon, ada);
    const wrong = `${token.slice(0, -1)}${token.endsWith("A") ? "B" : "A"}`;
    const data = await refusal(daemon, wrong);
    expect(data).toMatchObject({ code: "TOKEN_REFUSED", hint: expect.any(String) as unknown });
    expect(JSON.stringify(data)).not.toContain(wrong.slice(10, 40));
    expect(await refusal(daemon, "not-even-of-the-form")).toEqual(data);
  });

  it("is refused to somebody else: another user, or another host", async () => {
    const daemon = await aDaemon();
    const token = await tokenFor(daemon, { ...ada, ...ws7 });
    expect(await refusal(daemon, token, "bob")).toMatchObject({ code: "TOKEN_REFUSED" });
    expect(await refusal(daemon, token, "ada", "laptop")).toMatchObject({ code: "TOKEN_REFUSED" });
    expect(await refusal(daemon, token, "Ada")).toMatchObject({ code: "TOKEN_REFUSED" });
    await Workstation.greeted(daemon.url, somebody("ada"), token);
    expect(daemon.log.join("")).toMatch(/"why":"of-somebody-else".*"event":"enrolment.refused"/);
  });

  it("is refused once it is revoked, and revoking it again changes nothing", async () => {
    const daemon = await aDaemon();
    const { id, token } = await daemon.admin.createToken(ada);
    const revoked = await daemon.admin.revokeToken(id);
    expect(revoked).toMatchObject({ id, state: "revoked" });
    expect(await daemon.admin.revokeToken(id)).toEqual(revoked);
    expect(await refusal(daemon, token)).toMatchObject({
      code: "TOKEN_REFUSED",
      hint: "ask the license administrator for a new one, and why",
    });
    await expect(daemon.admin.revokeToken("0".repeat(32))).rejects.toMatchObject({
      code: "ADMIN_TOKEN_UNKNOWN",
    });
  });

  it("is refused from the moment it expires, also by a clock that is set back", async () => {
    stopTime();
    const daemon = await aRuledDaemon(proven("user"));
    const { token, expiresAt } = await daemon.admin.createToken({
      ...ada,
      validMs: millis(10_000),
    });
    expect(expiresAt).toBe(noon + 10_000);
    const station = await Workstation.greeted(daemon.url, somebody(), token);
    await vi.advanceTimersByTimeAsync(9_999);
    const lease = leaseOf(await station.acquire("cad.pro"));
    await vi.advanceTimersByTimeAsync(1);
    expect(await refusal(daemon, token)).toMatchObject({ code: "TOKEN_REFUSED" });
    vi.setSystemTime(noon - day);
    expect(await refusal(daemon, token)).toMatchObject({ code: "TOKEN_REFUSED" });
    // Who is inside by it proves nothing any more.
    const renewed = await station.ask("seat.renew", { leases: [lease], nonce: nonce() });
    expect(renewed.result).toMatchObject({ lost: [{ id: lease, reason: "NOT_BOUND" }] });
    expect((await daemon.admin.tokens()).tokens).toMatchObject([{ state: "expired" }]);
  });
});

describe("a revocation", () => {
  it("ends a seat that needs the proof at its next renewal, on the connection that is there", async () => {
    const daemon = await aRuledDaemon(proven("user"));
    const { id, token } = await daemon.admin.createToken(ada);
    const station = await Workstation.greeted(daemon.url, somebody(), token);
    const lease = leaseOf(await station.acquire("cad.pro"));
    const other = leaseOf(await station.acquire("sim.solver"));
    await daemon.admin.revokeToken(id);
    const renewed = await station.ask("seat.renew", { leases: [lease, other], nonce: nonce() });
    expect(renewed.result).toMatchObject({
      leases: [{ id: other }],
      lost: [{ id: lease, reason: "NOT_BOUND", ruleId: "proven" }],
    });
  });
});

describe("a site that greets nobody without a token", () => {
  it("refuses a hello without one, and greets by one", async () => {
    const daemon = await aDaemon(undefined, REQUIRED);
    const station = await Workstation.at(daemon.url);
    const { error } = await station.hello(await station.challenge());
    expect(error).toMatchObject({ code: -32_006, data: { code: "TOKEN_REQUIRED" } });
    expect(await station.closed()).toBe(1008);
    expect(await cameBy(daemon, await tokenFor(daemon, ws7))).toBe("granted");
  });

  it("sends away at the next request whose token was revoked", async () => {
    const daemon = await aDaemon(undefined, REQUIRED);
    const { id, token } = await daemon.admin.createToken(ada);
    const station = await Workstation.greeted(daemon.url, somebody(), token);
    leaseOf(await station.acquire("cad.pro"));
    await daemon.admin.revokeToken(id);
    const { error } = await station.ask("status.get");
    expect(error?.data).toMatchObject({ code: "TOKEN_REFUSED" });
    expect(await station.closed()).toBe(1008);
  });
});

describe("the tokens of a site", () => {
  it("are there after a restart, with their ends and the day they were last shown", async () => {
    const daemon = await aDaemon();
    const used = await daemon.admin.createToken({ ...ada, validMs: millis(30 * day) });
    const gone = await daemon.admin.createToken(ws7);
    await Workstation.greeted(daemon.url, somebody(), used.token);
    await daemon.admin.revokeToken(gone.id);
    const before = await daemon.admin.tokens();
    const today = new Date().toISOString().slice(0, 10);
    expect(before.tokens).toHaveLength(2);
    expect((await daemon.admin.tokens(ada)).tokens).toMatchObject([
      { id: used.id, host: null, state: "valid", lastUsedOn: today },
    ]);
    expect((await daemon.admin.tokens(ws7)).tokens).toMatchObject([
      { id: gone.id, user: null, state: "revoked", lastUsedOn: null },
    ]);
    await daemon.stop();
    const again = await started(daemon.site);
    expect(await again.admin.tokens()).toEqual(before);
    await Workstation.greeted(again.url, somebody(), used.token);
    expect(await refusal(again, gone.token)).toMatchObject({ code: "TOKEN_REFUSED" });
  });

  it("are found by whom they bind, for who knows the name", async () => {
    const { admin } = await aDaemon();
    const mine = await admin.createToken(ada);
    await admin.createToken({ user: rawIdentity("bob"), ...ws7 });
    expect((await admin.tokens(ada)).tokens).toMatchObject([{ id: mine.id, user: mine.user }]);
    expect((await admin.tokens(ws7)).tokens).toHaveLength(1);
    expect((await admin.tokens({ user: rawIdentity("cleo") })).tokens).toEqual([]);
    await expect(admin.createToken({})).rejects.toMatchObject({ code: "ADMIN_REQUEST" });
  });

  it("are forgotten when they ended longer ago than the history is kept", () => {
    const store = openStore(join(emptyFolder(), "seatkeeper.db"));
    onTestFinished(() => store.close());
    const now = { mono: monoMillis(0), wall: noon };
    const parts = { store, time: { now: () => now }, daemonKey: randomBytes(32), fatal: fail };
    const enrolments = new Enrolments(parts);
    const nobody = { user: null, host: null, role: null };
    const expired = enrolments.create(nobody, millis(day)).enrolment;
    const revoked = enrolments.revoke(enrolments.create(nobody, null).enrolment.id);
    const valid = enrolments.create(nobody, null).enrolment;
    const left = (): readonly string[] => {
      expect(new Enrolments(parts).all).toEqual(enrolments.all);
      return enrolments.all.map(({ id }) => id).toSorted();
    };
    enrolments.forget(unixMillis(noon));
    expect(left()).toEqual([expired.id, revoked.id, valid.id].toSorted());
    enrolments.forget(unixMillis(noon + day));
    expect(left()).toEqual([expired.id, valid.id].toSorted());
    enrolments.forget(unixMillis(noon + day + 1));
    expect(left()).toEqual([valid.id]);
  });
});

const fail = (error: unknown): void => expect(error).toBeUndefined();
