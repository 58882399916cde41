import type { Output } from "./output.ts";
import { tableLines } from "./table.ts";

/** Values by name and tables under one heading: what many commands show of one thing. */
export interface Page {
  readonly heading: string;
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly tables: readonly {
    readonly title: string;
    readonly columns: readonly string[];
    readonly rows: readonly (readonly string[])[];
  }[];
}

/** Prints a page and an empty line behind it. A value of several lines keeps them. */
export function printPage({ heading, facts, tables }: Page, out: Output): void {
  out.line(out.paint("bold", heading));
  const width = Math.max(0, ...facts.map(([name]) => name.length));
  for (const [name, value] of facts) {
    const indented = value.trimEnd().replaceAll("\n", `\n${" ".repeat(width + 4)}`);
    out.line(`  ${name.padEnd(width)}  ${indented}`);
  }
  for (const { title, columns, rows } of tables) {
    out.line(`  ${title}`);
    for (const line of tableLines(
      columns.map((column) => ({ title: column })),
      rows,
    ))
      out.line(`    ${line}`);
  }
  out.line();
}
