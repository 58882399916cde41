import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { VendorStore } from "../../src/vendor/vendor-store.ts";
import { codeOf, temporaryFolder } from "./given.ts";

describe("a store", () => {
  it("waits for the medium at every commit, also after it was opened again", () => {
    const path = newStore();
    const store = VendorStore.open(path);
    const pragmas = store.read((database) => [
      database.pragma("journal_mode", { simple: true }),
      database.pragma("synchronous", { simple: true }),
      database.pragma("foreign_keys", { simple: true }),
    ]);
    expect(pragmas).toEqual(["wal", 2, 1]);
    store.close();
  });

  it("keeps nothing of a write that failed", () => {
    const store = VendorStore.open(newStore());
    const broken = (): void =>
      store.write((database) => {
        database.exec(
          "INSERT INTO bundles (name, bytes, seen_at, verdict, accepted) VALUES ('a', 1, 1, 'X', 0)",
        );
        throw new RangeError("interrupted");
      });
    expect(broken).toThrow(RangeError);
    const count = store.read((database) =>
      database.prepare("SELECT count(*) AS n FROM bundles").get(),
    );
    expect(count).toEqual({ n: 0 });
    store.close();
  });
});

describe("a store that cannot be trusted", () => {
  it("is refused when it is missing: an empty one would forget every activation", () => {
    const path = newStore();
    rmSync(path);
    expect(codeOf(() => VendorStore.open(path))).toBe("VENDOR_STORE_CORRUPT");
  });

  it("is refused when it is something else", () => {
    const path = newStore();
    writeFileSync(path, "not a database at all, not even nearly one\n".repeat(50));
    expect(codeOf(() => VendorStore.open(path))).toBe("VENDOR_STORE_CORRUPT");
  });

  it("is refused when it is another program's database", () => {
    const path = join(temporaryFolder(), "other.db");
    const other = new Sqlite(path);
    other.exec("CREATE TABLE t (x)");
    other.close();
    expect(codeOf(() => VendorStore.open(path))).toBe("VENDOR_STORE_CORRUPT");
  });

  it("is refused when pages inside it are damaged", () => {
    const path = newStore();
    const bytes = readFileSync(path);
    bytes.fill(0xff, 4_096, 12_288);
    writeFileSync(path, bytes);
    const readBundles = (): unknown =>
      VendorStore.open(path).read((database) =>
        database.prepare("SELECT * FROM activations").all(),
      );
    expect(codeOf(readBundles)).toBe("VENDOR_STORE_CORRUPT");
  });

  it("is refused when a newer release wrote it", () => {
    const path = newStore();
    const database = new Sqlite(path);
    database.pragma("user_version = 99");
    database.close();
    expect(codeOf(() => VendorStore.open(path))).toBe("VENDOR_STORE_NEWER");
  });
});

function newStore(): string {
  const path = join(temporaryFolder(), "vendor.db");
  VendorStore.create(path).close();
  return path;
}
