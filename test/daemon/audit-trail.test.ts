import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { toHex } from "../../src/base/bytes.ts";
import { rawIdentity } from "../../src/base/identity.ts";
import { leaseId } from "../../src/base/ids.ts";
import { monoMillis, unixMillis } from "../../src/base/time.ts";
import { AdminClient } from "../../src/daemon/admin-client.ts";
import { AuditTrail, ITSELF } from "../../src/daemon/audit-trail.ts";
import { createLog } from "../../src/log/log.ts";
import { ADMIN_DUTIES } from "../../src/protocol/admin/duties.ts";
import { ADMIN_ROUTES, type AdminRouteName } from "../../src/protocol/admin.ts";
import { dataFolder } from "../../src/store/data-folder.ts";
import { openStore } from "../../src/store/database.ts";
import { TrailCheck, type TrailReport } from "../../src/trail/chain.ts";
import { readRecord, type TrailRecord } from "../../src/trail/record.ts";
import { ingest } from "./at-the-vendor.ts";
import { fillDiskUnder } from "./full-disk.ts";
import { aDaemon, emptyFolder, type GivenDaemon, noon, started, stopTime } from "./given.ts";
import { leaseOf, somebody, Workstation } from "./workstation.ts";

type Daemon = Pick<GivenDaemon, "admin">;

async function recordsOf({ admin }: Daemon): Promise<readonly TrailRecord[]> {
  const all: TrailRecord[] = [];
  for await (const { records } of admin.trail()) {
    all.push(...records.map(({ text }) => readRecord(text)));
  }
  return all;
}

async function verified({ admin }: Daemon): Promise<TrailReport> {
  const check = new TrailCheck();
  for await (const { records, head } of admin.trail()) {
    for (const { text, hash } of records) check.visit({ text, hash: Buffer.from(hash, "hex") });
    check.expectLast(head ?? "");
  }
  return check.finish();
}

/** The records of one act, without their places and times. */
async function recordsAbout(daemon: Daemon, act: string): Promise<readonly object[]> {
  const all = await recordsOf(daemon);
  return all
    .filter((each) => each.act === act)
    .map(({ outcome, by, of, code, times, about }) => ({ outcome, by, of, code, times, about }));
}

const administrator = { role: "administrator", via: "socket", who: null };

describe("an administrative act", () => {
  it("is recorded before it begins and when it is done, with ids and pseudonyms alone", async () => {
    const daemon = await aDaemon();
    const root = new AdminClient(daemon.site.config.socket, rawIdentity("root-of-cad"));
    const { id, user } = await root.createToken({ user: rawIdentity("ada.lovelace") });
    await root.revokeToken(id);
    const [begun, done] = await recordsAbout(daemon, "tokens.create");
    expect(begun).toMatchObject({ outcome: "begun", about: { user } });
    expect(done).toMatchObject({ outcome: "done", about: { token: id } });
    const revoked = (await recordsOf(daemon)).filter(({ act }) => act === "tokens.revoke");
    const [first, second] = revoked;
    expect(first?.by).toMatchObject({ role: "administrator", via: "socket" });
    expect(first?.by.who).toMatch(/^u_[\w-]{22}$/);
    expect(second?.of).toBe(first?.seq);
    const told = JSON.stringify(await recordsOf(daemon));
    expect(told).not.toMatch(/ada\.lovelace|root-of-cad|sktok1/);
  });

  it("that is refused is recorded with the code", async () => {
    const daemon = await aDaemon();
    const nobodys = leaseId("0".repeat(32));
    await expect(daemon.admin.revoke(nobodys)).rejects.toMatchObject({
      code: "ADMIN_LEASE_UNKNOWN",
    });
    expect(await recordsAbout(daemon, "seats.revoke")).toEqual([
      { outcome: "begun", by: administrator, about: { lease: nobodys } },
      {
        outcome: "refused",
        by: administrator,
        of: expect.any(Number) as number,
        code: "ADMIN_LEASE_UNKNOWN",
        about: {},
      },
    ]);
  });

  it("is every request that changes something or gives it away; what only looks is not", () => {
    const posted = Object.entries(ADMIN_ROUTES)
      .filter(([, { method }]) => method === "POST")
      .map(([name]) => name as AdminRouteName);
    const looking = ["findSeats", "why", "askNamedUser", "findTokens"];
    for (const name of posted) {
      expect([name, ADMIN_DUTIES[name].act === null]).toEqual([name, looking.includes(name)]);
    }
  });

  it("by signal is one too", async () => {
    const daemon = await aDaemon();
    await daemon.reload();
    expect(await recordsAbout(daemon, "config.reload")).toMatchObject([
      { outcome: "begun", by: { role: "administrator", via: "signal", who: null } },
      { outcome: "done", about: { rules: 0, groups: 0, licenses: 0 } },
    ]);
  });

  it("is not done where it cannot be recorded", async () => {
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    const lease = leaseId(leaseOf(await ada.acquire("cad.pro")));
    const emptied = fillDiskUnder(`${dataFolder(daemon.site.config.dataDir).database}-wal`);
    await expect(daemon.admin.revoke(lease)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    emptied();
    expect((await daemon.admin.seats()).seats).toMatchObject([{ lease }]);
    expect(await recordsAbout(daemon, "seats.revoke")).toEqual([]);
    await daemon.admin.revoke(lease);
    expect(await recordsAbout(daemon, "seats.revoke")).toHaveLength(2);
    expect((await verified(daemon)).problems).toEqual([]);
  });
});

describe("what somebody tries", () => {
  it("is recorded once, and how often it came again a minute later", async () => {
    stopTime();
    const daemon = await aDaemon();
    for (let tried = 0; tried < 5; tried += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const mallory = await Workstation.at(daemon.url, somebody("mallory"));
      // oxlint-disable-next-line no-await-in-loop
      await mallory.hello(await mallory.challenge(), {}, {}, "a-token-that-nobody-made");
      // oxlint-disable-next-line no-await-in-loop
      await mallory.closed();
    }
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await recordsAbout(daemon, "enrolment.refused")).toMatchObject([
      { outcome: "noted", by: { role: "client", via: "network" }, about: { reason: "unknown" } },
      { outcome: "noted", by: { who: null }, times: 4 },
    ]);
    expect(JSON.stringify(await recordsOf(daemon))).not.toContain("mallory");
  });

  it("by an address that may not connect is recorded under the address's pseudonym", async () => {
    const daemon = await aDaemon();
    const rebound = { headers: { host: "rebound.evil.example" } };
    await expect(Workstation.at(daemon.url, somebody(), rebound)).rejects.toThrow("421");
    const [refused] = (await recordsOf(daemon)).filter(({ act }) => act === "connection.refused");
    expect(refused?.by.who).toMatch(/^a_[\w-]{22}$/);
    expect(refused?.about).toEqual({ reason: "host" });
  });
});

