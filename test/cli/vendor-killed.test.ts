import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { metered } from "../vendor/given.ts";
import { PROGRAM, Terminal } from "./vendor-desk.ts";

const CHECKPOINTS = 2_000;
const UNITS_EACH = 3;
const KILLS = 6;

describe("an ingest that is killed", () => {
  it("has counted all or nothing, whenever it happens, and its repetition completes it", async () => {
    const terminal = reported();
    const whole = await timeOfOneIngest(terminal);
    for (let kill = 1; kill <= KILLS; kill += 1) {
      await ingestKilledAfter(terminal, (whole * kill) / (KILLS + 1));
      expect([0, CHECKPOINTS * UNITS_EACH]).toContain(unitsOf(terminal));
    }
    expect(terminal.run("ingest usage.skb SECRET").status).toBe(0);
    expect(unitsOf(terminal)).toBe(CHECKPOINTS * UNITS_EACH);
    const receipt = terminal.read("usage.skrcpt");
    expect(terminal.run("ingest usage.skb SECRET").status).toBe(0);
    expect(terminal.read("usage.skrcpt")).toBe(receipt);
    expect(receipt).toContain('"receipt_no": 1');
  });
});

describe("ingests of one bundle that run at the same time", () => {
  it("count it once and give one receipt", async () => {
    const terminal = reported();
    const codes = await Promise.all([1, 2, 3].map(() => finished(started(terminal, "vendor"))));
    expect(codes).toEqual([0, 0, 0]);
    expect(unitsOf(terminal)).toBe(CHECKPOINTS * UNITS_EACH);
    expect(terminal.read("usage.skrcpt")).toContain('"receipt_no": 1');
  });
});

function reported(): Terminal {
  const terminal = Terminal.ofVendor();
  const site = terminal.licensedSite();
  for (let n = 0; n < CHECKPOINTS; n += 1)
    site.checkpoint([metered(UNITS_EACH)], { minutes: 0.01 });
  terminal.write("usage.skb", site.export());
  return terminal;
}

function unitsOf(terminal: Terminal): number {
  const { meters } = JSON.parse(terminal.run("report --json").stdout) as {
    readonly meters: readonly { readonly units: number }[];
  };
  return meters[0]?.units ?? 0;
}

/** Measured with a copy of the vendor, which then does not matter any more. */
async function timeOfOneIngest(terminal: Terminal): Promise<number> {
  cpSync(join(terminal.path, "vendor"), join(terminal.path, "copy"), { recursive: true });
  const start = performance.now();
  expect(await finished(started(terminal, "copy", "--receipt-dir", "copy"))).toBe(0);
  return performance.now() - start;
}

async function ingestKilledAfter(terminal: Terminal, millis: number): Promise<void> {
  const child = started(terminal, "vendor");
  const end = finished(child);
  await wait(millis);
  child.kill("SIGKILL");
  await end;
}

function started(
  terminal: Terminal,
  dir: string,
  ...more: readonly string[]
): ReturnType<typeof spawn> {
  const desk = ["--dir", dir, "--passphrase-file", "secret", ...more];
  return spawn(process.execPath, [PROGRAM, "ingest", "usage.skb", ...desk], {
    cwd: terminal.path,
    stdio: "ignore",
  });
}

async function finished(child: ReturnType<typeof spawn>): Promise<number | null> {
  await once(child, "exit");
  return child.exitCode;
}
