import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { compareArchive } from "../../src/cli/operator/archive-file.ts";
import { type Config, readConfig } from "../../src/config/config.ts";
import { ChainSource } from "../../src/daemon/chain-source.ts";
import { readHost } from "../../src/daemon/host.ts";
import { initSite } from "../../src/daemon/init-site.ts";
import { inspectLedger } from "../../src/daemon/ledger-inspection.ts";
import { openOffline } from "../../src/daemon/offline.ts";
import { requestLicense } from "../../src/daemon/request-license.ts";
import { rootAt } from "../../src/ledger/reader.ts";
import { readActivationRequest } from "../../src/license/activation-request.ts";
import type { AdminArchivePlan } from "../../src/protocol/admin/archive.ts";
import { dataFolder, vendorFolder } from "../../src/store/data-folder.ts";
import { acknowledged, Books } from "../daemon/archived-site.ts";
import { licenseFor, started, vendor, vendorFile } from "../daemon/given.ts";
import { later, temporaryFolder } from "../support/leftovers.ts";
import {
  compiledDisk,
  type DiskCall,
  type Fault,
  type FaultKind,
  readTrace,
} from "./faulty-disk.ts";

const CONFIG = `data_dir: data
socket: admin.sock
listen: { host: 127.0.0.1, port: 0 }
tls: { mode: "off" }
`;

const disk = compiledDisk();
const main = fileURLToPath(new URL("../../dist/cli/operator/main.js", import.meta.url));

const configIn = (folder: string): Config => readConfig(CONFIG, join(folder, "config.yaml"));

/** `seatkeeper ledger archive` without a daemon, on a disk that fails once. */
async function archived(folder: string, fault?: Fault): Promise<readonly DiskCall[]> {
  const trace = join(folder, "trace");
  const command = [main, "ledger", "archive", "--config", "config.yaml"];
  const child = spawn(process.execPath, command, {
    cwd: folder,
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: folder,
      UV_USE_IO_URING: "0",
      LD_PRELOAD: disk,
      FAULTY_FOLDER: join(folder, "data"),
      FAULTY_TRACE: trace,
      FAULTY_AT: String(fault?.at ?? 0),
      FAULTY_KIND: fault?.kind ?? "",
    },
    stdio: "ignore",
  });
  await once(child, "close");
  return readTrace(trace);
}

/** Calls that are part of the way from the archive to the shorter ledger. */
const ofTheWay = ({ path }: DiskCall): boolean =>
  /archive|\.leaves|ledger\.skc\.new|example$/.test(path);

/**
 * Of the calls that are alike, the first: one write of each file, each sync, each name, and the sync
 * of the folder behind each name.
 */
function points(calls: readonly DiskCall[]): readonly DiskCall[] {
  const seen = new Set<string>();
  let named = "";
  return calls.slice(calls.findIndex(({ path }) => path.includes("archive"))).filter((call) => {
    if (call.name === "rename") named = call.path;
    const kind = `${call.name} ${call.path.replace(/\d+/g, "")}`;
    const key = call.path.endsWith("example") ? `${kind} behind ${named}` : kind;
    const isNew = ofTheWay(call) && !seen.has(key);
    seen.add(key);
    return isNew;
  });
}

const kindsAt = ({ name }: DiskCall): readonly FaultKind[] =>
  name.endsWith("sync")
    ? ["kill", "power-cut", "error-kept"]
    : name.includes("write")
      ? ["kill", "full"]
      : ["kill"];

describe.skipIf(disk === undefined)("an archive that is cut off by its disk", () => {
  it("loses no block, whichever step it was, and is finished by the next", {
    timeout: 300_000,
  }, async () => {
    if (disk !== undefined) later(() => rmSync(dirname(disk), { recursive: true, force: true }));
    const template = temporaryFolder();
    writeFileSync(join(template, "config.yaml"), CONFIG);
    const config = configIn(template);
    await initSite(config, vendorFile);
    const request = readActivationRequest(await requestLicense(config));
    const daemon = await started({ config, request }, { host: readHost });
    await daemon.admin.installLicense(licenseFor(daemon.site));
    await acknowledged(daemon, new Books());
    const plan = await daemon.admin.planArchive();
    await daemon.stop();
    const whole = copyOf(template);
    const calls = await archived(whole);
    expect(await inspectLedger(configIn(whole))).toMatchObject({ problems: [] });
    const faults = points(calls).flatMap((call) =>
      kindsAt(call).map((kind) => ({ at: call.number, kind, name: `${call.name} ${call.path}` })),
    );
    expect(faults.length).toBeGreaterThan(24);
    for (const { name, ...fault } of faults) {
      // oxlint-disable-next-line no-await-in-loop -- one disk after the other
      const problems = await suffered(copyOf(template), plan, fault);
      expect.soft([`${fault.kind} at ${name}`, ...problems]).toHaveLength(1);
    }
  });
});

function copyOf(template: string): string {
  const folder = temporaryFolder();
  cpSync(template, folder, { recursive: true });
  return folder;
}

/** What is wrong after such a fault, in words. */
async function suffered(
  folder: string,
  plan: AdminArchivePlan,
  fault: Fault,
): Promise<readonly string[]> {
  const hit = (await archived(folder, fault)).some(({ fails }) => fails);
  const config = configIn(folder);
  const { chain, archives } = vendorFolder(dataFolder(config.dataDir), vendor);
  const said = (await inspectLedger(config)).problems.map(({ detail }) => detail);
  const source = new ChainSource(chain);
  const isCut = source.gap !== undefined;
  const root = Buffer.from(rootAt(source, plan.size) ?? []).toString("base64url");
  source.close();
  const files = existsSync(archives)
    ? readdirSync(archives).filter((name) => name.endsWith(".skarchive"))
    : [];
  const wrong = files.flatMap((name) => compareArchive(join(archives, name), chain).problems);
  const site = await openOffline(config);
  const next = await site.planArchive();
  const done = next.size > next.from && files.length > 0 ? await site.cutLedger(next) : undefined;
  await site.close();
  const after = (await inspectLedger(config)).problems.map(({ detail }) => detail);
  rmSync(folder, { recursive: true, force: true });
  return [
    ...(hit ? [] : ["the fault was not met"]),
    ...said,
    ...wrong.map(({ detail }) => detail),
    ...(root === plan.root ? [] : ["another root"]),
    ...(isCut && files.length === 0 ? ["cut without an archive"] : []),
    ...(isCut || files.length === 0 || done ? [] : ["not finished by the next"]),
    ...after,
  ];
}
