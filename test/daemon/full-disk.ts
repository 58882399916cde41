// A disk that is full under one open file. Needs /proc, as on Linux.
import { closeSync, openSync, readdirSync, readlinkSync } from "node:fs";

/**
 * From now on every write to the file, which this process has open, fails with ENOSPC.
 * @returns what puts the file back
 */
export function fillDiskUnder(path: string): () => void {
  const found = readdirSync("/proc/self/fd").find((fd) => linkOf(fd) === path);
  if (found === undefined) throw new Error(`${path} is not open`);
  put("/dev/full", Number(found));
  return () => put(path, Number(found));
}

/** Opens `path` as that very descriptor. */
function put(path: string, wanted: number): void {
  closeSync(wanted);
  const spare: number[] = [];
  for (let fd = openSync(path, "r+"); fd !== wanted; fd = openSync(path, "r+")) spare.push(fd);
  for (const fd of spare) closeSync(fd);
}

function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return "";
  }
}
