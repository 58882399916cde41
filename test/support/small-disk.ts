import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { later } from "./leftovers.ts";

/** Whether this machine lets its users mount file systems of their own, which ends with the test. */
export const canMount: boolean =
  spawnSync("unshare", ["-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status === 0;

/** A small disk that only commands see which are run through {@link SmallDisk.enter}. */
export class SmallDisk {
  /** What runs a command with the disk in sight. */
  readonly enter: readonly string[];

  /** Mounts it on the folder `path`, which is made. */
  static async at(path: string, megabytes: number): Promise<SmallDisk> {
    mkdirSync(path);
    const mount = `mount -t tmpfs -o size=${megabytes}m,mode=0700 tmpfs "$1"`;
    // The namespace lives as long as a process in it; this one ends with its input, or with us.
    const keeper = spawn(
      "unshare",
      ["-rm", "sh", "-c", `${mount} && echo ready && cat`, "-", path],
      { cwd: dirname(path) },
    );
    later(async () => {
      const ended = once(keeper, "close");
      keeper.stdin.end();
      await ended;
    });
    await once(keeper.stdout, "data");
    return new SmallDisk(keeper);
  }

  private constructor({ pid }: ChildProcess) {
    this.enter = ["nsenter", "--preserve-credentials", "-U", "-m", "-w", "-t", String(pid), "--"];
  }
}
