import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { FLEXNET } from "../../src/options/flexnet.ts";
import { type Dialect, fateInWords } from "../../src/options/keyword.ts";
import { RLM } from "../../src/options/rlm.ts";

const page = readFileSync(new URL("../../docs/ADMINISTRATION.md", import.meta.url), "utf8");

/** The rows of a table of the page, without its head. */
function tableOf({ name }: Dialect): readonly string[] {
  const [, table = ""] = page.split(`<!-- table: ${name} -->`);
  const [rows = ""] = table.split("<!-- end -->");
  return rows.trim().split("\n").slice(2);
}

describe.each([FLEXNET, RLM])(
  "the table of $name in docs/ADMINISTRATION.md",
  (dialect: Dialect) => {
    it("says of each keyword what the importer does with it", () => {
      const rows = dialect.keywords.map((keyword) => {
        const written = `${keyword.word} ${keyword.form}`.trim();
        return `| \`${written}\` | ${fateInWords(keyword)} |`;
      });
      expect(tableOf(dialect)).toEqual(rows);
    });

    it("is in the order of the alphabet and has each keyword once", () => {
      const words = dialect.keywords.map(({ word }) => word);
      expect(words).toEqual([...new Set(words)].toSorted());
      expect(words.length).toBeGreaterThan(25);
    });
  },
);
