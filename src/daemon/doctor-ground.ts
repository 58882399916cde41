import {
  closeSync,
  fdatasyncSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from "node:fs";
import { join, relative } from "node:path";
import { between, type Millis } from "../base/time.ts";
import type { Clock } from "../clock/clock.ts";
import { randomHex } from "../crypto/random.ts";
import { type Finding, ok, problem, warning } from "./doctor-finding.ts";

// What a site stands on: files, disk, kernel. Each check judges a fact, so that a test can give it one.

/** Below the first the ledger may stop soon, below the second it is time to look. */
const LEAST_FREE = 100_000_000;
const EASY_FREE = 1_000_000_000;

export function spaceFinding(free: number): Finding {
  const text = `${Math.floor(free / 1_000_000)} MB are free where the data folder is`;
  const remedy = "free space, or put what is acknowledged elsewhere with seatkeeper ledger archive";
  if (free < LEAST_FREE) return problem("disk-space", text, remedy);
  return free < EASY_FREE ? warning("disk-space", text, remedy) : ok("disk-space", text);
}

export function freeSpace(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** Above the first clients begin to wait, above the second leases are at risk under load. */
const SLOW_SYNC = 20;
const WORST_SYNC = 250;
const SYNCS = 9;

export function syncFinding(median: number): Finding {
  const text = `the disk takes ${median.toFixed(1)} ms to keep a write`;
  const remedy = "look for what else writes there, or put the data folder on a faster disk";
  if (median > WORST_SYNC) return problem("disk-speed", text, remedy);
  return median > SLOW_SYNC ? warning("disk-speed", text, remedy) : ok("disk-speed", text);
}

/** The median of a few writes of one page, in milliseconds. Leaves nothing behind. */
export function syncCost(folder: string, clock: Clock): number {
  const path = join(folder, `.doctor-${randomHex(4)}`);
  const file = openSync(path, "wx", 0o600);
  try {
    const spans = Array.from({ length: SYNCS }, (_, at): Millis => {
      const from = clock.now().mono;
      writeSync(file, new Uint8Array(4_096), 0, 4_096, at * 4_096);
      fdatasyncSync(file);
      return between(from, clock.now().mono);
    });
    return spans.toSorted((one, other) => one - other)[Math.floor(SYNCS / 2)] ?? 0;
  } finally {
    closeSync(file);
    rmSync(path, { force: true });
  }
}

const IN_PLACE = new Set(["ext4", "xfs"]);
const ELSEWHERE = new Set(["nfs", "cifs"]);

/** @param kind as `statfs` names it; null where it cannot be told. */
export function fileSystemFinding(kind: string | null): Finding {
  if (kind !== null && IN_PLACE.has(kind)) {
    return ok("file-system", `${kind}: old keys are written over in place`);
  }
  if (kind !== null && ELSEWHERE.has(kind)) {
    const remedy = "put data_dir on a local disk: neither locks nor writes are dependable there";
    return problem("file-system", `${kind}: the data folder is on another machine`, remedy);
  }
  if (kind === "tmpfs") {
    const remedy = "put data_dir on a disk";
    return problem("file-system", "tmpfs: everything is gone with the next boot", remedy);
  }
  const remedy = "ext4 or xfs let old keys be erased; a copy of the disk may hold others";
  const text = `${kind ?? "an unknown file system"}: old keys may stay readable on the medium`;
  return warning("file-system", text, remedy);
}

/** @param wanted connections that the configuration allows. */
export function openFilesFinding(limit: number | undefined, wanted: number): Finding {
  // Beside the connections: the database, the ledgers, sockets that wait.
  const needed = wanted + 256;
  if (limit === undefined || limit >= needed) {
    return ok("kernel", `${limit ?? "enough"} files and connections may be open`);
  }
  const remedy = "raise LimitNOFILE= of the unit, or lower limits.connections";
  const text = `${limit} files may be open, and limits.connections allows ${wanted} clients`;
  return warning("kernel", text, remedy);
}

/** As many as come back at once after a restart. */
const BACKLOG = 4_096;

export function backlogFinding(somaxconn: number | undefined): Finding {
  if (somaxconn === undefined || somaxconn >= BACKLOG) {
    return ok("kernel", `${somaxconn ?? "enough"} connections may wait to be taken`);
  }
  const remedy = `sysctl -w net.core.somaxconn=${BACKLOG}, and the same under /etc/sysctl.d`;
  const text = `only ${somaxconn} connections may wait: after a restart clients come back slowly`;
  return warning("kernel", text, remedy);
}

export function backlogLimit(): number | undefined {
  try {
    return Number(readFileSync("/proc/sys/net/core/somaxconn", "utf8"));
  } catch {
    return undefined;
  }
}

/** That nobody but the owner can reach what is in the data folder. */
export function fileFindings(folder: string): readonly Finding[] {
  const owner = statSync(folder).uid;
  const paths = [
    folder,
    ...readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
  ];
  const found = paths.flatMap((path) => fileFinding(folder, path, owner) ?? []);
  if (found.length > 0) return found;
  return [ok("files", `${paths.length} files and folders are their owner's alone`)];
}

function fileFinding(folder: string, path: string, owner: number): Finding | undefined {
  // It may be gone again: the daemon works on.
  const about = statSync(path, { throwIfNoEntry: false });
  if (about === undefined) return undefined;
  const name = relative(folder, path) || folder;
  if (about.uid !== owner) {
    const text = `${name} belongs to user ${about.uid}, and the data folder to ${owner}`;
    return problem("files", text, `chown ${owner} ${path}`);
  }
  // A certificate is for everybody, and where the folder is closed nobody gets as far.
  if ((about.mode & 0o022) === 0 && ((about.mode & 0o044) === 0 || isPublic(name)))
    return undefined;
  return problem(
    "files",
    `${name} can be ${(about.mode & 0o022) === 0 ? "read" : "changed"} by others`,
    `chmod go-rwx ${path}`,
  );
}

const isPublic = (name: string): boolean => /(?:tls\.crt|\.skvendor|\.sklic|\.note)$/.test(name);
