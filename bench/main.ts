// npm run bench [-- SCENARIO... --quick --report]
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { describeMachine } from "./measure/machine.ts";
import { writePage } from "./report/page.ts";
import { keepResult, keptResults } from "./report/result.ts";
import type { Findings, Scenario } from "./scenario.ts";
import { ALL, SCENARIOS } from "./scenarios/all.ts";
import { Vendor } from "./site/vendor.ts";

const USAGE = `usage: npm run bench [-- SCENARIO... --quick --report]

  --quick   a few seconds each, to see that everything works; keeps no result
  --report  make docs/BENCHMARKS.md from the kept results, without measuring

scenarios:
${ALL.map(({ name, title }) => `  ${name.padEnd(14)}${title}`).join("\n")}
`;

process.exitCode = await main();

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: "boolean", default: false },
      report: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const chosen = positionals.map((name) => ALL.find((scenario) => scenario.name === name));
  const unknown = positionals.find((_, index) => chosen[index] === undefined);
  if (values.help || unknown !== undefined) {
    if (unknown !== undefined) say(`there is no scenario ${unknown}`);
    process.stdout.write(USAGE);
    return values.help ? 0 : 2;
  }
  const scenarios = chosen.filter((scenario) => scenario !== undefined);
  let broken = 0;
  if (!values.report) {
    broken = await measure(scenarios.length > 0 ? scenarios : SCENARIOS, values.quick);
  }
  if (!values.quick) {
    writePage(keptResults(ALL.map(({ name }) => name)));
    say("wrote docs/BENCHMARKS.md");
  }
  return broken > 0 ? 1 : 0;
}

/** Returns how many scenarios failed, or found something that must not be. */
async function measure(scenarios: readonly Scenario[], quick: boolean): Promise<number> {
  const home = mkdtempSync(join(tmpdir(), "skbench-"));
  let broken = 0;
  try {
    const vendor = new Vendor(join(home, "vendor"));
    for (const scenario of scenarios) {
      const folder = join(home, scenario.name);
      mkdirSync(folder);
      // oxlint-disable-next-line no-await-in-loop -- one at a time is the point
      if (!(await isSound(scenario, { quick, folder, vendor }))) broken += 1;
      rmSync(folder, { recursive: true, force: true });
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
  return broken;
}

async function isSound(
  scenario: Scenario,
  {
    quick,
    folder,
    vendor,
  }: { readonly quick: boolean; readonly folder: string; readonly vendor: Vendor },
): Promise<boolean> {
  const { name, title, says } = scenario;
  say(`${name}: ${title.toLowerCase()}`);
  const machine = describeMachine(folder);
  const begin = performance.now();
  const findings = await scenario.run({
    quick,
    folder,
    vendor,
    say: (line) => say(`${name}: ${line}`),
  });
  const seconds = Math.round((performance.now() - begin) / 1_000);
  if (quick) tell(findings);
  else {
    const date = new Date().toISOString().slice(0, 10);
    keepResult({ scenario: name, title, says, date, seconds, machine, findings });
  }
  say(`${name}: done in ${seconds} s`);
  const failed = findings.checks.filter(({ holds }) => !holds);
  for (const { claim, found } of failed) say(`${name}: DOES NOT HOLD: ${claim}: ${found}`);
  return failed.length === 0;
}

/** A quick look, for the terminal alone. */
function tell({ tables, budgets, checks, notes }: Findings): void {
  for (const { title, columns, rows } of tables) {
    say(`  ${title}`);
    for (const row of [columns, ...rows]) say(`    ${row.join("  |  ")}`);
  }
  for (const { id, measured, holds } of budgets)
    say(`  budget ${id}: ${measured} ${holds ? "holds" : "missed"}`);
  for (const { claim, found, holds } of checks)
    say(`  ${holds ? "holds" : "BROKEN"}: ${claim}: ${found}`);
  for (const note of notes) say(`  ${note}`);
}

function say(line: string): void {
  process.stderr.write(`bench: ${line}\n`);
}
