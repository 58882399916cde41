import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, it, onTestFinished } from "vitest";
import { openStore } from "../../src/store/database.ts";

const built = new URL("../../dist/", import.meta.url).href;

/** Commits `count` groups of one event, lease and usage key each, and says so after each; every fifth seals. */
const WRITER = `
  const { openStore } = await import(process.argv[1] + "store/database.js");
  const store = openStore(process.argv[2]);
  const vendor = "acme.example";
  const id = (number) => number.toString(16).padStart(32, "0");
  const client = "A".repeat(43);
  const user = "u_AAAAAAAAAAAAAAAAAAAAAA";
  let block = (store.outbox(vendor).at(-1)?.index ?? 0) + 1;
  for (let left = Number(process.argv[3]); left > 0; left -= 1) {
    const number = store.lastEventId(vendor) + 1;
    const lease = {
      id: id(number), client, instance: id(1), user, host: user, feature: "cad.pro", version: "",
      count: 1, key: "k" + number, grantedAt: 1, leaseTime: 1, overdraft: false,
      groups: [], versionDate: null, display: null, seatSince: 1, lingersUntil: null,
    };
    await store.commit({
      vendor,
      changes: [
        { kind: "lease-granted", lease },
        { kind: "usage-key", client, key: "k" + number, wall: number },
      ],
      events: [{ type: "grant", wall: 1, feature: "cad.pro", count: 1, user, lease: id(number), overdraft: false }],
      ...(number % 5 === 0 && {
        seal: (pending) => ({
          type: "checkpoint", index: block, leaf: new Uint8Array(32),
          outbox: { index: block++, offset: number, bytes: new Uint8Array(5000), entropy: new Uint8Array(0) },
          sealed: { firstEventId: pending[0].id, count: pending.length },
        }),
      }),
    });
    process.stdout.write(number + "\\n");
  }
`;

function temporaryDatabase(): string {
  const folder = mkdtempSync(join(tmpdir(), "store-crash-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "seatkeeper.db");
}

const writer = (path: string, groups: number): readonly string[] => [
  "--input-type=module",
  "-e",
  WRITER,
  built,
  path,
  String(groups),
];

/** Kills the writer when it has said `enough` times that a group was kept; returns the last it said. */
async function killAfter(child: ChildProcess, enough: number): Promise<number> {
  let said = 0;
  let last = 0;
  if (child.stdout === null) throw new TypeError("no output to read");
  for await (const line of createInterface({ input: child.stdout })) {
    last = Number(line);
    said += 1;
    if (said === enough) child.kill("SIGKILL");
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return last;
}

describe("a process that is killed in the middle of its commits", () => {
  it("has kept every group it spoke of, whole, once, and in order", async () => {
    const path = temporaryDatabase();
    for (const enough of [1, 7, 20, 3, 33, 12, 5, 28]) {
      const child = spawn(process.execPath, writer(path, 1_000_000), {
        stdio: ["ignore", "pipe", "inherit"],
      });
      // oxlint-disable-next-line no-await-in-loop -- each run starts from what the last one left
      const acknowledged = await killAfter(child, enough);
      const store = openStore(path);
      const newest = store.lastEventId("acme.example");
      const { leases, usageKeys } = store.snapshot("acme.example");
      const waiting = store.pending("acme.example").map(({ id }) => id);
      const grants = store.usageReport("acme.example").map((row) => "grants" in row && row.grants);
      store.close();
      expect(newest).toBeGreaterThanOrEqual(acknowledged);
      expect(leases).toHaveLength(newest);
      expect(usageKeys).toHaveLength(newest);
      expect(grants).toEqual([newest]);
      expect(waiting).toEqual(
        [1, 2, 3, 4].slice(0, newest % 5).map((n) => newest - (newest % 5) + n),
      );
    }
  });
});

/** How often the whole process waited for the medium while it made so many commits. */
function syncsOf(path: string, groups: number): number {
  const trace = `${path}.trace`;
  const options = ["-f", "-e", "trace=fsync,fdatasync", "-o", trace, process.execPath];
  const { status } = spawnSync("strace", [...options, ...writer(path, groups)]);
  expect(status).toBe(0);
  return readFileSync(trace, "utf8").match(/\b(?:fsync|fdatasync)\(/g)?.length ?? 0;
}

const canTrace = spawnSync("strace", ["-o", "/dev/null", "true"]).status === 0;

describe.skipIf(!canTrace)("each commit", () => {
  it("waits for the medium, in a new database and in one that is opened again", () => {
    const path = temporaryDatabase();
    expect(syncsOf(path, 100)).toBeGreaterThanOrEqual(100);
    expect(syncsOf(path, 100)).toBeGreaterThanOrEqual(100);
  });
});
