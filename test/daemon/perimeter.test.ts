import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { monoMillis } from "../../src/base/time.ts";
import { type Config, DEFAULT_CONFIG, readConfig } from "../../src/config/config.ts";
import { certificateFingerprint } from "../../src/crypto/certificate.ts";
import { Perimeter } from "../../src/daemon/perimeter.ts";
import { Rates } from "../../src/daemon/rates.ts";
import { dataFolder } from "../../src/store/data-folder.ts";
import { aDaemon, aSite, emptyFolder, licenseFor, started, stopTime, usualTerms } from "./given.ts";
import { leaseOf, nonce, somebody, Workstation } from "./workstation.ts";

const access = (...networks: readonly string[]): Config["access"] =>
  readConfig(`access: { networks: [${networks.map((each) => `"${each}"`).join(", ")}] }`, "/c")
    .access;

const admits = (networks: readonly string[], address: string | undefined): boolean => {
  const config = {
    ...DEFAULT_CONFIG,
    access: access(...networks),
    tls: { mode: "off" },
  } as const;
  return new Perimeter(config, dataFolder("/nowhere")).admits(address);
};

const limits = (more: Partial<Config["limits"]>): Partial<Config> => ({
  limits: { ...DEFAULT_CONFIG.limits, ...more },
});

describe("the networks that may connect", () => {
  it.each([
    ["10.1.2.3", true],
    ["10.2.0.1", false],
    ["::ffff:10.1.2.3", true],
    ["::ffff:10.2.0.1", false],
    ["2001:db8::7", true],
    ["2001:db9::7", false],
    ["fe80::1%eth0", true],
    ["127.0.0.1", false],
    [undefined, false],
  ])("are asked of %s: %s", (address, expected) => {
    expect(admits(["10.1.0.0/16", "2001:db8::/32", "fe80::1"], address)).toBe(expected);
  });

  it("are everywhere when none is listed", () => {
    expect(admits([], "192.0.2.1")).toBe(true);
  });

  it("are refused with their line when one is none", () => {
    expect(() => readConfig("access:\n  networks: [10.1.2.0/16]\n", "/c.yaml")).toThrow(
      /\/c\.yaml:2:\d+: access\.networks\.0: .*10\.1\.0\.0\/16 is meant/,
    );
  });

  it("cut off everybody else before a word is said", async () => {
    const { url, log } = await started(await aSite({ access: access("10.1.0.0/16") }));
    await expect(Workstation.at(url)).rejects.toThrow("socket hang up");
    expect(log.join("")).toContain('"reason":"network"');
  });

  it("let in whom they list", async () => {
    const { url } = await aDaemon(usualTerms, { access: access("127.0.0.0/8") });
    const ada = await Workstation.greeted(url);
    expect(await ada.acquire("cad.pro")).toMatchObject({ result: { state: "granted" } });
  });

  it("follow a reload: who connects from elsewhere has to go, and keeps the seat for its time", async () => {
    const site = await aSite({ access: access("127.0.0.1") });
    const reread = () => ({ ...site.config, access: access("10.1.0.0/16") });
    const daemon = await started(site, { reread });
    await daemon.admin.installLicense(licenseFor(site));
    const ada = await Workstation.greeted(daemon.url);
    leaseOf(await ada.acquire("cad.pro"));
    expect(await daemon.admin.reload()).toMatchObject({ needsRestart: [] });
    expect(await ada.closed()).toBe(1008);
    expect((await daemon.admin.seats()).seats).toMatchObject([{ connected: false }]);
    await expect(Workstation.at(daemon.url)).rejects.toThrow("socket hang up");
  });
});

