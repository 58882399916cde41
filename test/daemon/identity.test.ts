import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { leaseId } from "../../src/base/ids.ts";
import { aDaemon, type GivenDaemon } from "./given.ts";
import { leaseOf, somebody, Workstation } from "./workstation.ts";

const USER = "Zebediah.Quartermain";
const HOST = "ws-0815.studio.example";
const DISPLAY = "Conference-Room-Wall";

/** Parts are looked for as well: a domain or a surname alone would do harm enough. */
const TRACES = [USER, HOST, DISPLAY, "Quartermain", "ws-0815", "Conference-Room"];

describe("a run with everything in it", () => {
  it("leaves none of its labels in database, log of the database, ledger, log or bundle", async () => {
    const daemon = await aDaemon({
      site: "Example Studio",
      features: [{ name: "sim.solver", seats: 1 }],
      meters: [{ name: "render.minutes", unit: "minutes", quota: 10 }],
      detail: "events",
    });
    await useEverything(daemon);
    const bundle: Uint8Array[] = [];
    await daemon.admin.exportUsage((piece) => void bundle.push(piece));
    const { admin } = daemon;
    const answers = [await admin.status(), await admin.seats(), await admin.usage()];
    expect(tracesIn(Buffer.concat(bundle))).toEqual([]);
    expect(tracesIn(Buffer.from(JSON.stringify(answers)))).toEqual([]);
    expect(tracesIn(Buffer.from(daemon.log.join("")))).toEqual([]);

    const running = filesUnder(daemon.site.config.dataDir);
    expect(running.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["seatkeeper.db", "seatkeeper.db-wal", "ledger.skc", "ledger.state"]),
    );
    expect(running.flatMap(({ bytes }) => tracesIn(bytes))).toEqual([]);
    await daemon.stop();
    expect(filesUnder(daemon.site.config.dataDir).flatMap(({ bytes }) => tracesIn(bytes))).toEqual(
      [],
    );
  });

  it("would be found out: a trace is a trace in any case and in UTF-16 too", () => {
    expect(tracesIn(Buffer.from(`x${USER.toUpperCase()}x`))).toContain(USER);
    expect(tracesIn(Buffer.from(HOST, "utf16le"))).toContain(HOST);
  });
});

async function useEverything({ url, admin }: GivenDaemon): Promise<void> {
  const ada = await Workstation.at(url, somebody(USER, HOST));
  await ada.hello(await ada.challenge(), {}, { display: DISPLAY });
  const bob = await Workstation.greeted(url, somebody(`${USER}.2`, HOST));
  const held = leaseOf(await ada.acquire("sim.solver"));
  await bob.acquire("sim.solver");
  await bob.acquire("sim.solver", { wait: true });
  await bob.acquire("no.such.feature");
  await bob.ask("seat.release", { lease: held });
  const usedAt = Date.now();
  const record = { meter: "render.minutes", usedAt };
  const records = [
    { ...record, units: 5, key: "job-1" },
    { ...record, units: 50, key: "job-2" },
  ];
  await ada.ask("usage.record", { records });
  await ada.ask("hello", {
    vendor: "acme.example",
    note: USER,
    labels: { user: USER, host: HOST },
  });
  ada.send(`{"jsonrpc":"2.0","id":99,"method":"${USER}","params":{"${HOST}":1}}`);
  await admin.checkpoint();
  await admin.revoke(leaseId(held));
  await bob.notified("queue.granted");
  // What is not sealed yet lies in the database in the open.
  await bob.acquire("sim.solver", { count: 9 });
}

interface FoundFile {
  readonly name: string;
  readonly bytes: Buffer;
}

function filesUnder(folder: string): readonly FoundFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => ({ name, bytes: readFileSync(join(parentPath, name)) }));
}

function tracesIn(bytes: Buffer): readonly string[] {
  const texts = [bytes.toString("latin1"), bytes.toString("utf16le")].map((text) =>
    text.toLowerCase(),
  );
  return TRACES.filter((trace) => texts.some((text) => text.includes(trace.toLowerCase())));
}
