import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { concat } from "../../../base/bytes.ts";
import { systemClock } from "../../../clock/system-clock.ts";
import { sha256 } from "../../../crypto/hash.ts";
import { randomHex } from "../../../crypto/random.ts";
import { type Command, command } from "../../shared/command.ts";
import { EXIT } from "../../shared/exit.ts";
import { stopSignal } from "../stop-signal.ts";
import { compare } from "./audit.ts";
import { type DemoFolder, emptyDemoFolder } from "./folder.ts";
import { Performance } from "./performance.ts";
import { DEMO_CONFIG, DEMO_TERMS } from "./script.ts";
import { DemoServer } from "./server.ts";
import { failed, Stage } from "./stage.ts";
import { tallyOf } from "./tally.ts";
import type { Happening } from "./workstation-plan.ts";

/** `seatkeeper demo`: the whole journey, played by real processes with throw-away keys. */
export const demo: Command = command({
  command: "demo",
  summary: "play the whole journey on this machine, with throw-away keys",
  options: {
    dir: {
      type: "string",
      requiresArg: true,
      default: "demo-data",
      describe: "folder for keys and files of the demo; an earlier demo in it is replaced",
    },
  },
  examples: [["demo", "about half a minute; look into ./demo-data afterwards"]],
  async run(options, { out }) {
    const folder = emptyDemoFolder(options.dir);
    const stage = new Stage(out);
    const signal = stopSignal();
    // The daemon would outlive us otherwise.
    signal.addEventListener("abort", () => stage.clear());
    try {
      await play(stage, folder);
    } catch (error) {
      // What fails because its processes were ended is no defect.
      signal.throwIfAborted();
      throw error;
    } finally {
      stage.clear();
    }
    out.line();
    out.line("demo: ok");
    return EXIT.done;
  },
});

async function play(stage: Stage, folder: DemoFolder): Promise<void> {
  await activate(stage, folder);
  const server = await DemoServer.start(stage, folder);
  await license(stage, folder);
  const happened = await compete(stage, folder, server.url);
  await report(stage, folder, happened);
  await acknowledge(stage, folder);
  await tamper(stage, folder);
  stage.act("The daemon stops");
  await server.stop();
  stage.tell("drained, sealed, stopped");
}

async function activate(stage: Stage, folder: DemoFolder): Promise<void> {
  stage.act("1. The vendor makes its keys and ships a public vendor file");
  writeFileSync(folder.passphraseFile, `${randomHex(16)}\n`, { mode: 0o600 });
  writeFileSync(folder.terms, DEMO_TERMS);
  writeFileSync(folder.config, DEMO_CONFIG);
  await stage.command("seatkeeper-vendor", [
    "init",
    "--name",
    "acme.example",
    ...vendorDesk(folder),
  ]);
  copyFileSync(join(folder.vendorDir, "acme.skvendor"), folder.vendorFile);

  stage.act("2. The site makes its identity and a sealed ledger for this vendor");
  await stage.command("seatkeeper", ["init", "--vendor", folder.vendorFile, ...site(folder)]);
  await stage.command("seatkeeper", [
    "license",
    "request",
    "--out",
    folder.request,
    ...site(folder),
  ]);

  stage.act("3. The vendor turns the request into a license");
  const files = ["--request", folder.request, "--terms", folder.terms, "--out", folder.license];
  await stage.command("seatkeeper-vendor", ["issue", ...files, ...vendorDesk(folder)]);

  stage.act("4. The daemon runs; the license takes effect at once");
}

async function license(stage: Stage, folder: DemoFolder): Promise<void> {
  await stage.command("seatkeeper", ["license", "install", folder.license, ...site(folder)]);
}

async function compete(
  stage: Stage,
  folder: DemoFolder,
  url: string,
): Promise<readonly Happening[]> {
  stage.act("5. Seven workstations compete for three seats of cad.pro and one of sim.solver");
  const happened = await new Performance(stage, folder, url, systemClock()).play();
  await stage.command("seatkeeper", ["status", ...site(folder)]);
  return happened;
}

async function report(
  stage: Stage,
  folder: DemoFolder,
  happened: readonly Happening[],
): Promise<void> {
  stage.act("6. The usage leaves as a sealed bundle, and the vendor verifies and counts it");
  await stage.command("seatkeeper", ["--export-usage", folder.bundle, ...site(folder)]);
  await stage.command("seatkeeper-vendor", ["ingest", folder.bundle, ...vendorDesk(folder)]);
  await stage.command("seatkeeper-vendor", ["report", "--dir", folder.vendorDir]);
  const { stdout } = await stage.quietly("seatkeeper-vendor", [
    "report",
    "--json",
    "--dir",
    folder.vendorDir,
  ]);

  stage.act("7. Does the vendor's report agree with what the workstations did?");
  const comparisons = compare(JSON.parse(stdout), tallyOf(happened), SEAT_TIME_SLACK);
  for (const { what, reported, counted, agrees } of comparisons) {
    const mark = agrees ? stage.paint("green", "agrees") : stage.paint("red", "differs");
    stage.tell(
      `${what.padEnd(24)} reported ${reported.padStart(7)}   seen ${counted.padEnd(18)} ${mark}`,
    );
  }
  if (comparisons.length === 0 || !comparisons.every(({ agrees }) => agrees)) {
    throw failed("the vendor's report does not agree with what the workstations did");
  }
}

/** Lease time of the killed seat, twice, and half a second for the way of each request. */
const SEAT_TIME_SLACK = 9_000;

async function acknowledge(stage: Stage, folder: DemoFolder): Promise<void> {
  stage.act("8. The receipt goes back to the site");
  await stage.command("seatkeeper", ["usage", "receipt", folder.receipt, ...site(folder)]);
}

async function tamper(stage: Stage, folder: DemoFolder): Promise<void> {
  stage.act("9. Somebody changes one bit in a copy of the bundle");
  const bytes = readFileSync(folder.bundle);
  const place = placeOfUsage(bytes);
  bytes[place] = (bytes[place] ?? 0) ^ 1;
  writeFileSync(folder.flipped, bytes);
  const args = ["ingest", folder.flipped, ...vendorDesk(folder)];
  await stage.command("seatkeeper-vendor", args, EXIT.unverified);

  stage.tell("and mends the closing hash, which anybody can:");
  const body = bytes.subarray(0, -CLOSING_HASH_BYTES);
  writeFileSync(folder.flipped, concat(body, sha256(body)));
  await stage.command("seatkeeper-vendor", args, EXIT.unverified);
}

/** Where the sealed usage of the newest checkpoint is: behind the header of the last block but one. */
function placeOfUsage(bundle: Buffer): number {
  const last = bundle.lastIndexOf(BLOCK_MAGIC);
  return bundle.lastIndexOf(BLOCK_MAGIC, last - 1) + BLOCK_HEADER_BYTES + 1;
}

const BLOCK_MAGIC = "SKB1";
const BLOCK_HEADER_BYTES = 144;

/** A bundle ends with the SHA-256 of everything before (docs/spec/bundle.md). */
const CLOSING_HASH_BYTES = 32;

const site = (folder: DemoFolder): readonly string[] => ["--config", folder.config];

const vendorDesk = (folder: DemoFolder): readonly string[] => [
  "--dir",
  folder.vendorDir,
  "--passphrase-file",
  folder.passphraseFile,
];
