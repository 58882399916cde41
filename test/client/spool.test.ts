import { execFileSync, spawnSync } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { utf8 } from "../../src/base/bytes.ts";
import { chainId, idempotencyKey } from "../../src/base/ids.ts";
import { unixMillis } from "../../src/base/time.ts";
import { openRecords, Spool } from "../../src/client/spool.ts";
import { sha256 } from "../../src/crypto/hash.ts";
import type { UsageRecord } from "../../src/protocol/requests.ts";
import { emptyFolder } from "./given.ts";

const record = (key: string, units = 5): UsageRecord => ({
  meter: "render.minutes",
  units,
  key: idempotencyKey(key),
  usedAt: unixMillis(1_795_348_800_000),
});

const chain = chainId("ab".repeat(16));
const other = chainId("cd".repeat(16));

function spoolIn(folder: string): Spool {
  const spool = new Spool(folder);
  onTestFinished(() => spool.close());
  return spool;
}

const filesIn = (folder: string): readonly string[] => readdirSync(folder).toSorted();

const onlyFile = (folder: string): string => join(folder, filesIn(folder)[0] ?? "");

const keysOf = (records: readonly { readonly record: UsageRecord }[]): readonly string[] =>
  records.map(({ record: { key } }) => key);

const host = Buffer.from(sha256(utf8(hostname())))
  .toString("hex")
  .slice(0, 8);

/** The file as a process that is gone would have left it: no process has this start time. */
function abandon(folder: string): void {
  const name = `${host}.1.999999999999.${"0".repeat(32)}.spool`;
  renameSync(onlyFile(folder), join(folder, name));
}

