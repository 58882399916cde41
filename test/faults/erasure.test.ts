import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  cpSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { toHex } from "../../src/base/bytes.ts";
import { SLOT_BYTES } from "../../src/ledger/ports.ts";
import { decodeSlot } from "../../src/ledger/state.ts";
import { dataFolder, vendorFolder } from "../../src/store/data-folder.ts";
import { vendor } from "../daemon/given.ts";
import { later, temporaryFolder } from "../support/leftovers.ts";
import { compiledDisk } from "./faulty-disk.ts";
import { FaultySite } from "./faulty-site.ts";
import { writesOn } from "./tape.ts";
import { WorkingDay } from "./working-day.ts";

const disk = compiledDisk();
const canMount = process.getuid?.() === 0 && disk !== undefined && mountsLoops();

/** Whether this machine lets us mount an image as a disk. */
function mountsLoops(): boolean {
  return spawnSync("sh", ["-c", "losetup -f && command -v mkfs.ext4"]).status === 0;
}

/** Puts a folder, with all that is in it, on an ext4 file system in an image. @returns the image. */
function putOnImage(folder: string, options: string): string {
  const image = join(temporaryFolder(), "image");
  writeFileSync(image, "");
  truncateSync(image, IMAGE_BYTES);
  execFileSync("mkfs.ext4", ["-q", "-F", image]);
  const before = `${folder}.before`;
  renameSync(folder, before);
  mkdirSync(folder);
  execFileSync("mount", ["-o", `loop,${options}`, image, folder]);
  later(() => void spawnSync("umount", ["-l", folder]));
  cpSync(before, folder, { recursive: true });
  chmodSync(folder, 0o700);
  return image;
}

const IMAGE_BYTES = 32 * 1024 * 1024;

/** Both chain keys of each slot that holds a state, in their order; as hex. */
function keysIn(slots: Iterable<Uint8Array>): readonly string[] {
  return [...slots].flatMap((slot) => {
    const state = slot.length === SLOT_BYTES ? decodeSlot(slot) : undefined;
    return state === undefined ? [] : [toHex(state.auth), toHex(state.read)];
  });
}

/** Which of the keys lie somewhere in the bytes. */
function foundIn(bytes: Buffer, keys: readonly string[]): readonly string[] {
  return keys.filter((key) => bytes.includes(Buffer.from(key, "hex")));
}

/**
 * What a process has in memory that it can write to, as /proc shows it.
 * @yields each map.
 */
function* memoryOf(pid: number): Generator<Buffer, void, undefined> {
  const memory = openSync(`/proc/${pid}/mem`, "r");
  try {
    for (const map of readFileSync(`/proc/${pid}/maps`, "utf8").split("\n")) {
      const [, from = "", to = ""] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(map) ?? [];
      const length = from === "" ? 0 : Number(BigInt(`0x${to}`) - BigInt(`0x${from}`));
      if (length === 0) continue;
      const bytes = Buffer.alloc(length);
      try {
        const count = readSync(memory, bytes, 0, length, BigInt(`0x${from}`));
        yield bytes.subarray(0, count);
      } catch {
        // A map of the kernel's own, or one that is gone.
      }
    }
  } finally {
    closeSync(memory);
  }
}

const machine = { dist: fileURLToPath(new URL("../../dist", import.meta.url)), disk: disk ?? "" };

interface Searched {
  /** Chain keys of blocks that are sealed, in the order in which they were given up. */
  readonly superseded: readonly string[];
  /** Those of the next block. */
  readonly current: readonly string[];
  readonly found: readonly string[];
}

/** Keys of a day, and which of them lie on the device afterwards, or in the daemon's memory before. */
async function searchedAfterADay(
  options: string,
): Promise<{ readonly device: Searched; readonly memory: Searched }> {
  const template = await FaultySite.licensed(machine);
  later(() => template.remove());
  const site = template.copied();
  later(() => site.remove());
  const { dataDir } = site.config;
  const { state } = vendorFolder(dataFolder(dataDir), vendor);
  const first = keysIn([
    readFileSync(state).subarray(0, SLOT_BYTES),
    readFileSync(state).subarray(SLOT_BYTES),
  ]);
  const image = putOnImage(dataDir, options);
  site.tapes("/ledger.state");
  const day = new WorkingDay(site);
  await site.open();
  await day.morning();
  await day.afternoon();
  const memory = searched([...first, ...keysIn(writesOn(site.tapePath))], memoryOf(site.pid ?? 0));
  await day.keeper?.close();
  await site.stop();
  execFileSync("umount", [dataDir]);
  const device = searched([...first, ...keysIn(writesOn(site.tapePath))], [readFileSync(image)]);
  return { device, memory };
}

function searched(keys: readonly string[], places: Iterable<Buffer>): Searched {
  const found = new Set<string>();
  for (const bytes of places) for (const key of foundIn(bytes, keys)) found.add(key);
  return {
    superseded: keys.slice(0, -2),
    current: keys.slice(-2),
    found: keys.filter((key) => found.has(key)),
  };
}

describe.runIf(canMount)("the keys of blocks that are sealed", () => {
  beforeAll(() => {
    if (disk !== undefined) later(() => rmSync(dirname(disk), { recursive: true, force: true }));
  });

  it("are neither on the device, where ext4 is as it comes, nor in memory", {
    timeout: 180_000,
  }, async () => {
    const { device, memory } = await searchedAfterADay("data=ordered");
    expect(device.superseded.length).toBeGreaterThan(10);
    expect(memory.superseded.length).toBeGreaterThan(8);
    // The keys of the next block are in both: so the search finds what is there.
    expect(device.found).toEqual(device.current);
    expect(memory.found).toEqual(memory.current);
  });

  it("stay on the device where ext4 writes data into its journal, as the threat model says", {
    timeout: 180_000,
  }, async () => {
    const { device } = await searchedAfterADay("data=journal");
    expect(device.found).toEqual(expect.arrayContaining(device.superseded.slice(2)));
  });
});
