import type { UnixMillis } from "../base/time.ts";
import type { Clock } from "../clock/clock.ts";
import { systemClock } from "../clock/system-clock.ts";
import type { Config } from "../config/config.ts";
import { certificateEnd } from "../crypto/certificate.ts";
import type { AdminCheckup } from "../protocol/admin/checkup.ts";
import type { AdminStatus } from "../protocol/admin/status.ts";
import { checkDataFolder, dataFolder } from "../store/data-folder.ts";
import { lookAtDatabase } from "../store/database-look.ts";
import { AdminClient } from "./admin-client.ts";
import { recordedClock } from "./clock-memory.ts";
import { type CheckName, type Finding, ok, problem } from "./doctor-finding.ts";
import {
  backlogFinding,
  backlogLimit,
  fileFindings,
  fileSystemFinding,
  freeSpace,
  openFilesFinding,
  spaceFinding,
  syncCost,
  syncFinding,
} from "./doctor-ground.ts";
import { freeFinding, reachFinding } from "./doctor-port.ts";
import {
  backupFinding,
  certificateFinding,
  clockFinding,
  daemonFindings,
  licenseFindings,
  recordedClockFinding,
} from "./doctor-records.ts";
import { environmentOf } from "./environment.ts";
import { DaemonError } from "./errors.ts";
import { isCoded } from "./failure-kind.ts";
import { lastBackup } from "./last-backup.ts";
import { inspectLedger } from "./ledger-inspection.ts";
import { LicenseShelf } from "./license-shelf.ts";
import { openFilesLimit } from "./open-files.ts";
import { readSiteFiles } from "./site-files.ts";
import { readTlsFiles } from "./tls-files.ts";

/** What the running daemon tells. */
interface Running {
  readonly status: AdminStatus;
  readonly checkup: AdminCheckup;
}

/**
 * Examines a site with its daemon running or stopped. Changes nothing. What a check cannot look at is
 * a problem of its own, and the others go on.
 */
export async function examine(
  config: Config,
  clock: Clock = systemClock(),
): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  const look = async (
    check: CheckName,
    work: () => Finding | readonly Finding[] | Promise<Finding | readonly Finding[]>,
  ): Promise<void> => {
    found.push(...[await trying(check, work)].flat());
  };
  let running: Running | undefined;
  await look("daemon", async () => {
    running = await ask(config);
    return daemonFindings(running?.status);
  });
  const { wall } = clock.now();
  const folder = config.dataDir;
  await look("files", () => fileFindings(folder));
  await look("disk-space", () => spaceFinding(freeSpace(folder)));
  await look("disk-speed", () => syncFinding(syncCost(folder, clock)));
  await look("file-system", () => fileSystemFinding(environmentOf(folder).fsType));
  await look("kernel", () => kernelFindings(config, running));
  await look("certificate", () => certificate(config, wall));
  await look("port", () =>
    running === undefined ? freeFinding(config.listen) : reachFinding(running.checkup.listens),
  );
  await look("license", () => licenses(config, wall));
  await look("ledger", () => ledgers(config));
  found.push(...records(config, running, wall));
  return found;
}

/** Undefined where no daemon runs. */
async function ask({ socket }: Config): Promise<Running | undefined> {
  const admin = new AdminClient(socket);
  try {
    return { status: await admin.status(), checkup: await admin.checkup() };
  } catch (error) {
    if (error instanceof DaemonError && error.code === "ADMIN_UNREACHABLE") return undefined;
    throw error;
  }
}

function kernelFindings({ limits }: Config, running: Running | undefined): readonly Finding[] {
  const limit = running === undefined ? openFilesLimit() : (running.checkup.openFiles ?? undefined);
  return [openFilesFinding(limit, limits.connections), backlogFinding(backlogLimit())];
}

function certificate(config: Config, now: UnixMillis): Finding {
  const tls = readTlsFiles(config, dataFolder(config.dataDir));
  return certificateFinding(tls && certificateEnd(tls.certificate), now);
}

function licenses({ dataDir }: Config, now: UnixMillis): readonly Finding[] {
  const { vendors } = readSiteFiles(dataDir);
  if (vendors.length === 0) {
    const remedy = "run seatkeeper init with the vendor's file";
    return [problem("license", "no vendor's ledger is kept here", remedy)];
  }
  return vendors.flatMap(({ file, folder }) =>
    licenseFindings(file.name, new LicenseShelf(folder, file), now),
  );
}

/** Blocks against each other, their signatures, and the state that the next one goes on from. */
async function ledgers(config: Config): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  for (const { file } of readSiteFiles(config.dataDir).vendors) {
    // oxlint-disable-next-line no-await-in-loop -- the disk is one
    const { problems, size } = await inspectLedger(config, file.name);
    const remedy =
      "keep the data folder as it is, and tell the vendor; see seatkeeper ledger verify";
    const damage = problems.map(({ code, detail }) =>
      problem("ledger", `${file.name}: ${code}: ${detail}`, remedy),
    );
    if (damage.length > 0) found.push(...damage);
    else found.push(ok("ledger", `${file.name}: ${size} blocks, which agree with the key state`));
  }
  return found;
}

/** What is in the database: by the daemon's word, or read here while no daemon has it. */
function records(
  config: Config,
  running: Running | undefined,
  now: UnixMillis,
): readonly Finding[] {
  if (running !== undefined) {
    const { status, checkup } = running;
    const { database } = checkup;
    return [
      clockFinding(status.clock),
      database === null ? WHOLE : problem("database", database.message, database.hint ?? RESTORE),
      backupFinding(checkup.lastBackupAt ?? undefined, now),
    ];
  }
  try {
    checkDataFolder(config.dataDir);
    return lookAtDatabase(dataFolder(config.dataDir).database, (notes) => [
      recordedClockFinding(recordedClock(notes), now),
      WHOLE,
      backupFinding(lastBackup(notes), now),
    ]);
  } catch (error) {
    return [failed("database", error)];
  }
}

const WHOLE: Finding = ok("database", "every page and index is in order");
const RESTORE = "stop the daemon, keep the whole folder as it is, and restore the backup";

async function trying(
  check: CheckName,
  work: () => Finding | readonly Finding[] | Promise<Finding | readonly Finding[]>,
): Promise<Finding | readonly Finding[]> {
  try {
    return await work();
  } catch (error) {
    return failed(check, error);
  }
}

function failed(check: CheckName, error: unknown): Finding {
  if (isCoded(error))
    return problem(check, error.message, error.hint ?? `see ${error.code} in docs/ERRORS.md`);
  if (!(error instanceof Error) || !("code" in error)) throw error;
  return problem(
    check,
    error.message,
    "run it as the owner of the data folder, and check data_dir",
  );
}
