// npm run bench:profile -- pairs|renewals|records|verification|cold-start
// Runs one load under V8's profiler and keeps the flame graph.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildBundle } from "./ledger/bundle-builder.ts";
import type { Job } from "./load/jobs.ts";
import { LoadGenerator } from "./load/load-generator.ts";
import { type CpuProfile, flameGraph } from "./report/flame.ts";
import { FEATURE, TERMS } from "./scenarios/contestants.ts";
import { PROJECT } from "./site/programs.ts";
import { Site } from "./site/site.ts";
import { Vendor } from "./site/vendor.ts";

const CLIENTS = 100;
const SECONDS = 5;
const BLOCKS = 30_000;

const JOBS: Readonly<Record<string, Job>> = {
  pairs: { kind: "pairs", feature: FEATURE, seconds: SECONDS },
  renewals: { kind: "renewals", seconds: SECONDS },
  records: { kind: "record", meter: "render.minutes", batch: 1, seconds: SECONDS },
};

const [, , what = ""] = process.argv;
const home = mkdtempSync(join(tmpdir(), "skprof-"));
try {
  await profile(what);
} finally {
  rmSync(home, { recursive: true, force: true });
}

async function profile(name: string): Promise<void> {
  const folder = join(home, "profile");
  const options = ["--cpu-prof", "--cpu-prof-dir", folder];
  const job = JOBS[name];
  if (name === "verification") profileVerifier(options);
  else if (name === "cold-start") await profileStart(options);
  else if (job === undefined)
    throw new Error(`profile ${Object.keys(JOBS).join(", ")}, verification or cold-start`);
  else await profileDaemon(options, job);
  const [file = ""] = readdirSync(folder);
  const recorded = JSON.parse(readFileSync(join(folder, file), "utf8")) as CpuProfile;
  const graph = flameGraph(recorded, `${name}: CPU time by function`);
  mkdirSync(join(PROJECT, "docs/benchmarks"), { recursive: true });
  writeFileSync(join(PROJECT, `docs/benchmarks/flame-${name}.svg`), graph);
}

function profileVerifier(options: readonly string[]): void {
  const { bundle, record } = buildBundle(home, BLOCKS);
  const recordPath = join(home, "record.json");
  writeFileSync(recordPath, JSON.stringify(record));
  const script = fileURLToPath(new URL("ledger/verify-bundle.js", import.meta.url));
  execFileSync(process.execPath, [...options, script, bundle, recordPath], { stdio: "ignore" });
}

/** A start with as many leases as the scenario of that name has. */
async function profileStart(options: readonly string[]): Promise<void> {
  const vendor = new Vendor(join(home, "v"));
  const site = new Site(join(home, "s"), vendor, { terms: TERMS });
  const daemon = await site.serveLicensed();
  const generator = new LoadGenerator();
  await generator.run({ kind: "connect", url: daemon.url, clients: 250, vendor: vendor.name });
  await generator.run({ kind: "hold", feature: FEATURE, each: 400 });
  await daemon.kill();
  generator.stop();
  const again = await site.serve({}, options);
  process.stderr.write(`profile: listening after ${Math.round(again.startedIn)} ms\n`);
  await again.stop();
}

async function profileDaemon(options: readonly string[], job: Job): Promise<void> {
  const vendor = new Vendor(join(home, "v"));
  const site = new Site(join(home, "s"), vendor, { terms: TERMS });
  const daemon = await site.serveLicensed({}, options);
  const generator = new LoadGenerator();
  await generator.run({ kind: "connect", url: daemon.url, clients: CLIENTS, vendor: vendor.name });
  if (job.kind === "renewals") await generator.run({ kind: "hold", feature: FEATURE });
  const { count, seconds } = await generator.run(job);
  process.stderr.write(`profile: ${Math.round(count / seconds)} per second under the profiler\n`);
  // The profile is written when the process ends by itself.
  await daemon.stop();
  generator.stop();
}
