import { describe, expect, it } from "vitest";
import { rawIdentity } from "../../src/base/identity.ts";
import { aDaemon } from "./given.ts";
import { leaseOf, somebody, Workstation } from "./workstation.ts";

/** As the administrator writes the name. */
const user = (name: string): { readonly user: ReturnType<typeof rawIdentity> } => ({
  user: rawIdentity(name),
});

const terms = {
  site: "Example Studio",
  features: [{ name: "cad.pro", seats: 5, borrow: { days: 7, seats: 2 } }],
};

describe("the seats of somebody", () => {
  it("are found by user, by host, or by the two together", async () => {
    const daemon = await aDaemon(terms);
    const [home, office, bob] = [
      await Workstation.greeted(daemon.url, somebody("ada", "home-pc")),
      await Workstation.greeted(daemon.url, somebody("ada", "office-pc")),
      await Workstation.greeted(daemon.url, somebody("bob", "office-pc")),
    ];
    const [first, second, third] = [
      leaseOf(await home.acquire("cad.pro")),
      leaseOf(await office.acquire("cad.pro")),
      leaseOf(await bob.acquire("cad.pro")),
    ];
    const found = async (query: object): Promise<readonly string[]> =>
      (await daemon.admin.find(query)).seats.map(({ lease }) => lease);
    expect(await found(user("ada"))).toEqual([first, second]);
    expect(await found({ host: rawIdentity("office-pc") })).toEqual([second, third]);
    expect(await found({ ...user("ada"), host: rawIdentity("office-pc") })).toEqual([second]);
    expect(await found(user("Ada"))).toEqual([]);
    await bob.acquire("cad.pro", { count: 5, wait: true });
    expect((await daemon.admin.find(user("bob"))).queue).toMatchObject([
      { feature: "cad.pro", position: 1, count: 5 },
    ]);
    expect((await daemon.admin.find(user("ada"))).queue).toEqual([]);
  });

  it("are taken back together, but for borrowed ones, which are named", async () => {
    const daemon = await aDaemon(terms);
    const ada = await Workstation.greeted(daemon.url);
    const lease = leaseOf(await ada.acquire("cad.pro"));
    const workstation = "a1".repeat(32);
    const borrowed = await ada.ask("seat.borrow", {
      feature: "cad.pro",
      key: "trip",
      borrowMs: 86_400_000,
      workstation,
    });
    expect(await daemon.admin.revokeHeld(user("ada"))).toEqual({
      leases: [lease],
      kept: [borrowed.result?.["lease"]],
    });
    expect((await ada.notified("lease.revoked")).params).toMatchObject({ lease });
    expect((await daemon.admin.find(user("ada"))).seats).toHaveLength(1);
  });
});
