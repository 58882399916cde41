import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { utf8 } from "../../src/base/bytes.ts";
import { leaseId } from "../../src/base/ids.ts";
import { AdminClient } from "../../src/daemon/admin-client.ts";
import { inspectLedger } from "../../src/daemon/ledger-inspection.ts";
import { openOffline } from "../../src/daemon/offline.ts";
import { dataFolder, vendorFolder } from "../../src/store/data-folder.ts";
import { ingest, receiptFor } from "./at-the-vendor.ts";
import { aDaemon, aSite, emptyFolder, type GivenDaemon, host, started } from "./given.ts";
import { leaseOf, nonce, Workstation } from "./workstation.ts";

describe("the administrator", () => {
  it("sees what is in use, by pseudonym", async () => {
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    const lease = leaseOf(await ada.acquire("cad.pro", { count: 2, version: "2026.1" }));
    expect(await daemon.admin.status()).toMatchObject({
      ready: true,
      problems: [],
      connections: 1,
      vendors: [
        {
          vendor: "acme.example",
          licenses: 1,
          ledger: { size: 1, acknowledged: 0, pending: 1 },
          features: [
            { feature: "cad.pro", seats: 3, used: 2, free: 1, queued: 0 },
            { feature: "sim.solver", seats: 1, used: 0, free: 1, queued: 0 },
          ],
          meters: [{ meter: "render.minutes", unit: "minutes", quota: 1_000, used: 0 }],
          expiries: [],
        },
      ],
    });
    const { seats } = await daemon.admin.seats();
    expect(seats).toMatchObject([
      { lease, feature: "cad.pro", version: "2026.1", count: 2, connected: true, overdraft: false },
    ]);
    expect(seats[0]?.user).toMatch(/^u_/);
    expect(seats[0]?.host).toMatch(/^h_/);
  });

  it("takes a seat back, and its holder is told", async () => {
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    const lease = leaseId(leaseOf(await ada.acquire("sim.solver")));
    expect(await daemon.admin.revoke(lease)).toEqual({ lease });
    expect((await ada.notified("lease.revoked")).params).toMatchObject({
      lease,
      reason: "LEASE_REVOKED",
    });
    await expect(daemon.admin.revoke(lease)).rejects.toMatchObject({ code: "ADMIN_LEASE_UNKNOWN" });
  });

  it("reads what was used, day by day", async () => {
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    await ada.acquire("sim.solver");
    await ada.acquire("sim.solver");
    const records = [{ meter: "render.minutes", units: 25, key: "job-1", usedAt: Date.now() }];
    await ada.ask("usage.record", { records });
    const { rows } = await daemon.admin.usage();
    expect(rows).toMatchObject([
      { kind: "feature", feature: "sim.solver", grants: 1, denials: 1 },
      { kind: "meter", meter: "render.minutes", records: 1, units: 25 },
    ]);
    await daemon.admin.checkpoint();
    expect((await daemon.admin.usage({ to: "2026-01-01" })).rows).toEqual([]);
  });

  it("seals at will", async () => {
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    expect(await daemon.admin.checkpoint()).toEqual({ sealed: [] });
    await ada.acquire("cad.pro");
    expect(await daemon.admin.checkpoint()).toEqual({
      sealed: [{ vendor: "acme.example", size: 3, events: 1 }],
    });
  });
});

describe("the bundle and its receipt", () => {
  it("travel to the vendor and back, and the next bundle shows it", async () => {
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    await ada.acquire("cad.pro");
    const first = await exported(daemon);
    const { report } = ingest(first, daemon.site.request);
    expect(report).toMatchObject({ verdict: "FIRST_VERIFIED", problems: [] });

    const receipt = receiptFor(report, 1);
    expect(await daemon.admin.importReceipt(receipt)).toEqual({
      vendor: "acme.example",
      receiptNo: 1,
      acknowledged: 4,
    });
    await ada.acquire("cad.pro");
    const { payloads } = ingest(await exported(daemon), daemon.site.request);
    expect(payloads.map(({ type }) => type)).toEqual([
      "genesis",
      "start",
      "checkpoint",
      "export",
      "checkpoint",
      "receipt",
      "segment",
      "checkpoint",
      "export",
    ]);
    expect(payloads.at(-1)).toMatchObject({ exportNo: 2, lastReceiptNo: 1 });
  });

  it("can be imported twice without a second block", async () => {
    const daemon = await aDaemon();
    const receipt = receiptFor(ingest(await exported(daemon), daemon.site.request).report, 1);
    await daemon.admin.importReceipt(receipt);
    const { vendors } = await daemon.admin.status();
    expect(await daemon.admin.importReceipt(receipt)).toMatchObject({ receiptNo: 1 });
    expect((await daemon.admin.status()).vendors[0]?.ledger).toEqual(vendors[0]?.ledger);
  });

  it("of another ledger is refused", async () => {
    const daemon = await aDaemon();
    const other = await aDaemon();
    const receipt = receiptFor(ingest(await exported(other), other.site.request).report, 1);
    await expect(daemon.admin.importReceipt(receipt)).rejects.toMatchObject({
      code: "RECEIPT_WRONG_CHAIN",
    });
  });
});

