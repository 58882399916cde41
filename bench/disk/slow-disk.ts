import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { PROJECT } from "../site/programs.ts";

/** Environment under which each sync of a process takes longer, or why there is none. */
export type SlowDisk =
  | { readonly kind: "slow"; readonly env: Readonly<Record<string, string>> }
  | { readonly kind: "missing"; readonly reason: string };

/** Compiles the shim that delays syncs; a C compiler is needed. */
export function slowDisk(folder: string, millis: number): SlowDisk {
  const library = join(folder, "slow_sync.so");
  const source = join(PROJECT, "bench/disk/slow_sync.c");
  if (process.platform !== "linux")
    return { kind: "missing", reason: "only Linux preloads libraries" };
  try {
    execFileSync("cc", ["-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"], {
      stdio: "ignore",
    });
  } catch {
    return { kind: "missing", reason: "there is no C compiler to build the delay with" };
  }
  return {
    kind: "slow",
    env: { LD_PRELOAD: library, SLOW_SYNC_MICROS: String(millis * 1_000) },
  };
}
