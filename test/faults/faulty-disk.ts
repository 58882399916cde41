import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** How a call of the disk can fail; `faulty_disk.c` says what each does. */
export const FAULT_KINDS = [
  "kill",
  "torn",
  "power-cut",
  "reordered",
  "error-lost",
  "error-kept",
  "full",
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** One call that fails. Calls of one process are counted from 1. */
export interface Fault {
  readonly at: number;
  readonly kind: FaultKind;
}

/** A call as the trace has it: `pwrite64 vendors/acme.example/ledger.skc 512`. */
export interface DiskCall {
  readonly number: number;
  readonly name: string;
  /** Within the data folder. */
  readonly path: string;
  /** Bytes of a write, or that a cut leaves. */
  readonly bytes: number;
  readonly fails: boolean;
}

const SOURCE = fileURLToPath(new URL("faulty_disk.c", import.meta.url));

/** A disk writes so many bytes whole or not at all. */
const SECTOR_BYTES = 512;

/**
 * Whether a kind of fault at a call shows something that no other point shows. What a power cut
 * leaves is the same at each write up to the next sync; of the database, the syncs are enough.
 */
export function makesSense({ name, path, bytes }: DiskCall, kind: FaultKind): boolean {
  const isName = name === "rename" || name === "unlink";
  if (kind === "torn" || kind === "full") return bytes > SECTOR_BYTES && name !== "ftruncate";
  if (kind !== "power-cut" && kind !== "reordered") return true;
  return name.endsWith("sync") || (path.startsWith("vendors/") && !isName);
}

/** The compiled library; undefined where the machine has no C compiler or is no Linux. */
export function compiledDisk(): string | undefined {
  if (process.platform !== "linux") return undefined;
  const library = join(mkdtempSync(join(tmpdir(), "seatkeeper-faults-")), "faulty_disk.so");
  try {
    const options = ["-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", library];
    execFileSync("cc", [...options, SOURCE, "-lpthread"], { stdio: "ignore" });
    return library;
  } catch {
    return undefined;
  }
}

/** The calls of one life; none of one that ended before it made any. */
export function readTrace(path: string): readonly DiskCall[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => {
    const [number, name = "", file = "", bytes, fails] = line.split(" ");
    const [count, size] = [Number(number), Number(bytes)];
    return { number: count, name, path: file, bytes: size, fails: fails === "fails" };
  });
}
