import { cpSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { fromBase64, toHex, utf8 } from "../../src/base/bytes.ts";
import { sha256 } from "../../src/crypto/hash.ts";
import {
  aDaemon,
  emptyFolder,
  type GivenDaemon,
  licenseFor,
  noon,
  started,
  stopTime,
  usualTerms,
} from "./given.ts";
import { application, grow, heads, incidents, putBack, visit } from "./putting-back.ts";

const logged = ({ log }: GivenDaemon, event: string): readonly string[] =>
  log.filter((line) => line.includes(`"event":"${event}"`));

const policy = (more: object): object => ({ ...usualTerms, ...more });

describe("a ledger that was put back to an older state", () => {
  it("is noticed by an application that remembers, which keeps both heads and has its seat", async () => {
    const dataDir = emptyFolder();
    const { daemon, forgotten } = await putBack(usualTerms, dataDir);
    const [remembered] = heads(dataDir);
    const { keeper, told } = await application(daemon, dataDir);
    const seat = await keeper.acquire("cad.pro");
    expect(seat.state).toBe("held");
    expect(told).toMatchObject([{ known: forgotten, policy: "flag", refusedFrom: undefined }]);
    expect(told[0]?.shown).toBeLessThan(forgotten);

    const path = told[0]?.evidence ?? "";
    const evidence = JSON.parse(readFileSync(path, "utf8")) as { known: string; shown: string };
    expect(evidence.known).toBe(remembered?.text);
    expect(evidence.shown).toMatch(new RegExp(`/skc/[0-9a-f]{32}\n${told[0]?.shown}\n`));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(heads(dataDir)).toEqual([remembered]);
  });

  it("is one incident in the ledger, however often and by however many it is noticed", async () => {
    const [first, second] = [emptyFolder(), emptyFolder()];
    const { daemon } = await putBack(usualTerms, first);
    cpSync(first, second, { recursive: true });
    await visit(daemon, first);
    await visit(daemon, second);
    await visit(daemon, first);
    const sealed = await incidents(daemon);
    expect(sealed).toMatchObject([{ code: "HEAD_CONTRADICTED", count: 1 }]);
    const [incident] = sealed;
    expect(logged(daemon, "head.contradicted")).toHaveLength(1);

    await daemon.stop();
    const again = await started(daemon.site);
    await visit(again, second);
    expect(await incidents(again)).toHaveLength(1);
    const [told] = (await again.admin.status()).vendors[0]?.contradictions ?? [];
    const { shown = "", own = "" } = told ?? {};
    expect(told?.evidence).toBe(toHex(sha256(utf8(shown + own))));
    expect(toHex(incident?.evidenceHash ?? new Uint8Array(0))).toBe(told?.evidence);
  });

  it("gives no seat where the license says refuse, and the daemon has it back", async () => {
    const dataDir = emptyFolder();
    const { daemon } = await putBack(policy({ witness_policy: "refuse" }), dataDir);
    const { keeper, told } = await application(daemon, dataDir);
    await expect(keeper.acquire("cad.pro")).rejects.toMatchObject({
      code: "SEAT_DENIED",
      reason: "LEDGER_BROKEN",
      hint: expect.stringContaining(told[0]?.evidence ?? "evidence") as string,
    });
    await keeper.close();
    expect((await daemon.admin.seats()).seats).toEqual([]);
  });

  it("lends none either, and has back what it lent", async () => {
    const dataDir = emptyFolder();
    const lending = { name: "cad.pro", seats: 3, borrow: { days: 7, seats: 2 } };
    const terms = { site: "Example Studio", features: [lending], witness_policy: "refuse" };
    const { daemon } = await putBack(terms, dataDir);
    const { keeper } = await application(daemon, dataDir);
    await expect(keeper.borrow("cad.pro", { days: 1 })).rejects.toMatchObject({
      reason: "LEDGER_BROKEN",
    });
    await expect.poll(async () => (await daemon.admin.seats()).seats).toEqual([]);
  });

  it("ends the seats that are held, for good", async () => {
    const terms = policy({ witness_policy: "refuse" });
    const [dataDir, snapshot] = [emptyFolder(), join(emptyFolder(), "snapshot")];
    const first = await aDaemon(terms);
    const { config } = first.site;
    const listen = { ...config.listen, port: first.address.port };
    const site = { ...first.site, config: { ...config, listen } };
    const { keeper } = await application(first, dataDir);
    const seat = await keeper.acquire("sim.solver");
    await first.stop();
    cpSync(config.dataDir, snapshot, { recursive: true });
    const second = await started(site);
    await grow(second);
    await visit(second, dataDir);
    await second.stop();
    rmSync(config.dataDir, { recursive: true });
    cpSync(snapshot, config.dataDir, { recursive: true });
    const third = await started(site);
    await expect
      .poll(() => seat.loss, { timeout: 20_000 })
      .toMatchObject({
        reason: "LEDGER_BROKEN",
        final: true,
      });
    await expect.poll(async () => (await third.admin.seats()).seats).toEqual([]);
  });

  it("gives seats for the days of grace, also to later processes, and none afterwards", async () => {
    stopTime();
    const dataDir = emptyFolder();
    const terms = policy({ witness_policy: "grace", policy_grace_days: 2 });
    const { daemon } = await putBack(terms, dataDir);
    const { keeper, told } = await application(daemon, dataDir);
    await keeper.acquire("cad.pro");
    expect(told).toMatchObject([{ policy: "grace", refusedFrom: noon + 2 * 86_400_000 }]);
    await keeper.close();

    vi.setSystemTime(noon + 2 * 86_400_000 - 1);
    await visit(daemon, dataDir);
    vi.setSystemTime(noon + 2 * 86_400_000);
    const late = await application(daemon, dataDir);
    await expect(late.keeper.acquire("cad.pro")).rejects.toMatchObject({ reason: "LEDGER_BROKEN" });
  });
});

describe("a server that was put back behind what the vendor has acknowledged", () => {
  it("is noticed by an application that has seen nothing yet", async () => {
    const daemon = await aDaemon();
    const acknowledged = { size: 40, root: sha256(utf8("the ledger that was billed")) };
    await daemon.admin.installLicense(licenseFor(daemon.site, usualTerms, { acknowledged }));
    const { keeper, told } = await application(daemon, emptyFolder());
    await keeper.acquire("cad.pro");
    expect(told).toMatchObject([{ knownBy: "vendor", known: 40, shown: 3 }]);
    const evidence = JSON.parse(readFileSync(told[0]?.evidence ?? "", "utf8")) as { known: string };
    expect(evidence.known).toMatch(/^seatkeeper license v1\n/);
  });

  it("is none where the ledger goes on from it, and what was acknowledged is proven once", async () => {
    const daemon = await aDaemon();
    await grow(daemon);
    const dataDir = emptyFolder();
    await visit(daemon, dataDir);
    const { size, text } = heads(dataDir)[0] ?? { size: 0, text: "" };
    const acknowledged = { size, root: fromBase64(text.split("\n")[2] ?? "") };
    await grow(daemon);
    await daemon.admin.installLicense(licenseFor(daemon.site, usualTerms, { acknowledged }));
    const { keeper, told } = await application(daemon, emptyFolder());
    await keeper.acquire("cad.pro");
    expect(told).toEqual([]);
  });
});

describe("two ledgers that go on from one", () => {
  it("cannot both serve an application that remembers, however long each grows", async () => {
    const [dataDir, other] = [emptyFolder(), emptyFolder()];
    const first = await aDaemon();
    await visit(first, dataDir);
    await first.stop();
    const twin = { ...first.site.config, dataDir: join(other, "data"), socket: join(other, "s") };
    cpSync(first.site.config.dataDir, twin.dataDir, { recursive: true });
    const real = await started(first.site);
    const fake = await started({ ...first.site, config: twin });

    await grow(real);
    await visit(real, dataDir);
    await grow(fake);
    await grow(fake);
    const atFake = await application(fake, dataDir);
    await atFake.keeper.acquire("cad.pro");
    expect(atFake.told).toHaveLength(1);
    expect(atFake.told[0]?.shown).toBeGreaterThan(atFake.told[0]?.known ?? Infinity);
    expect(await incidents(fake)).toMatchObject([{ code: "HEAD_CONTRADICTED" }]);

    await grow(real);
    const atReal = await application(real, dataDir);
    await atReal.keeper.acquire("cad.pro");
    expect(atReal.told).toEqual([]);
    expect(logged(real, "head.contradicted")).toEqual([]);
  });
});
