import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { licenseFor, started, vendor } from "./given.ts";
import { leaseOf, nonce, somebody, Workstation } from "./workstation.ts";
import { aRuledDaemon, type RuledDaemon } from "./written-rules.ts";

const groups = `
groups:
  interns: { users: ["intern-*"] }
  cad: { users: ["c-*"] }
`;

const noInterns = `${groups}
rules:
  - id: no-interns
    exclude: { feature: cad.pro, who: interns }
    reason: interns use the viewer
`;

const many = { site: "Example Studio", features: [{ name: "cad.pro", seats: 1_000 }] };

describe("a reload", () => {
  it("with 1,000 live leases loses none; those that no longer fit end at their next renewal", async () => {
    const daemon = await aRuledDaemon(groups, many);
    const holders = await inTurns(1_000, 50, async (index) => {
      const user = index % 4 === 0 ? `intern-${index}` : `c-${index}`;
      const station = await Workstation.greeted(daemon.url, somebody(user));
      return { user, station, lease: leaseOf(await station.acquire("cad.pro")) };
    });
    daemon.write(noInterns);
    expect(await daemon.admin.reload()).toMatchObject({ rules: 1, groups: 2, needsRestart: [] });
    expect((await daemon.admin.seats()).seats).toHaveLength(1_000);
    const renewed = await inTurns(1_000, 50, async (index) => {
      const holder = holders[index];
      if (holder === undefined) throw new Error("nobody");
      const { station, lease, user } = holder;
      const { result } = await station.ask("seat.renew", { leases: [lease], nonce: nonce() });
      return { user, lost: result?.["lost"] as readonly object[] };
    });
    const losers = renewed.filter(({ lost }) => lost.length > 0);
    expect(losers).toHaveLength(250);
    expect(losers.every(({ user }) => user.startsWith("intern-"))).toBe(true);
    expect(losers[0]?.lost).toEqual([
      {
        id: holders[0]?.lease,
        reason: "EXCLUDED",
        hint: "the site's rules exclude you; ask the license administrator",
        ruleId: "no-interns",
        ruleReason: "interns use the viewer",
      },
    ]);
    expect((await daemon.admin.seats()).seats).toHaveLength(750);
    expect(daemon.fatal).toEqual([]);
  });

  it("looks again at who is connected, so that a group can be given a member", async () => {
    const daemon = await aRuledDaemon(`${groups}
rules:
  - include: { feature: cad.pro, who: cad }
`);
    const ada = await Workstation.greeted(daemon.url, somebody("ada"));
    expect(await ada.acquire("cad.pro")).toMatchObject({
      error: { data: { reason: "NOT_INCLUDED" } },
    });
    daemon.write(`
groups: { cad: { users: [ada] } }
rules:
  - include: { feature: cad.pro, who: cad }
`);
    await daemon.admin.reload();
    await ada.notified("license.changed");
    expect(await ada.acquire("cad.pro")).toMatchObject({ result: { state: "granted" } });
  });

  it("drops who waits and may not any more, and keeps who waits and still may", async () => {
    const daemon = await aRuledDaemon(groups);
    const bob = await Workstation.greeted(daemon.url, somebody("bob"));
    const intern = await Workstation.greeted(daemon.url, somebody("intern-1"));
    const cleo = await Workstation.greeted(daemon.url, somebody("c-leo"));
    const held = leaseOf(await bob.acquire("cad.pro", { count: 3 }));
    await intern.acquire("cad.pro", { wait: true, key: "i" });
    await cleo.acquire("cad.pro", { wait: true, key: "c" });
    daemon.write(noInterns);
    await daemon.admin.reload();
    expect((await intern.notified("queue.dropped")).params).toMatchObject({
      key: "i",
      denial: { reason: "EXCLUDED", ruleId: "no-interns" },
    });
    await bob.ask("seat.release", { lease: held });
    expect((await cleo.notified("queue.granted")).params).toMatchObject({ key: "c" });
  });

  it("of a bad file changes nothing, and says why to the caller and the log", async () => {
    const daemon = await aRuledDaemon(noInterns);
    daemon.write("rules:\n  - exlude: { feature: cad.pro, who: interns }\n");
    await expect(daemon.admin.reload()).rejects.toThrow(
      expect.objectContaining({
        code: "CONFIG_FIELD",
        message: expect.stringContaining(
          "config.yaml:2:5: rules.0.exlude: unknown option, did you mean exclude?",
        ) as string,
      }),
    );
    expect(daemon.log.filter((line) => line.includes("reload.refused"))).toEqual([
      expect.stringContaining("did you mean exclude?"),
    ]);
    const intern = await Workstation.greeted(daemon.url, somebody("intern-1"));
    expect(await intern.acquire("cad.pro")).toMatchObject({
      error: { data: { reason: "EXCLUDED", ruleId: "no-interns" } },
    });
  });

  it("names the settings that wait for a restart, and what contradicts what", async () => {
    const daemon = await aRuledDaemon(groups);
    daemon.write(`${groups}
log: { level: debug }
rules:
  - id: keep
    reserve: { feature: cad.pro, seats: 9, for: cad }
`);
    expect(await daemon.admin.reload()).toMatchObject({
      needsRestart: ["log.level"],
      findings: expect.arrayContaining([
        {
          severity: "contradiction",
          ruleId: "keep",
          text: "9 seats of cad.pro would be reserved, the licenses have 3",
        },
      ]) as object[],
    });
  });

  it("takes licenses into use that were put into the data folder, and forgets those that are gone", async () => {
    const daemon = await aRuledDaemon("");
    const more = { site: "Example Studio", features: [{ name: "cad.max", seats: 1 }] };
    const licenseId = "00112233445566778899aabbccddeeff";
    const file = join(licenses(daemon), `${licenseId}.sklic`);
    writeFileSync(file, licenseFor(daemon.site, more, { licenseId }));
    const ada = await Workstation.greeted(daemon.url, somebody("ada"));
    expect((await daemon.admin.reload()).licenses).toEqual([
      { vendor, licenseId, change: "added" },
    ]);
    expect(await ada.acquire("cad.max")).toMatchObject({ result: { state: "granted" } });
    rmSync(file);
    expect((await daemon.admin.reload()).licenses).toMatchObject([{ change: "removed" }]);
    expect(await ada.acquire("cad.max")).toMatchObject({
      error: { data: { reason: "NOT_LICENSED_FEATURE" } },
    });
  });

  it("of a bad license changes nothing, not even the rules", async () => {
    const daemon = await aRuledDaemon("");
    writeFileSync(join(licenses(daemon), "bad.sklic"), "seatkeeper license v1\nhello\n");
    daemon.write(noInterns);
    await expect(daemon.admin.reload()).rejects.toThrow(
      expect.objectContaining({
        code: "LICENSE_FILE_REFUSED",
        message: expect.stringMatching(/^license file bad\.sklic: /) as string,
      }),
    );
    const intern = await Workstation.greeted(daemon.url, somebody("intern-1"));
    expect(await intern.acquire("cad.pro")).toMatchObject({ result: { state: "granted" } });
  });

  it("is not held up for ever by a license that was refused at the start", async () => {
    const daemon = await aRuledDaemon("");
    await daemon.stop();
    writeFileSync(join(licenses(daemon), "bad.sklic"), "seatkeeper license v1\nhello\n");
    const again = await started(daemon.site);
    expect(await again.admin.reload()).toMatchObject({ licenses: [] });
  });

  it("asked for twice at once happens twice, one after the other", async () => {
    const daemon = await aRuledDaemon("");
    daemon.write(noInterns);
    const answers = await Promise.all([daemon.admin.reload(), daemon.admin.reload()]);
    expect(answers.map(({ rules }) => rules)).toEqual([1, 1]);
  });
});

function licenses({ site }: RuledDaemon): string {
  const vendors = join(site.config.dataDir, "vendors");
  const [only = ""] = readdirSync(vendors);
  return join(vendors, only, "licenses");
}

/** So many at a time, so that no handshake runs out of time on a slow machine. */
async function inTurns<Result>(
  total: number,
  atOnce: number,
  work: (index: number) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (let start = 0; start < total; start += atOnce) {
    const indices = Array.from({ length: Math.min(atOnce, total - start) }, (_, at) => start + at);
    results.push(...(await Promise.all(indices.map(work))));
  }
  return results;
}
