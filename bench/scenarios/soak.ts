import { Histogram } from "../measure/histogram.ts";
import { median } from "../measure/median.ts";
import { mebi, number, QUANTILE_COLUMNS, quantileCells, times } from "../report/words.ts";
import { type Findings, NOTHING_FOUND, type Scenario, type Stage } from "../scenario.ts";
import { audit } from "./audit.ts";
import { FEATURE, ours, pairsOf } from "./contestants.ts";

/** Not among the others: it runs for an hour, by its own command. */
export const soak: Scenario = {
  name: "soak",
  title: "An hour at constant load",
  says:
    "200 connections take and give back seats at 1,000 requests per second for an hour, open loop. Memory is looked at every half minute; " +
    "after a warm-up of ten minutes it must stay flat: the median of the last third against the first third of the rest.",
  run,
};

const RATE = 1_000;

async function run(stage: Stage): Promise<Findings> {
  const minutes = stage.quick ? 0.05 : 60;
  const piece = stage.quick ? 0.5 : 30;
  const daemon = await ours(stage, stage.quick ? 20 : 200, pairsOf(FEATURE));
  const latency = new Histogram();
  const memory: [minute: number, rss: number][] = [];
  const cpu: number[] = [];
  const begin = performance.now();
  const passed = (): number => (performance.now() - begin) / 60_000;
  while (passed() < minutes) {
    daemon.server.watch.restart();
    // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
    const done = await daemon.generator.run({
      kind: "open-loop",
      feature: FEATURE,
      rate: RATE,
      seconds: piece,
    });
    const use = daemon.server.watch.use();
    latency.addAll(Histogram.of(done.latency));
    memory.push([passed(), use.rss]);
    cpu.push(use.cpu);
    stage.say(`${number(passed())} min, ${mebi(use.rss)}`);
  }
  const checks = await audit(daemon);
  daemon.generator.stop();
  const settled = memory.filter(([minute]) => minute >= minutes / 6).map(([, rss]) => rss);
  const third = Math.ceil(settled.length / 3);
  const growth = median(settled.slice(-third)) / median(settled.slice(0, third));
  return {
    ...NOTHING_FOUND,
    tables: [
      {
        title: `${number(RATE)} requests/s for ${number(minutes)} minutes`,
        columns: [
          "requests",
          ...QUANTILE_COLUMNS,
          "RSS after warm-up",
          "RSS at the end",
          "CPU, cores",
        ],
        rows: [
          [
            number(latency.count),
            ...quantileCells(latency.quantiles()),
            mebi(median(settled.slice(0, third))),
            mebi(median(settled.slice(-third))),
            number(median(cpu)),
          ],
        ],
      },
    ],
    plots: [
      {
        kind: "lines",
        name: "soak",
        title: "Memory at constant load",
        x: "minutes",
        y: "RSS, MiB",
        lines: [{ label: "daemon", points: memory }],
      },
    ],
    checks: [
      ...checks,
      {
        claim: "memory is flat after warm-up: it grows by less than a tenth",
        holds: growth < 1.1,
        found: times(growth),
      },
    ],
  };
}