describe("a spool", () => {
  it("makes nothing before the first record, then one file that is only ours", async () => {
    const folder = join(emptyFolder(), "usage");
    const spool = spoolIn(folder);
    expect(await spool.adopt()).toEqual([]);
    expect(existsSync(folder)).toBe(false);
    await spool.add(record("one"));
    expect(filesIn(folder)).toHaveLength(1);
    expect(statSync(onlyFile(folder)).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it("has a record in its file by the time it says so, with its time of use", async () => {
    const folder = emptyFolder();
    await spoolIn(folder).add(record("one", 7));
    expect(openRecords(readFileSync(onlyFile(folder), "utf8"))).toEqual([
      { at: 1, record: record("one", 7), chain: undefined },
    ]);
  });

  it("is empty again when all is answered, and gone when it is closed", async () => {
    const folder = emptyFolder();
    const spool = spoolIn(folder);
    const added = await Promise.all([spool.add(record("one")), spool.add(record("two"))]);
    spool.answered(added);
    await spool.close();
    expect(filesIn(folder)).toEqual([]);
  });

  it("drops a last line that a power cut tore, and keeps all before it", async () => {
    const folder = emptyFolder();
    const spool = spoolIn(folder);
    for (const key of ["one", "two", "three"]) await spool.add(record(key));
    const file = onlyFile(folder);
    const whole = readFileSync(file, "utf8");
    const kept = whole.split("\n").slice(0, 2).join("\n").length + 1;
    for (let length = kept; length < whole.length; length += 1) {
      truncateSync(file, length);
      expect(keysOf(openRecords(readFileSync(file, "utf8")))).toEqual(["one", "two"]);
      writeFileSync(file, whole);
    }
  });

  it("notices any byte of a line that the disk changed", async () => {
    const folder = emptyFolder();
    await spoolIn(folder).add(record("one"));
    const whole = readFileSync(onlyFile(folder));
    for (let at = 0; at < whole.length; at += 1) {
      const bytes = Uint8Array.from(whole);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      expect(openRecords(Buffer.from(bytes).toString("latin1"))).toEqual([]);
    }
  });

  it("says which ledger may have a record already", async () => {
    const folder = emptyFolder();
    const spool = spoolIn(folder);
    const [one, two] = [await spool.add(record("one")), await spool.add(record("two"))];
    await spool.bind([one], chain);
    spool.answered([two]);
    await spool.close();
    const found = await spoolIn(folder).adopt();
    expect(found).toMatchObject([{ record: { key: "one" }, chain }]);
    expect(found).not.toMatchObject([{ chain: other }]);
  });
});

describe("what an instance has left", () => {
  it("is adopted by exactly one of many", async () => {
    const folder = emptyFolder();
    const first = spoolIn(folder);
    await first.add(record("one"));
    await first.close();
    const found = await Promise.all(Array.from({ length: 8 }, () => spoolIn(folder).adopt()));
    expect(found.flatMap(keysOf)).toEqual(["one"]);
    expect(filesIn(folder)).toHaveLength(1);
  });

  it("is adopted when its process is gone, and not while it lives", async () => {
    const folder = emptyFolder();
    await spoolIn(folder).add(record("one"));
    expect(await spoolIn(folder).adopt()).toEqual([]);
    abandon(folder);
    expect(keysOf(await spoolIn(folder).adopt())).toEqual(["one"]);
  });

  it("stays where it is when it belongs to another machine that shares the folder", async () => {
    const folder = emptyFolder();
    await spoolIn(folder).add(record("one"));
    const foreign = join(folder, `00000000.1.1.${"0".repeat(32)}.spool`);
    writeFileSync(foreign, readFileSync(onlyFile(folder)));
    expect(await spoolIn(folder).adopt()).toEqual([]);
    expect(existsSync(foreign)).toBe(true);
  });

  it("is still there when the adopter dies as well", async () => {
    const folder = emptyFolder();
    const first = spoolIn(folder);
    await first.add(record("one"));
    await first.close();
    await spoolIn(folder).adopt();
    abandon(folder);
    expect(keysOf(await spoolIn(folder).adopt())).toEqual(["one"]);
  });

  it("may hold what is no record of this release, which is passed over", async () => {
    const folder = emptyFolder();
    await spoolIn(folder).add(record("one"));
    appendFileSync(onlyFile(folder), "hello\n0123456789abcdef {}\n\n");
    abandon(folder);
    expect(keysOf(await spoolIn(folder).adopt())).toEqual(["one"]);
  });
});

describe("a spool that cannot write", () => {
  it("refuses with the reason, and works once the folder does", async () => {
    const folder = emptyFolder();
    const path = join(folder, "usage");
    writeFileSync(path, "");
    const spool = spoolIn(path);
    await expect(spool.add(record("one"))).rejects.toMatchObject({ code: "USAGE_SPOOL" });
    rmSync(path);
    expect(keysOf([await spool.add(record("two"))])).toEqual(["two"]);
    expect(keysOf(openRecords(readFileSync(onlyFile(path), "utf8")))).toEqual(["two"]);
  });
});

function smallDisk(): string {
  const folder = join(emptyFolder(), "small");
  mkdirSync(folder, { mode: 0o700 });
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k,mode=0700", "tmpfs", folder]);
  onTestFinished(() => {
    execFileSync("umount", ["-l", folder]);
  });
  return folder;
}

const canMount = spawnSync("unshare", ["-m", "true"]).status === 0 && process.getuid?.() === 0;

describe.skipIf(!canMount)("a spool on a full disk", () => {
  it("has exactly the records that it took, and takes more when there is room", async () => {
    const folder = smallDisk();
    const ballast = join(folder, "ballast");
    writeFileSync(ballast, Buffer.alloc(24 * 1_024));
    const spool = spoolIn(folder);
    const taken: string[] = [];
    const fill = async (): Promise<void> => {
      for (;;) {
        const key = `key-${taken.length}`;
        await spool.add(record(key));
        taken.push(key);
      }
    };
    await expect(fill()).rejects.toMatchObject({
      code: "USAGE_SPOOL",
      facts: { reason: "ENOSPC" },
    });
    const file = filesIn(folder).find((name) => name.endsWith(".spool")) ?? "";
    const kept = (): readonly string[] =>
      keysOf(openRecords(readFileSync(join(folder, file), "utf8")));
    expect(kept()).toEqual(taken);
    rmSync(ballast);
    await spool.add(record("afterwards"));
    expect(kept()).toEqual([...taken, "afterwards"]);
  });
});
