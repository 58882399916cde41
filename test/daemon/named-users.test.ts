import { describe, expect, it } from "vitest";
import { rawIdentity } from "../../src/base/identity.ts";
import { ingest } from "./at-the-vendor.ts";
import { aDaemon, type GivenDaemon, started } from "./given.ts";
import { leaseOf, nonce, somebody, Workstation } from "./workstation.ts";

const TERMS = (more: object = {}): object => ({
  site: "Example Studio",
  features: [
    { name: "cad.pro", seats: 3, lease_time: "30s", named_users: { max: 2, changes_per_month: 1 } },
    { name: "sim.solver", seats: 1, lease_time: "30s" },
  ],
  ...more,
});

const station = (daemon: GivenDaemon, user: string): Promise<Workstation> =>
  Workstation.greeted(daemon.url, somebody(user));

const edit = (
  { admin }: Pick<GivenDaemon, "admin">,
  change: "add" | "remove",
  ...users: readonly string[]
) => admin.editNamedUsers({ feature: "cad.pro", change, users: users.map(rawIdentity) });

describe("a feature for named users", () => {
  it("is denied to whoever is not on the list, and granted to whoever is", async () => {
    const daemon = await aDaemon(TERMS());
    const ada = await station(daemon, "ada");
    expect((await ada.acquire("cad.pro")).error?.data).toMatchObject({
      reason: "NOT_NAMED_USER",
      feature: "cad.pro",
    });
    expect(await edit(daemon, "add", "ada")).toMatchObject({
      vendor: "acme.example",
      results: [{ user: expect.stringMatching(/^u_/) as unknown, outcome: "changed" }],
    });
    leaseOf(await ada.acquire("cad.pro"));
    const bob = await station(daemon, "bob");
    expect((await bob.acquire("cad.pro")).error?.data).toMatchObject({ reason: "NOT_NAMED_USER" });
    leaseOf(await bob.acquire("sim.solver"));
  });

  it("ends the seat of a user taken off the list at its next renewal", async () => {
    const daemon = await aDaemon(TERMS());
    const ada = await station(daemon, "ada");
    await edit(daemon, "add", "ada");
    const lease = leaseOf(await ada.acquire("cad.pro"));
    await edit(daemon, "remove", "ada");
    const renewed = await ada.ask("seat.renew", { leases: [lease], nonce: nonce() });
    expect(renewed.result).toMatchObject({
      leases: [],
      lost: [{ id: lease, reason: "NOT_NAMED_USER" }],
    });
  });

  it("has as many names and as many changes a month as the license says", async () => {
    const daemon = await aDaemon(TERMS());
    expect((await edit(daemon, "add", "ada", "bob", "cid", "ada")).results).toMatchObject([
      { outcome: "changed" },
      { outcome: "changed" },
      { outcome: "denied", denial: { reason: "NAMED_USERS_FULL", feature: "cad.pro" } },
      { outcome: "unchanged", denial: null },
    ]);
    expect((await edit(daemon, "remove", "ada", "dot", "bob")).results).toMatchObject([
      { outcome: "changed" },
      { outcome: "unchanged" },
      { outcome: "denied", denial: { reason: "NAMED_USERS_FIXED" } },
    ]);
    const { lists } = await daemon.admin.namedUsers();
    expect(lists).toMatchObject([
      { vendor: "acme.example", feature: "cad.pro", max: 2, changesLeft: 0, users: [{}] },
    ]);
  });

  it("keeps its list and the count of changes over a restart", async () => {
    const daemon = await aDaemon(TERMS());
    await edit(daemon, "add", "ada", "bob");
    await edit(daemon, "remove", "ada");
    const { lists } = await daemon.admin.namedUsers();
    await daemon.stop();
    const again = await started(daemon.site);
    expect((await again.admin.namedUsers()).lists).toEqual(lists);
    expect((await edit(again, "remove", "bob")).results).toMatchObject([
      { denial: { reason: "NAMED_USERS_FIXED" } },
    ]);
    leaseOf(await (await station(again, "bob")).acquire("cad.pro"));
  });

  it("tells who is on it only to who knows the name", async () => {
    const daemon = await aDaemon(TERMS());
    const { results } = await edit(daemon, "add", "ada");
    const ask = (user: string) =>
      daemon.admin.askNamedUser({ feature: "cad.pro", user: rawIdentity(user) });
    expect(await ask("ada")).toMatchObject({ named: { user: results[0]?.user, counts: true } });
    expect(await ask("bob")).toMatchObject({ named: null });
  });

  it("has every change in the log and in the ledger, by pseudonym", async () => {
    const daemon = await aDaemon(TERMS({ detail: "events" }));
    const { results } = await edit(daemon, "add", "ada");
    await edit(daemon, "remove", "ada");
    const user = results[0]?.user;
    const logged = daemon.log
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
      .filter(({ event }) => event === "named-users.changed");
    expect(logged).toMatchObject([
      { vendor: "acme.example", feature: "cad.pro", change: "add", pseudonym: user },
      { change: "remove", pseudonym: user },
    ]);
    const pieces: Uint8Array[] = [];
    await daemon.admin.exportUsage((piece) => void pieces.push(piece));
    const { report, payloads } = ingest(Buffer.concat(pieces), daemon.site.request);
    expect(report).toMatchObject({ verdict: "FIRST_VERIFIED", problems: [] });
    expect(payloads.filter(({ type }) => type === "checkpoint")).toMatchObject([
      {
        events: [
          { type: "naming", feature: "cad.pro", user, change: "named" },
          { type: "naming", feature: "cad.pro", user, change: "unnamed" },
        ],
      },
    ]);
    expect((await daemon.admin.usage()).rows).toMatchObject([
      { feature: "cad.pro", grants: 0, named: 1, unnamed: 1 },
    ]);
  });
});

describe("a feature for anybody", () => {
  it("has no list that could be changed", async () => {
    const daemon = await aDaemon(TERMS());
    const users = [rawIdentity("ada")];
    expect(
      await daemon.admin.editNamedUsers({ feature: "sim.solver", change: "add", users }),
    ).toMatchObject({ results: [{ denial: { reason: "NOT_LICENSED_FEATURE" } }] });
  });
});
