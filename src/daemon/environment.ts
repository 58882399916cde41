import { readFileSync, statfsSync } from "node:fs";

/** What can be seen of the ground the ledger stands on; null for what cannot. The administrator controls all of it. */
export interface Environment {
  readonly fsType: string | null;
  readonly virtualised: string | null;
  readonly swapOn: boolean | null;
}

/** statfs(2), `f_type`. Copy-on-write file systems keep old keys; the vendor should know. */
const FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0xef53, "ext4"],
  [0x5846_5342, "xfs"],
  [0x9123_683e, "btrfs"],
  [0x2fc1_2fc1, "zfs"],
  [0x0102_1994, "tmpfs"],
  [0x794c_7630, "overlay"],
  [0x6969, "nfs"],
  [0xff53_4d42, "cifs"],
]);

export function environmentOf(folder: string): Environment {
  return { fsType: fileSystem(folder), virtualised: null, swapOn: swapOn() };
}

function fileSystem(folder: string): string | null {
  try {
    const { type } = statfsSync(folder);
    return FILE_SYSTEMS.get(type) ?? `0x${type.toString(16)}`;
  } catch {
    return null;
  }
}

function swapOn(): boolean | null {
  try {
    return readFileSync("/proc/swaps", "utf8").trim().split("\n").length > 1;
  } catch {
    return null;
  }
}
