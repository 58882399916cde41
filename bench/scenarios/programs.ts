import { spawnSync } from "node:child_process";
import { median } from "../measure/median.ts";
import { number, times } from "../report/words.ts";
import { type Findings, NOTHING_FOUND, type Scenario, type Stage } from "../scenario.ts";
import { OPERATOR, VENDOR } from "../site/programs.ts";
import { Site } from "../site/site.ts";
import { freshFolder, TERMS } from "./contestants.ts";

export const programs: Scenario = {
  name: "programs",
  title: "Starting the programs",
  says:
    "Each program is started in turn with a bare `node`, and the ratio is that of the medians. The daemon starts at an empty site, " +
    "until it listens.",
  run,
};

const LINES: readonly (readonly [label: string, words: readonly string[]])[] = [
  ["node, nothing else", ["-e", "0"]],
  ["seatkeeper --version", [OPERATOR, "--version"]],
  ["seatkeeper status --help", [OPERATOR, "status", "--help"]],
  ["seatkeeper run --help", [OPERATOR, "run", "--help"]],
  ["seatkeeper-vendor --version", [VENDOR, "--version"]],
  ["seatkeeper-vendor ingest --help", [VENDOR, "ingest", "--help"]],
];

async function run(stage: Stage): Promise<Findings> {
  const site = new Site(freshFolder(stage), stage.vendor, { terms: TERMS });
  const spent = new Map<string, number[]>();
  const note = (label: string, millis: number): void => {
    spent.set(label, [...(spent.get(label) ?? []), millis]);
  };
  for (let round = 0; round < (stage.quick ? 2 : 10); round += 1) {
    for (const [label, words] of LINES) note(label, started(words));
    // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
    const daemon = await site.serve();
    note(LISTENING, daemon.startedIn);
    // oxlint-disable-next-line no-await-in-loop
    await daemon.kill();
  }
  const medians = [...spent].map(([label, millis]) => [label, median(millis)] as const);
  const [, bare = Number.NaN] = medians[0] ?? [];
  const listening = (medians.find(([label]) => label === LISTENING)?.[1] ?? Number.NaN) / bare;
  return {
    ...NOTHING_FOUND,
    tables: [
      {
        title: "Until the program has ended, or the daemon listens",
        columns: ["program", "against bare node", "median, ms"],
        rows: medians.map(([label, millis]) => [label, times(millis / bare), number(millis)]),
      },
    ],
    plots: [
      {
        kind: "bars",
        name: "programs",
        title: "Starting a program, median",
        unit: "ms",
        bars: medians.map(([label, value]) => ({ label, value })),
      },
    ],
    budgets: [{ id: "start", measured: times(listening), holds: listening <= 2.7 }],
  };
}

const LISTENING = "seatkeeper serve, listening";

function started(words: readonly string[]): number {
  const begin = performance.now();
  const { status } = spawnSync(process.execPath, [...words], { stdio: "ignore" });
  if (status !== 0) throw new Error(`${words.join(" ")} ended with ${status}`);
  return performance.now() - begin;
}
