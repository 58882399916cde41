import { describe, expect, it } from "vitest";
import { type RawIdentity, rawIdentity } from "../../src/base/identity.ts";
import { aSite, licenseFor, started } from "./given.ts";
import { somebody, Workstation } from "./workstation.ts";
import { aRuledDaemon } from "./written-rules.ts";

const groups = `
groups:
  interns: { users: ["intern-*"] }
  cad: { users: [ada], hosts: ["cad-*"] }
  here: { networks: [127.0.0.0/8] }
  elsewhere: { networks: [10.0.0.0/8, "fc00::/7"] }
`;

const denialFor = async (
  url: string,
  user: string,
  feature = "cad.pro",
  host = "workstation-7",
): Promise<unknown> => {
  const workstation = await Workstation.greeted(url, somebody(user, host));
  return (await workstation.acquire(feature)).error?.data;
};

describe("the rules of a site", () => {
  it("refuse with the rule, its reason and a hint", async () => {
    const { url } = await aRuledDaemon(`${groups}
rules:
  - id: no-interns
    exclude: { feature: "cad.*", who: interns }
    reason: interns use the viewer
`);
    expect(await denialFor(url, "intern-7")).toMatchObject({
      reason: "EXCLUDED",
      feature: "cad.pro",
      ruleId: "no-interns",
      ruleReason: "interns use the viewer",
      hint: "the site's rules exclude you; ask the license administrator",
    });
    expect(await denialFor(url, "ada")).toBeUndefined();
    expect(await denialFor(url, "intern-7", "sim.solver")).toBeUndefined();
  });

  it("are matched on user, host and the address of the connection", async () => {
    const { url } = await aRuledDaemon(`${groups}
rules:
  - include: { feature: cad.pro, who: cad }
  - include: { feature: sim.solver, who: elsewhere }
`);
    expect(await denialFor(url, "ada")).toBeUndefined();
    expect(await denialFor(url, "bob", "cad.pro", "CAD-3")).toBeUndefined();
    expect(await denialFor(url, "bob")).toMatchObject({ reason: "NOT_INCLUDED" });
    expect(await denialFor(url, "ada", "sim.solver")).toMatchObject({ reason: "NOT_INCLUDED" });
    const there = await aRuledDaemon(`${groups}
rules:
  - include: { feature: sim.solver, who: here }
`);
    expect(await denialFor(there.url, "ada", "sim.solver")).toBeUndefined();
  });

  it("keep seats for a group", async () => {
    const { url } = await aRuledDaemon(`${groups}
rules:
  - id: keep
    reserve: { feature: cad.pro, seats: 2, for: cad }
`);
    const bob = await Workstation.greeted(url, somebody("bob"));
    await bob.acquire("cad.pro");
    expect(await denialFor(url, "cleo")).toMatchObject({
      reason: "RESERVED_FOR_OTHERS",
      ruleId: "keep",
      queuePosition: 1,
    });
    expect(await denialFor(url, "ada")).toBeUndefined();
  });
});

