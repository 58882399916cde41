import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { DENIAL_REASONS, type DenialReason } from "../../src/base/denial.ts";
import { rawIdentity } from "../../src/base/identity.ts";
import { leaseId } from "../../src/base/ids.ts";
import { unixMillis } from "../../src/base/time.ts";
import { type Config, DEFAULT_CONFIG } from "../../src/config/config.ts";
import type { SiteParts } from "../../src/daemon/site.ts";
import type { AdminNamedEdits } from "../../src/protocol/admin/named-users.ts";
import { dataFolder } from "../../src/store/data-folder.ts";
import { fillDiskUnder } from "./full-disk.ts";
import {
  aDaemon,
  aSite,
  type GivenDaemon,
  licenseFor,
  noon,
  started,
  stopTime,
  usualTerms,
} from "./given.ts";
import { after, inEmergency } from "./restored.ts";
import { leaseOf, type Message, nonce, somebody, Workstation } from "./workstation.ts";
import { aRuledDaemon } from "./written-rules.ts";

/** How somebody is denied for a reason: what came over a real connection of a real daemon. */
type Way = () => Promise<unknown>;

const oneSeat = (fields: object = {}): object => ({
  site: "Example Studio",
  features: [{ name: "cad.pro", seats: 1, lease_time: "30s", ...fields }],
});
const limits = (more: Partial<Config["limits"]>): Partial<Config> => ({
  limits: { ...DEFAULT_CONFIG.limits, ...more },
});
const hour = 3_600_000;

/** Four seats, one of which may be away for a week; one more that may not. */
const lending = {
  site: "Example Studio",
  features: [
    { name: "cad.pro", seats: 4, borrow: { days: 7, seats: 1 } },
    { name: "sim.solver", seats: 1 },
  ],
};
const loan = (fields: object = {}): object => ({
  feature: "cad.pro",
  key: "a-loan",
  borrowMs: 24 * hour,
  workstation: "a1".repeat(32),
  ...fields,
});

const forOneName = oneSeat({ named_users: { max: 1, changes_per_month: 0 } });

const otherMachine: SiteParts["host"] = () => ({ hash: "cd".repeat(32), parts: ["machine-id"] });

