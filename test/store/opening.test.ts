import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { openConnection } from "../../src/store/connection.ts";
import { openStore } from "../../src/store/database.ts";
import { StoreError } from "../../src/store/errors.ts";
import { MIGRATIONS } from "../../src/store/schema.ts";
import { granted, storeIn, temporaryFolder, vendor } from "./given.ts";

function refusalOf(path: string): StoreError {
  try {
    openStore(path).close();
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
  throw new Error("was opened");
}

describe("an open database", () => {
  it("waits for the medium at each commit, also when it is opened again", () => {
    const path = join(temporaryFolder(), "seatkeeper.db");
    const syncOfOpening = () => {
      const connection = openConnection(path);
      const synchronous = connection.pragma("synchronous", { simple: true });
      const journal = connection.pragma("journal_mode", { simple: true });
      connection.close();
      return { synchronous, journal };
    };
    const full = 2;
    expect(syncOfOpening()).toEqual({ synchronous: full, journal: "wal" });
    expect(syncOfOpening()).toEqual({ synchronous: full, journal: "wal" });
  });

  it("can be read by its owner only, with every file beside it", async () => {
    const folder = temporaryFolder();
    const store = storeIn(folder);
    await store.commit({ vendor, events: [granted(1)] });
    const modes = readdirSync(folder).map((name) => [
      name,
      (statSync(join(folder, name)).mode & 0o777).toString(8),
    ]);
    expect(modes).toEqual([
      ["seatkeeper.db", "600"],
      ["seatkeeper.db-wal", "600"],
    ]);
  });

  it("is refused to a second opening in the same process", () => {
    const folder = temporaryFolder();
    storeIn(folder);
    const error = refusalOf(join(folder, "seatkeeper.db"));
    expect(error.code).toBe("STORE_LOCKED");
    expect(error.hint).toBe(
      "stop the daemon first, or ask it: most commands work through its socket",
    );
  });

  it("is refused to another process, even before anything was written", () => {
    const folder = temporaryFolder();
    storeIn(folder).close();
    storeIn(folder);
    expect(readByAnotherProcess(join(folder, "seatkeeper.db"))).toBe("SQLITE_BUSY");
  });

  it("is free again after it was closed", () => {
    const folder = temporaryFolder();
    storeIn(folder).close();
    expect(readByAnotherProcess(join(folder, "seatkeeper.db"))).toBe("read");
  });
});

describe("a database of another release", () => {
  it("that is newer is refused and stays as it is", () => {
    const path = join(temporaryFolder(), "seatkeeper.db");
    const newer = openConnection(path);
    newer.pragma(`user_version = ${MIGRATIONS.length + 1}`);
    newer.close();
    const error = refusalOf(path);
    expect(error.code).toBe("STORE_NEWER");
    expect(error.hint).toBe(
      "install that release again, or restore the backup made before the upgrade",
    );
    const raw = new Sqlite(path);
    expect(raw.pragma("user_version", { simple: true })).toBe(MIGRATIONS.length + 1);
    raw.close();
  });
});

describe("a file that is no database of ours", () => {
  it.each([
    ["some text", Buffer.from("these are not the bytes you look for\n".repeat(200))],
    ["zeros", Buffer.alloc(8_192)],
  ])("is refused when it is %s", (_, bytes) => {
    const path = join(temporaryFolder(), "seatkeeper.db");
    writeFileSync(path, bytes);
    expect(refusalOf(path).code).toBe("STORE_CORRUPT");
  });

  it("is refused when another program made it, and stays as it is", () => {
    const path = join(temporaryFolder(), "seatkeeper.db");
    const foreign = new Sqlite(path);
    foreign.exec("CREATE TABLE recipes (name TEXT)");
    foreign.close();
    expect(refusalOf(path).code).toBe("STORE_CORRUPT");
    const raw = new Sqlite(path);
    expect(raw.pragma("journal_mode", { simple: true })).toBe("delete");
    raw.close();
  });

  it("is refused when it is a folder", () => {
    const path = join(temporaryFolder(), "seatkeeper.db");
    mkdirSync(path);
    expect(refusalOf(path).code).toBe("STORE_UNAVAILABLE");
  });
});

describe("a damaged row", () => {
  it("is named without its value", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "seatkeeper.db");
    const first = openStore(path);
    await first.commit({ vendor, events: [granted(1)] });
    first.close();
    const raw = new Sqlite(path);
    raw.exec("UPDATE events SET user = 'Ada Lovelace'");
    raw.close();
    const second = storeIn(folder);
    expect(() => second.pending(vendor)).toThrow(
      expect.objectContaining({
        code: "STORE_CORRUPT",
        message: "the database has a damaged value in events.user",
      }),
    );
  });
});

/** `read`, or the code with which SQLite refuses another process. */
function readByAnotherProcess(path: string): string {
  const script = `
    const Sqlite = require(${JSON.stringify(join(process.cwd(), "node_modules/better-sqlite3"))});
    try {
      new Sqlite(${JSON.stringify(path)}, { timeout: 0 }).prepare("SELECT * FROM meta").all();
      process.stdout.write("read");
    } catch (error) {
      process.stdout.write(error.code);
    }`;
  return spawnSync(process.execPath, ["-e", script], { encoding: "utf8" }).stdout;
}