describe("the trail of a site", () => {
  it("goes on after a restart, and tells when the daemon began and ended", async () => {
    const daemon = await aDaemon();
    const before = await verified(daemon);
    await daemon.stop();
    const again = await started(daemon.site);
    const report = await verified(again);
    expect(report.problems).toEqual([]);
    expect(report.first).toBe(1);
    expect(report.records).toBe(before.records + 2);
    const acts = (await recordsOf(again)).map(({ act }) => act);
    expect(acts.slice(-2)).toEqual(["daemon.stopped", "daemon.started"]);
  });

  it("has its head in each checkpoint of the ledger, where the vendor and the auditor read it", async () => {
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    leaseOf(await ada.acquire("cad.pro"));
    await daemon.admin.checkpoint();
    const pieces: Uint8Array[] = [];
    await daemon.admin.exportUsage((piece) => void pieces.push(piece));
    const { report, payloads } = ingest(Buffer.concat(pieces), daemon.site.request);
    expect(report.problems).toEqual([]);
    const heads = payloads.flatMap((each) =>
      each.type === "checkpoint" && each.meta.trailHead ? [toHex(each.meta.trailHead)] : [],
    );
    expect(heads.length).toBeGreaterThan(0);
    const check = new TrailCheck();
    for (const head of heads) check.expect(head);
    for await (const { records } of daemon.admin.trail()) {
      for (const { text, hash } of records) check.visit({ text, hash: Buffer.from(hash, "hex") });
    }
    expect(check.finish()).toMatchObject({ problems: [], found: [...new Set(heads)] });
  });

  it.each([
    [
      "changed",
      "UPDATE trail SET text = replace(text, 'license.install', 'config.reload') WHERE seq = 2",
      [{ code: "TRAIL_CHANGED", seq: 2 }],
    ],
    ["cut out", "DELETE FROM trail WHERE seq = 2", [{ code: "TRAIL_CUT", seq: 3 }]],
    [
      "cut off at the end",
      "DELETE FROM trail WHERE seq = (SELECT max(seq) FROM trail)",
      [{ code: "TRAIL_CUT" }],
    ],
  ])("with a record %s in the database tells which", async (_, sql, problems) => {
    const daemon = await aDaemon();
    await daemon.stop();
    const database = new Sqlite(dataFolder(daemon.site.config.dataDir).database);
    expect(() => database.exec(sql)).toThrow("append-only");
    database.exec(`DROP TRIGGER trail_is_not_changed; DROP TRIGGER trail_goes_from_the_oldest_on`);
    database.exec(sql);
    database.close();
    const again = await started(daemon.site);
    expect((await verified(again)).problems).toMatchObject(problems);
  });
});

function aTrail() {
  const store = openStore(join(emptyFolder(), "seatkeeper.db"));
  onTestFinished(() => store.close());
  let wall: number = noon;
  const time = { now: () => ({ mono: monoMillis(0), wall: unixMillis(wall) }) };
  const log = createLog({ level: "error", destination: { write: () => undefined } });
  const open = (): AuditTrail => new AuditTrail({ store, time, log, fatal: fail });
  return {
    trail: open(),
    at: (moment: number) => {
      wall = moment;
    },
    open,
    texts: () => store.trail(0, 1_000).map(({ text }) => readRecord(text)),
  };
}

describe("the records of a trail", () => {
  it("say of an act that a crash has cut off that it has begun, and no more", () => {
    const { trail, open, texts } = aTrail();
    trail.begin("seats.revoke", ITSELF, {});
    open().note({ act: "daemon.started", by: ITSELF, about: {} });
    expect(texts()).toMatchObject([
      { seq: 1, outcome: "begun" },
      { seq: 2, act: "daemon.started" },
    ]);
  });

  it("are forgotten when they are older than they are kept, and one says how they ended", () => {
    const day = 86_400_000;
    const { trail, at, texts } = aTrail();
    for (const [index, moment] of [noon, noon + day, noon + 10 * day].entries()) {
      at(moment);
      trail.note({ act: "daemon.started", by: ITSELF, about: { index } });
    }
    trail.forget(unixMillis(noon + day / 2));
    expect(texts()).toHaveLength(3);
    trail.forget(unixMillis(noon + 5 * day));
    expect(texts()).toMatchObject([
      { seq: 3 },
      { seq: 4, act: "trail.forgotten", about: { through: 2 } },
    ]);
    const before = texts();
    trail.forget(unixMillis(noon + 5 * day));
    expect(texts()).toEqual(before);
  });
});

function fail(error: unknown): never {
  throw error;
}