const WAYS: Partial<Record<DenialReason, Way>> = {
  async NO_LICENSE() {
    const { url } = await started(await aSite());
    return acquired(url);
  },
  async NOT_LICENSED_FEATURE() {
    const { url } = await aDaemon();
    return acquired(url, "cad.max");
  },
  async NOT_STARTED() {
    const later = { name: "sim.flow", seats: 1, starts_at: "2038-01-01" };
    const { url } = await aDaemon({
      site: "Example Studio",
      features: [{ name: "cad.pro", seats: 1 }, later],
    });
    return acquired(url, "sim.flow");
  },
  async EXPIRED() {
    stopTime();
    const { url } = await aDaemon(oneSeat({ expires_at: noon + 5_000 }));
    await vi.advanceTimersByTimeAsync(5_000);
    return acquired(url);
  },
  async VERSION_TOO_NEW() {
    const { url } = await aDaemon(oneSeat({ version_max: "2026" }));
    return acquired(url, "cad.pro", { version: "2027" });
  },
  async WRONG_HOST() {
    const site = await aSite();
    const daemon = await started(site);
    await daemon.admin.installLicense(licenseFor(site));
    await daemon.stop();
    const { url } = await started(site, { host: otherMachine });
    return acquired(url);
  },
  async EMERGENCY_OVER() {
    stopTime();
    const { url } = await after(3 * 24 * hour, await inEmergency());
    return acquired(url);
  },
  async NO_SEATS() {
    const { url } = await heldByBob();
    return acquired(url);
  },
  async QUEUE_FULL() {
    const { url } = await heldByBob(limits({ queueLength: 0 }));
    return acquired(url, "cad.pro", { wait: true });
  },
  async TOO_MANY() {
    const { url } = await aDaemon(oneSeat());
    return acquired(url, "cad.pro", { count: 2 });
  },
  OVER_MAX: () => ruledOut("max: { feature: cad.pro, seats: 0, per: user }"),
  NOT_INCLUDED: () => ruledOut("include: { feature: cad.pro, who: field }"),
  EXCLUDED: () => ruledOut("exclude: { feature: cad.pro, who: all }"),
  RESERVED_FOR_OTHERS: () => ruledOut("reserve: { feature: cad.pro, seats: 3, for: field }"),
  NOT_BOUND: () => ruledOut("require_bound: { feature: cad.pro, labels: [user] }"),
  async NOT_NAMED_USER() {
    const { url } = await aDaemon(forOneName);
    return acquired(url);
  },
  NAMED_USERS_FULL: () => edited("add", "ada", "bob"),
  async NAMED_USERS_FIXED() {
    const daemon = await aDaemon(forOneName);
    await edit(daemon, "add", "ada");
    return (await edit(daemon, "remove", "ada"))[0]?.denial;
  },
  BORROW_TOO_LONG: () => borrowed({ borrowMs: 8 * 24 * hour }),
  BORROW_TOO_MANY: () => borrowed({ count: 2 }),
  BORROW_NOT_ALLOWED: () => borrowed({ feature: "sim.solver" }),
  QUOTA_EXHAUSTED: () => recorded({ units: 1_001 }),
  USAGE_TOO_LATE: () => recorded({ usedAt: Date.now() - 400 * 24 * hour }),
  async USAGE_KEYS_FULL() {
    const { url } = await aDaemon(usualTerms, limits({ usageKeysPerClient: 1 }));
    const ada = await Workstation.greeted(url);
    await ada.ask("usage.record", { records: [use({ key: "first" })] });
    return denialIn(await ada.ask("usage.record", { records: [use({ key: "second" })] }));
  },
  CLOCK_SUSPECT: () => recorded({ usedAt: Date.now() + 48 * hour }),
  REFUND_NOT_ALLOWED: () => recorded({ refund: true }),
  async REFUND_TOO_MUCH() {
    const { url } = await aDaemon({
      site: "Example Studio",
      meters: [{ name: "render.minutes", unit: "minutes", refunds: true }],
    });
    const ada = await Workstation.greeted(url);
    return denialIn(await ada.ask("usage.record", { records: [use({ refund: true })] }));
  },
  async REPORT_OVERDUE() {
    const report = { interval_days: 1, overdue: "no_new_seats" };
    const daemon = await started(await aSite());
    const issuedAt = unixMillis(Date.now() - 24 * hour);
    await daemon.admin.installLicense(
      licenseFor(daemon.site, { ...usualTerms, report }, { issuedAt }),
    );
    return acquired(daemon.url);
  },
  async LEASE_UNKNOWN() {
    const { url } = await aDaemon();
    const ada = await Workstation.greeted(url);
    return (await ada.ask("seat.release", { lease: "00".repeat(16) })).error?.data;
  },
  async LEASE_EXPIRED() {
    stopTime();
    const { url } = await aDaemon(oneSeat());
    const ada = await Workstation.greeted(url);
    const lease = leaseOf(await ada.acquire("cad.pro"));
    await vi.advanceTimersByTimeAsync(30_000);
    return lostIn(await ada.ask("seat.renew", { leases: [lease], nonce: nonce() }));
  },
  async LEASE_REVOKED() {
    const { url, admin } = await aDaemon();
    const ada = await Workstation.greeted(url);
    const lease = leaseOf(await ada.acquire("cad.pro"));
    await admin.revoke(leaseId(lease));
    return lostIn(await ada.ask("seat.renew", { leases: [lease], nonce: nonce() }));
  },
  async LEASE_IDLE() {
    stopTime();
    const rules = "rules: [{ idle_timeout: { feature: cad.pro, for: 10s } }]";
    const { url } = await aRuledDaemon(rules, oneSeat());
    const ada = await Workstation.greeted(url);
    const leases = [leaseOf(await ada.acquire("cad.pro"))];
    await vi.advanceTimersByTimeAsync(20_000);
    await ada.ask("seat.renew", { leases, quiet: leases, nonce: nonce() });
    await vi.advanceTimersByTimeAsync(10_000);
    return lostIn(await ada.ask("seat.renew", { leases, nonce: nonce() }));
  },
  // Told to the administrator, under a code of the admin socket's own.
  async LEASE_BORROWED() {
    const { url, admin } = await aDaemon(lending);
    const ada = await Workstation.greeted(url);
    const lease = leaseId(String((await ada.ask("seat.borrow", loan())).result?.["lease"]));
    const { code, hint } = await admin.revoke(lease).then(
      () => ({ code: "none", hint: "none" }),
      (error: unknown) => error as { readonly code: string; readonly hint: string },
    );
    return { reason: code.replace("ADMIN_", ""), hint };
  },
  async NOT_YOUR_LEASE() {
    const { url } = await aDaemon();
    const ada = await Workstation.greeted(url);
    const lease = leaseOf(await ada.acquire("cad.pro"));
    const mallory = await Workstation.greeted(url, somebody("mallory"));
    return (await mallory.ask("seat.release", { lease })).error?.data;
  },
  async KEY_REUSED() {
    const { url } = await aDaemon();
    const ada = await Workstation.greeted(url);
    await ada.acquire("cad.pro", { key: "plot-7" });
    return (await ada.acquire("sim.solver", { key: "plot-7" })).error?.data;
  },
  async STORE_UNAVAILABLE() {
    const { url, site } = await aDaemon();
    const ada = await Workstation.greeted(url);
    const emptied = fillDiskUnder(`${dataFolder(site.config.dataDir).database}-wal`);
    const denial = (await ada.acquire("cad.pro")).error?.data;
    emptied();
    return denial;
  },
  async DRAINING() {
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    const stopped = daemon.stop();
    const denial = (await ada.acquire("cad.pro")).error?.data;
    await stopped;
    return denial;
  },
  async RATE_LIMITED() {
    const { url } = await aDaemon(usualTerms, limits({ requestsPerSecond: 5 }));
    const ada = await Workstation.greeted(url);
    const answers = await Promise.all(Array.from({ length: 9 }, () => ada.acquire("cad.pro")));
    return answers.at(-1)?.error?.data;
  },
};

