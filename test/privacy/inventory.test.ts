import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openConnection } from "../../src/store/connection.ts";
import { temporaryFolder } from "../support/leftovers.ts";

const page = readFileSync(new URL("../../docs/PRIVACY.md", import.meta.url), "utf8");

/** A row of the database's inventory. */
interface Listed {
  readonly table: string;
  readonly columns: readonly string[];
  readonly person: string;
  readonly purpose: string;
  readonly kept: string;
}

/** Columns that hold the stand-in of a user, a host or a display. */
const PSEUDONYMS = new Set(["user", "host", "display"]);

describe("the inventory in docs/PRIVACY.md", () => {
  it("has every table and column of the database, and none that is not there", () => {
    expect(listed().map(({ table, columns }) => [table, columns])).toEqual(tablesOf());
  });

  it("says of each table what it is for, how long it is kept, and whether it tells of persons", () => {
    const rows = listed();
    expect(rows.filter(({ purpose, kept }) => purpose === "" || kept === "")).toEqual([]);
    expect(tablesThat(rows, (row) => row.person.includes("pseudonym"))).toEqual([
      ...tablesThat(rows, (row) => row.columns.some((column) => PSEUDONYMS.has(column))),
      // In its text.
      "trail",
    ]);
    expect(tablesThat(rows, (row) => row.person.includes("client"))).toEqual(
      tablesThat(rows, (row) => row.columns.includes("client")),
    );
  });
});

const tablesThat = (rows: readonly Listed[], holds: (row: Listed) => boolean): readonly string[] =>
  rows.filter(holds).map(({ table }) => table);

function listed(): readonly Listed[] {
  const section = page.split("## Inventory: the database")[1]?.split("\n## ")[0] ?? "";
  return section
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => {
      const [, table = "", columns = "", person = "", purpose = "", kept = ""] = line
        .split("|")
        .map((cell) => cell.trim());
      return { table: bare(table), columns: columns.split(" ").map(bare), person, purpose, kept };
    });
}

const bare = (cell: string): string => cell.replaceAll("`", "");

function tablesOf(): readonly (readonly [string, readonly unknown[]])[] {
  const database = openConnection(join(temporaryFolder(), "seatkeeper.db"));
  try {
    const named = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'";
    const tables = database.prepare(`${named} ORDER BY name`).pluck().all();
    const columns = database.prepare("SELECT name FROM pragma_table_info(?)").pluck();
    return tables.map((table) => [String(table), columns.all(table)]);
  } finally {
    database.close();
  }
}
