import { closeAll } from "../contest.ts";
import type { Done } from "../load/jobs.ts";
import { Histogram, type Quantiles } from "../measure/histogram.ts";
import { millis, number, QUANTILE_COLUMNS, quantileCells } from "../report/words.ts";
import { type Findings, NOTHING_FOUND, type Scenario, type Stage } from "../scenario.ts";
import { audit } from "./audit.ts";
import { FEATURE, ours, pairsOf, rival } from "./contestants.ts";

export const openLoop: Scenario = {
  name: "open-loop",
  title: "Requests at a fixed rate",
  says:
    "Open loop: 1,000 connections take and give back seats at a fixed total rate, whether or not the server keeps up. " +
    "Latency counts from the intended time of each request, so a stall is charged to all requests it delays. " +
    "`ceiling` is the minimal server at the same rate on the same machine.",
  run,
};

interface Rung {
  readonly rate: number;
  readonly done: Done;
  readonly latency: Quantiles;
}

async function run(stage: Stage): Promise<Findings> {
  const clients = stage.quick ? 50 : 1_000;
  const rates = stage.quick ? [500, 1_000] : [1_000, 2_500, 5_000, 7_500, 10_000];
  const seconds = stage.quick ? 0.7 : 4;
  const daemon = await ours(stage, clients, pairsOf(FEATURE));
  const ceiling = await rival(stage, "ceiling", clients, pairsOf(FEATURE));
  const ladder = new Map<string, readonly Rung[]>([
    ["seatkeeper", []],
    ["ceiling", []],
  ]);
  for (const rate of rates) {
    stage.say(`${rate} requests per second`);
    for (const { name, generator } of [daemon, ceiling]) {
      // oxlint-disable-next-line no-await-in-loop -- one at a time is the point
      const done = await generator.run({ kind: "open-loop", feature: FEATURE, rate, seconds });
      const latency = Histogram.of(done.latency).quantiles();
      ladder.set(name, [...(ladder.get(name) ?? []), { rate, done, latency }]);
    }
  }
  const checks = await audit(daemon);
  daemon.generator.stop();
  await closeAll([ceiling]);
  const top = ladder.get("seatkeeper")?.at(-1);
  if (top === undefined) throw new TypeError("nothing was measured");
  const { p99 } = top.latency;
  return {
    ...NOTHING_FOUND,
    checks,
    budgets: [{ id: "open-loop", measured: `p99 ${millis(p99)}`, holds: p99 <= 10 }],
    tables: [
      {
        title: `${number(clients)} connections`,
        columns: ["server", "requests/s", ...QUANTILE_COLUMNS, "generator CPU"],
        rows: [...ladder].flatMap(([name, rungs]) =>
          rungs.map(({ rate, done, latency }) => [
            name,
            number(rate),
            ...quantileCells(latency),
            done.generatorCpu.toFixed(2),
          ]),
        ),
      },
    ],
    plots: [
      {
        kind: "lines",
        name: "open-loop",
        title: "p99 against the rate, open loop, 1,000 connections",
        x: "requests/s",
        y: "p99, ms",
        lines: [...ladder].map(([label, rungs]) => ({
          label,
          points: rungs.map(({ rate, latency }) => [rate, latency.p99] as const),
        })),
      },
    ],
  };
}