/** What no daemon of this release says, and what shows that it cannot. */
const NOT_YET_SAID: Partial<Record<DenialReason, () => Promise<void> | void>> = {
  // Of the ledger the client speaks (put-back.test.ts).
  LEDGER_BROKEN: () => expectUnsaid("LEDGER_BROKEN"),
};

describe("over a real connection, somebody is denied as", () => {
  it.each(Object.entries(WAYS))("%s", async (reason, way) => {
    expect(await way()).toMatchObject({ reason, hint: expect.stringMatching(/./) as string });
  });
});

describe("a reason that this release cannot say", () => {
  it.each(Object.entries(NOT_YET_SAID))("is %s", async (_reason, proof) => {
    expect.hasAssertions();
    await proof();
  });
});

describe("the reasons of docs/ERRORS.md", () => {
  it("are each reached above, or listed with what keeps them from being said", () => {
    const told = [...Object.keys(WAYS), ...Object.keys(NOT_YET_SAID)];
    expect(told.toSorted()).toEqual([...DENIAL_REASONS].toSorted());
  });
});

async function acquired(url: string, feature = "cad.pro", more: object = {}): Promise<unknown> {
  const ada = await Workstation.greeted(url);
  return (await ada.acquire(feature, more)).error?.data;
}

async function heldByBob(more: Partial<Config> = {}): Promise<{ readonly url: string }> {
  const daemon = await aDaemon(oneSeat(), more);
  const bob = await Workstation.greeted(daemon.url, somebody("bob"));
  await bob.acquire("cad.pro");
  return daemon;
}

async function ruledOut(rule: string): Promise<unknown> {
  const { url } = await aRuledDaemon(`
groups:
  all: { users: ["*"] }
  field: { users: [fritz] }
rules:
  - ${rule}
`);
  return acquired(url);
}

async function borrowed(fields: object): Promise<unknown> {
  const { url } = await aDaemon(lending);
  const ada = await Workstation.greeted(url);
  return (await ada.ask("seat.borrow", loan(fields))).error?.data;
}

async function edited(change: "add" | "remove", ...users: readonly string[]): Promise<unknown> {
  return (await edit(await aDaemon(forOneName), change, ...users)).at(-1)?.denial;
}

async function edit(
  { admin }: GivenDaemon,
  change: "add" | "remove",
  ...users: readonly string[]
): Promise<AdminNamedEdits["results"]> {
  const asked = { feature: "cad.pro", change, users: users.map(rawIdentity) };
  return (await admin.editNamedUsers(asked)).results;
}

const use = (fields: object): object => ({
  meter: "render.minutes",
  units: 1,
  key: "a-key",
  usedAt: Date.now(),
  ...fields,
});

async function recorded(fields: object): Promise<unknown> {
  const { url } = await aDaemon();
  const ada = await Workstation.greeted(url);
  return denialIn(await ada.ask("usage.record", { records: [use(fields)] }));
}

function denialIn({ result }: Message): unknown {
  const results = result?.["results"] as readonly { readonly denial?: unknown }[] | undefined;
  return results?.[0]?.denial;
}

function lostIn({ result }: Message): unknown {
  return (result?.["lost"] as readonly unknown[] | undefined)?.[0];
}

/** Nothing that the daemon is made of says it. */
function expectUnsaid(reason: DenialReason): void {
  const files = ["seats", "daemon", "store"].flatMap((folder) =>
    readdirSync(new URL(`../../src/${folder}/`, import.meta.url)).map(
      (name) => new URL(`../../src/${folder}/${name}`, import.meta.url),
    ),
  );
  expect(files.length).toBeGreaterThan(50);
  expect(files.filter((file) => readFileSync(file, "utf8").includes(reason))).toEqual([]);
}