describe("what an administrator asks about somebody", () => {
  it("is answered as they would be, without taking a seat", async () => {
    const { admin, url } = await aRuledDaemon(`${groups}
rules:
  - id: no-interns
    exclude: { feature: sim.solver, who: interns }
  - id: from-the-office
    include: { feature: sim.solver, who: elsewhere }
    reason: simulations run in the office
`);
    const ask = { feature: "sim.solver", version: "0", count: 1 };
    expect(await admin.why({ ...ask, ...person("intern-1") })).toMatchObject({
      vendor: "acme.example",
      outcome: "denied",
      groups: ["interns"],
      user: expect.stringMatching(/^u_/) as string,
      denial: { reason: "EXCLUDED", ruleId: "no-interns" },
      reasons: [
        { reason: "EXCLUDED", ruleId: "no-interns" },
        {
          reason: "NOT_INCLUDED",
          ruleId: "from-the-office",
          ruleReason: "simulations run in the office",
        },
      ],
    });
    const granted = await admin.why({ ...ask, ...person("ada"), address: "10.1.2.3" });
    expect(granted).toMatchObject({
      outcome: "granted",
      groups: ["cad", "elsewhere"],
      denial: null,
    });
    expect(await admin.seats()).toEqual({ seats: [] });
    const bob = await Workstation.greeted(url, somebody("bob"));
    expect(await bob.acquire("sim.solver")).toMatchObject({
      error: { data: { reason: "NOT_INCLUDED" } },
    });
  });

  it("tells who has the seats and which place there would be", async () => {
    const { admin, url } = await aRuledDaemon("policy: { show_holders: pseudonym }");
    const bob = await Workstation.greeted(url, somebody("bob"));
    await bob.acquire("sim.solver");
    const ask = { feature: "sim.solver", version: "0", count: 1 };
    const answer = await admin.why({ ...ask, ...person("ada") });
    const { seats } = await admin.seats();
    expect(answer.denial).toMatchObject({
      reason: "NO_SEATS",
      queuePosition: 1,
      holders: [seats[0]?.user],
    });
    expect(answer.denial?.retryAfterMs).toBeGreaterThan(0);
  });

  it.each([
    ["somebody who is excluded", "intern-1", "cad.pro", {}],
    ["somebody who is not included", "bob", "sim.solver", {}],
    ["somebody for whom no seat is left", "bob", "cad.pro", {}],
    ["somebody for whom too many are asked", "ada", "cad.pro", { count: 9 }],
    ["somebody who asks for what nobody sells", "ada", "cad.max", {}],
    ["somebody who would get it", "ada", "sim.solver", {}],
  ])("is, for %s, word for word what they are told themselves", async (_, user, feature, more) => {
    const { admin, url } = await aRuledDaemon(`${groups}
rules:
  - exclude: { feature: cad.pro, who: interns }
    reason: interns use the viewer
  - include: { feature: sim.solver, who: cad }
  - max: { feature: cad.pro, seats: 2, per: user, who: cad }
policy: { show_holders: pseudonym }
`);
    const holder = await Workstation.greeted(url, somebody("holder", "cad-9"));
    await holder.acquire("cad.pro", { count: 2 });
    await (await Workstation.greeted(url, somebody("other", "ws-8"))).acquire("cad.pro");
    const ask = { feature, version: "0", count: 1, ...more, user: rawIdentity(user) };
    const leases = async (): Promise<unknown> =>
      (await admin.seats()).seats.map(({ lease }) => lease);
    const before = await leases();
    const foretold = await admin.why({ ...ask, host: rawIdentity("ws-7") });
    expect(await leases()).toEqual(before);
    const somebodyThere = await Workstation.greeted(url, somebody(user, "ws-7"));
    const { result, error } = await somebodyThere.acquire(feature, more);
    expect(foretold.outcome).toBe(error === undefined ? "granted" : "denied");
    expect(roughly(foretold.denial)).toEqual(roughly(error?.data ?? null));
    expect(result?.["state"]).toBe(error === undefined ? "granted" : undefined);
  });

  it("is that the license is for another machine, as they would be told", async () => {
    const site = await aSite();
    const before = await started(site);
    await before.admin.installLicense(licenseFor(site));
    await before.stop();
    const { admin } = await started(site, {
      host: () => ({ hash: "cd".repeat(32), parts: ["machine-id"] }),
    });
    const ask = { feature: "cad.pro", version: "0", count: 1 };
    expect(await admin.why({ ...ask, ...person("ada") })).toMatchObject({
      outcome: "denied",
      denial: { reason: "WRONG_HOST" },
      reasons: [{ reason: "WRONG_HOST" }],
    });
  });

  it("is refused without repeating it when it is no question", async () => {
    const { admin, log } = await aRuledDaemon("");
    const bad = { feature: "CAD PRO", user: "ada-lovelace", host: "secret-host" };
    const asked = admin.why({ ...bad, version: "0", count: 1 } as never);
    await expect(asked).rejects.toThrow(expect.objectContaining({ code: "ADMIN_REQUEST" }));
    await expect(asked).rejects.not.toThrow(/ada-lovelace|secret-host|CAD PRO/);
    expect(log.join("")).not.toMatch(/ada-lovelace|secret-host|CAD PRO/);
  });
});

function person(user: string): { readonly user: RawIdentity; readonly host: RawIdentity } {
  return { user: rawIdentity(user), host: rawIdentity("ws-7") };
}

/** A wait is told in milliseconds of the moment. */
function roughly(denial: object | null): unknown {
  return denial && { ...denial, ...("retryAfterMs" in denial ? { retryAfterMs: "some" } : {}) };
}
