import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Machine } from "../measure/machine.ts";
import type { Findings } from "../scenario.ts";
import { PROJECT } from "../site/programs.ts";

/** What one run of one scenario found, as it is kept. */
export interface Result {
  readonly scenario: string;
  readonly title: string;
  readonly says: string;
  /** `2026-11-22`, of UTC. */
  readonly date: string;
  /** How long it took. */
  readonly seconds: number;
  readonly machine: Machine;
  readonly findings: Findings;
}

const FOLDER = join(PROJECT, "bench/results");

export function keepResult(result: Result): void {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(pathOf(result.scenario), `${JSON.stringify(result, null, 2)}\n`);
}

/** The kept results, in the order of `names`; what was never measured is left out. */
export function keptResults(names: readonly string[]): readonly Result[] {
  mkdirSync(FOLDER, { recursive: true });
  const present = new Set(readdirSync(FOLDER));
  return names
    .filter((name) => present.has(`${name}.json`))
    .map((name) => JSON.parse(readFileSync(pathOf(name), "utf8")) as Result);
}

const pathOf = (name: string): string => join(FOLDER, `${name}.json`);
