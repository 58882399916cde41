import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BudgetFigure, Check, Table } from "../scenario.ts";
import { PROJECT } from "../site/programs.ts";
import { BUDGETS } from "./budgets.ts";
import { svgOf } from "./plot.ts";
import type { Result } from "./result.ts";
import { number } from "./words.ts";

const PAGE = join(PROJECT, "docs/BENCHMARKS.md");
const PLOTS = join(PROJECT, "docs/benchmarks");
/** What a person has to say about the figures; kept by hand. */
const REMARKS = join(PROJECT, "bench/results/remarks.md");
/** Flame graphs are made when somebody profiles, and stay. */
const KEPT = /^flame-/;

/** Writes `docs/BENCHMARKS.md` and its plots from kept results. Measures nothing. */
export function writePage(results: readonly Result[]): void {
  mkdirSync(PLOTS, { recursive: true });
  for (const name of readdirSync(PLOTS)) if (!KEPT.test(name)) rmSync(join(PLOTS, name));
  const sections = results.map(sectionOf);
  writeFileSync(
    PAGE,
    `${[INTRODUCTION, machines(results), budgets(results), remarks(), ...sections].filter((part) => part !== "").join("\n\n")}\n`,
  );
}

const INTRODUCTION = `# Benchmarks

How fast, how many, how it grows. This page is made from measured data by \`npm run bench\`; \`npm run bench -- leases\` measures one scenario, \`--quick\` shows in
seconds that it works and keeps nothing, \`--report\` makes the page again without measuring. Everything runs on one machine over loopback, the load generator in a process of its own.

Read the ratios first: servers in one table took turns, round after round, on the same machine, so a ratio survives a busy or slower machine, and
an absolute figure does not. Rates are medians of the rounds, latencies of all rounds together. CPU is in cores. While the load presses, the generator counts what it was given, and afterwards
the daemon is killed and its database is compared with that: the checks stand under each table.`;

function machines(results: readonly Result[]): string {
  const runs = new Map<string, string[]>();
  for (const { machine, date, scenario } of results) {
    const { processor, cores, memory, kernel, node, sqlite, seatkeeper, commit } = machine;
    const line = `${date}: ${processor}, ${cores} cores, ${memory} GiB, ${kernel}; node ${node}, SQLite ${sqlite}, Seatkeeper ${seatkeeper} at ${commit}`;
    runs.set(line, [...(runs.get(line) ?? []), scenario]);
  }
  const syncs = results.map(({ machine }) => machine.sync);
  const range = `${number(Math.min(...syncs))} to ${number(Math.max(...syncs))} ms`;
  return [
    "## Machine",
    "",
    ...[...runs].map(([line, scenarios]) => `- ${line} (${scenarios.join(", ")})`),
    ...(results.length === 0 ? [] : [`- An append of 4 KiB with fdatasync: ${range}.`]),
  ].join("\n");
}

function budgets(results: readonly Result[]): string {
  const figures = new Map<string, BudgetFigure>(
    results.flatMap(({ findings }) =>
      findings.budgets.map((figure) => [figure.id, figure] as const),
    ),
  );
  const rows = BUDGETS.map(({ id, what, target }) => {
    const figure = figures.get(id);
    const mark = figure === undefined ? "not measured" : figure.holds ? "✓" : "✗ missed";
    return [what, target, figure?.measured ?? "", mark];
  });
  return ["## Budgets", "", tableText(["budget", "target", "measured", ""], rows)].join("\n");
}

function remarks(): string {
  return existsSync(REMARKS) ? readFileSync(REMARKS, "utf8").trim() : "";
}

function sectionOf({ title, says, findings, scenario }: Result): string {
  const plots = findings.plots.map((plot) => {
    const file = `${scenario}-${plot.name}.svg`;
    writeFileSync(join(PLOTS, file), svgOf(plot));
    return `![${plot.title}](benchmarks/${file})`;
  });
  return [
    `## ${title}`,
    says,
    ...findings.tables.map(headedTable),
    ...plots,
    ...findings.notes,
    ...(findings.checks.length > 0 ? [findings.checks.map(checkLine).join("\n")] : []),
  ].join("\n\n");
}

const headedTable = ({ title, columns, rows }: Table): string =>
  [
    `**${title}**`,
    "",
    tableText(
      columns,
      rows.map((row) => row.map(String)),
    ),
  ].join("\n");

function tableText(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = columns.map((_, index) => (index === 0 ? "---" : "---:"));
  return [columns, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

const checkLine = ({ claim, holds, found }: Check): string =>
  `- ${holds ? "✓" : "✗"} ${claim}: ${found}`;