describe("a renewed certificate", () => {
  it("is taken into use by a reload; who is connected stays and renews", async () => {
    const site = await aSite({ tls: { mode: "self-made" } });
    const other = await aSite({ tls: { mode: "self-made" } });
    const files = dataFolder(other.config.dataDir);
    const tls = { mode: "files", certificate: files.tlsCertificate, key: files.tlsKey } as const;
    const daemon = await started(site, { reread: () => ({ ...site.config, tls }) });
    await daemon.admin.installLicense(licenseFor(site));
    const ada = await Workstation.greeted(daemon.url);
    const lease = leaseOf(await ada.acquire("cad.pro"));
    expect(await daemon.admin.reload()).toMatchObject({ needsRestart: [] });
    const bob = await Workstation.at(daemon.url, somebody("bob"));
    const challenge = await bob.challenge();
    const renewed = readFileSync(files.tlsCertificate, "utf8");
    expect(challenge.certificateFingerprint).toBe(certificateFingerprint(renewed));
    expect(await bob.hello(challenge)).toHaveProperty("result");
    const { result } = await ada.ask("seat.renew", { leases: [lease], nonce: nonce() });
    expect(result).toMatchObject({ leases: [{ id: lease }], lost: [] });
  });

  it("that cannot be read changes nothing, nor do the rules beside it", async () => {
    const site = await aSite({ tls: { mode: "self-made" } });
    const missing = `${emptyFolder()}/missing.pem`;
    const tls = { mode: "files", certificate: missing, key: missing } as const;
    const reread = () => ({ ...site.config, tls, access: access("10.1.0.0/16") });
    const daemon = await started(site, { reread });
    await daemon.admin.installLicense(licenseFor(site));
    await expect(daemon.admin.reload()).rejects.toMatchObject({ code: "TLS_FILES" });
    await Workstation.greeted(daemon.url);
  });

  it("is not a way from TLS to plaintext: that takes a restart", async () => {
    const site = await aSite({ tls: { mode: "self-made" } });
    const reread = () => ({ ...site.config, tls: { mode: "off" } }) as const;
    const daemon = await started(site, { reread });
    expect(await daemon.admin.reload()).toMatchObject({ needsRestart: ["tls.mode"] });
    const challenge = await (await Workstation.at(daemon.url)).challenge();
    expect(challenge.certificateFingerprint).toMatch(/^[\da-f]{64}$/);
  });
});

describe("too much in a second", () => {
  it("of new connections of one address are cut off", async () => {
    stopTime();
    const { url, log } = await aDaemon(usualTerms, limits({ connectsPerAddress: 1 }));
    const tries = await Promise.allSettled(Array.from({ length: 8 }, () => Workstation.at(url)));
    expect(tries.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(log.join("")).toContain('"reason":"too-fast"');
  });

  it("of one client key is denied, over however many connections it comes", async () => {
    stopTime();
    const { url } = await aDaemon(
      usualTerms,
      limits({ requestsPerSecond: 20, requestsPerKey: 20 }),
    );
    const { signer } = somebody();
    const stations = await Promise.all(
      Array.from({ length: 3 }, () => Workstation.greeted(url, { ...somebody(), signer })),
    );
    const answers = await Promise.all(
      stations.flatMap((each) => Array.from({ length: 15 }, () => each.ask("status.get"))),
    );
    const denied = answers.filter(({ error }) => error?.data["reason"] === "RATE_LIMITED");
    expect(denied).toHaveLength(25);
    const other = await Workstation.greeted(url);
    expect(await other.ask("status.get")).toHaveProperty("result");
  });

  it("is counted for each alone, and who is idle is forgotten", () => {
    const rates = new Rates(2, 0);
    expect([1, 2, 3].map(() => rates.take("one", monoMillis(0)) === undefined)).toEqual([
      true,
      true,
      false,
    ]);
    expect(rates.take("other", monoMillis(0))).toBeUndefined();
    expect(rates.take("one", monoMillis(499))).toBeDefined();
    expect(rates.take("one", monoMillis(1_000))).toBeUndefined();
    expect(rates.take("one", monoMillis(60_000))).toBeUndefined();
  });
});