describe("the ledger on disk", () => {
  it("is checked while the daemon runs, without the vendor's keys", async () => {
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    await ada.acquire("cad.pro");
    await daemon.admin.checkpoint();
    const report = await inspectLedger(daemon.site.config);
    expect(report).toMatchObject({ vendor: "acme.example", size: 3, problems: [] });
    expect(report.checked).toContain("block 0 against the license");
  });

  it("that somebody changed is found out", async () => {
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    await ada.acquire("cad.pro");
    await daemon.stop();
    const { chain } = vendorFolder(dataFolder(daemon.site.config.dataDir), "acme.example");
    const bytes = readFileSync(chain);
    bytes[bytes.length - 40] = (bytes.at(-40) ?? 0) ^ 1;
    writeFileSync(chain, bytes);
    const { problems } = await inspectLedger(daemon.site.config);
    expect(problems.map(({ code }) => code)).toContain("STATE_MISMATCH");
  });
});

describe("a stopped daemon's data", () => {
  it("can be exported, and loses no lease by it", async () => {
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    const lease = leaseOf(await ada.acquire("cad.pro"));
    await daemon.stop();

    const offline = await openOffline(daemon.site.config, { host });
    const pieces: Uint8Array[] = [];
    const done = await offline.exportUsage({ write: (piece) => void pieces.push(piece) });
    await offline.close();
    const { report, payloads } = ingest(Buffer.concat(pieces), daemon.site.request);
    expect(report).toMatchObject({ verdict: "FIRST_VERIFIED", problems: [] });
    expect(done).toMatchObject({ vendor: "acme.example", exportNo: 1, size: payloads.length });

    const again = await started(daemon.site);
    const back = await Workstation.greeted(again.url, ada.identity);
    expect(await back.ask("seat.resume", { leases: [lease], nonce: nonce() })).toMatchObject({
      result: { leases: [{ id: lease }] },
    });
  });
});

describe("the administration socket", () => {
  it("is for its owner and group alone, and goes with the daemon", async () => {
    const daemon = await aDaemon();
    const { socket } = daemon.site.config;
    expect(statSync(socket).mode & 0o777).toBe(0o660);
    await daemon.stop();
    expect(existsSync(socket)).toBe(false);
  });

  it("that a killed daemon left behind is replaced", async () => {
    const site = await aSite();
    await leaveStaleSocket(site.config.socket);
    const { admin } = await started(site);
    expect(await admin.status()).toMatchObject({ vendors: [{ vendor: "acme.example" }] });
  });

  it("of a running daemon is not taken over", async () => {
    const { site } = await aDaemon();
    const other = await aSite();
    await expect(
      started({ ...other, config: { ...other.config, socket: site.config.socket } }),
    ).rejects.toMatchObject({ code: "ADMIN_SOCKET_IN_USE" });
  });

  it("is not made over a file that is something else", async () => {
    const site = await aSite();
    writeFileSync(site.config.socket, "precious");
    await expect(started(site)).rejects.toMatchObject({ code: "ADMIN_SOCKET_FAILED" });
    expect(readFileSync(site.config.socket, "utf8")).toBe("precious");
  });

  it("says that no daemon runs", async () => {
    const client = new AdminClient(join(emptyFolder(), "admin.sock"));
    await expect(client.status()).rejects.toMatchObject({
      code: "ADMIN_UNREACHABLE",
      hint: "start it with seatkeeper serve, or check socket in the configuration",
    });
  });

  it.each([
    ["an unknown path", "GET", "/v1/secrets", ""],
    ["a body that is no JSON", "POST", "/v1/seats/revoke", "{"],
    ["an unknown field", "POST", "/v1/seats/revoke", '{"lease":"00","force":true}'],
    ["nobody by name", "POST", "/v1/seats/find", "{}"],
    ["a name that is none", "POST", "/v1/seats/revoke-held", '{"user":""}'],
    ["a day that is none", "GET", "/v1/usage?from=yesterday", ""],
  ])("refuses %s", async (_, method, path, body) => {
    const { site } = await aDaemon();
    expect(await raw(site.config.socket, method, path, body)).toMatchObject({
      status: 400,
      body: { error: { code: "ADMIN_REQUEST" } },
    });
  });
});

async function exported({ admin }: GivenDaemon): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  await admin.exportUsage((piece) => void pieces.push(piece));
  return Buffer.concat(pieces);
}

/** What `kill -9` leaves: a socket file that nobody listens on. */
async function leaveStaleSocket(path: string): Promise<void> {
  const server = createServer();
  onTestFinished(() => void server.close());
  const moved = `${path}.moved`;
  await new Promise<void>((resolve) => server.listen(moved, resolve));
  renameSync(moved, path);
  await new Promise((resolve) => server.close(resolve));
}

function raw(socketPath: string, method: string, path: string, body: string): Promise<object> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, method, path }, (response) => {
      const pieces: Buffer[] = [];
      response.on("data", (piece: Buffer) => pieces.push(piece));
      response.on("end", () => {
        const text = Buffer.concat(pieces).toString();
        resolve({ status: response.statusCode, body: JSON.parse(text) as unknown });
      });
    });
    sent.once("error", reject);
    sent.end(utf8(body));
  });
}
