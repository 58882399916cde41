import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openConnection } from "../../src/store/connection.ts";
import { writeFileDurably } from "../../src/store/data-folder.ts";
import { openStore, Store } from "../../src/store/database.ts";
import { granted, leaseNumber, storeIn, temporaryFolder, vendor } from "./given.ts";

const many = Array.from({ length: 500 }, (_, index) => granted(index));

/** Commits until the disk gives out; returns how many groups were kept, and the refusal. */
async function fill(store: Store): Promise<{ readonly kept: number; readonly refusal: unknown }> {
  for (let kept = 0; kept < 1_000; kept += 1) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
      await store.commit({ vendor, events: many });
    } catch (refusal) {
      return { kept, refusal };
    }
  }
  throw new Error("the disk never gave out");
}

describe("a database that may not grow", () => {
  it("refuses a group as a whole and lives on", async () => {
    const connection = openConnection(join(temporaryFolder(), "seatkeeper.db"));
    onTestFinished(() => {
      connection.close();
    });
    const store = new Store(connection);
    connection.pragma("max_page_count = 60");
    const { kept, refusal } = await fill(store);
    expect(refusal).toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(store.pendingCount(vendor)).toBe(kept * many.length);

    connection.pragma("max_page_count = 1000");
    await store.commit({ vendor, events: [granted(1)] });
    expect(store.lastEventId(vendor)).toBe(kept * many.length + 1);
  });
});

function smallFileSystem(): string {
  const folder = join(temporaryFolder(), "small");
  mkdirSync(folder, { mode: 0o700 });
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=512k,mode=0700", "tmpfs", folder]);
  onTestFinished(() => {
    execFileSync("umount", ["-l", folder]);
  });
  return folder;
}

const canMount = spawnSync("unshare", ["-m", "true"]).status === 0 && process.getuid?.() === 0;

describe.skipIf(!canMount)("a small file system", () => {
  it("that is full refuses a group as a whole, and takes it when there is space again", async () => {
    const folder = smallFileSystem();
    const store = storeIn(folder);
    const { kept, refusal } = await fill(store);
    expect(refusal).toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(store.pendingCount(vendor)).toBe(kept * many.length);
    store.close();

    execFileSync("mount", ["-o", "remount,size=4m", folder]);
    const again = storeIn(folder);
    expect(again.lastEventId(vendor)).toBe(kept * many.length);
    await again.commit({ vendor, events: [granted(1)] });
    expect(again.pendingCount(vendor)).toBe(kept * many.length + 1);
  });

  it("that turns read-only refuses to open, with a hint", async () => {
    const folder = smallFileSystem();
    const store = openStore(join(folder, "seatkeeper.db"));
    await store.commit({ vendor, changes: [{ kind: "lease-granted", lease: leaseNumber(1) }] });
    store.close();
    execFileSync("mount", ["-o", "remount,ro", folder]);
    expect(() => openStore(join(folder, "seatkeeper.db"))).toThrow(
      expect.objectContaining({
        code: "STORE_UNAVAILABLE",
        hint: "check free space, quota and permissions of the data folder; nothing was lost",
      }),
    );
  });

  it("that is full leaves a small file with its old content", () => {
    const folder = smallFileSystem();
    const path = join(folder, "a.sklic");
    writeFileDurably(path, Buffer.from("old"));
    expect(() => writeFileDurably(path, new Uint8Array(1_000_000))).toThrow(
      expect.objectContaining({
        code: "STORE_UNAVAILABLE",
        message: `cannot write ${path}: the disk is full`,
      }),
    );
    expect(execFileSync("cat", [path], { encoding: "utf8" })).toBe("old");
    expect(existsSync(`${path}.new`)).toBe(false);
  });
});

describe.skipIf(process.getuid?.() === 0)("a folder without permission to write", () => {
  it("refuses to open, with a hint", () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o500);
    expect(() => openStore(join(folder, "seatkeeper.db"))).toThrow(
      expect.objectContaining({ code: "STORE_UNAVAILABLE" }),
    );
    chmodSync(folder, 0o700);
    writeFileSync(join(folder, "writable"), "");
  });
});
