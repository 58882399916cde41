import { execFileSync } from "node:child_process";
import { closeSync, fdatasyncSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { PROJECT } from "../site/programs.ts";
import { median } from "./median.ts";

/** What figures are worth nothing without. Names no host and no user. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  /** GiB. */
  readonly memory: number;
  readonly kernel: string;
  readonly node: string;
  readonly sqlite: string;
  readonly seatkeeper: string;
  /** Short name of the measured commit; `+` where files had been changed since. */
  readonly commit: string;
  /** Milliseconds of one append of 4 KiB with fdatasync, median, in the folder of the benchmark. */
  readonly sync: number;
}

export function describeMachine(folder: string): Machine {
  const manifest = JSON.parse(readFileSync(join(PROJECT, "package.json"), "utf8")) as {
    version: string;
  };
  const database = new Sqlite(":memory:");
  const sqlite = String(database.prepare("SELECT sqlite_version()").pluck().get());
  database.close();
  return {
    processor: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memory: Math.round(totalmem() / 2 ** 30),
    kernel: `Linux ${release().split("-")[0]}`,
    node: process.version,
    sqlite,
    seatkeeper: manifest.version,
    commit: commit(),
    sync: syncMillis(join(folder, "sync")),
  };
}

function commit(): string {
  try {
    const dirty = git("status", "--porcelain", "src", "bench", ":!bench/results") === "" ? "" : "+";
    return git("rev-parse", "--short", "HEAD") + dirty;
  } catch {
    return "unknown";
  }
}

const git = (...words: readonly string[]): string =>
  execFileSync("git", [...words], { cwd: PROJECT, encoding: "utf8" }).trim();

function syncMillis(path: string): number {
  const file = openSync(path, "w");
  const bytes = new Uint8Array(4_096);
  const spent = Array.from({ length: 100 }, (_, number) => {
    const begin = performance.now();
    writeSync(file, bytes, 0, bytes.length, number * bytes.length);
    fdatasyncSync(file);
    return performance.now() - begin;
  });
  closeSync(file);
  rmSync(path);
  return median(spent);
}
