import { closeAll } from "../contest.ts";
import { Histogram } from "../measure/histogram.ts";
import { number, QUANTILE_COLUMNS, quantileCells } from "../report/words.ts";
import { type Findings, NOTHING_FOUND, type Scenario, type Stage } from "../scenario.ts";
import { neverMore } from "./audit.ts";
import { ours, pairsOf } from "./contestants.ts";

export const queue: Scenario = {
  name: "queue",
  title: "A thousand in the queue for one seat",
  says:
    "1,000 clients ask for the only seat and wait. Whoever gets it gives it back at once, and the next one is told. " +
    "The quantiles say how long a client waited from its request.",
  run,
};

async function run(stage: Stage): Promise<Findings> {
  const clients = stage.quick ? 100 : 1_000;
  const daemon = await ours(stage, clients, pairsOf("single"));
  const done = await daemon.generator.run({ kind: "queue", feature: "single" });
  await closeAll([daemon]);
  return {
    ...NOTHING_FOUND,
    tables: [
      {
        title: `${number(clients)} clients, one seat`,
        columns: ["hand-overs/s", "seconds", ...QUANTILE_COLUMNS, "generator CPU"],
        rows: [
          [
            number(done.count / done.seconds),
            number(done.seconds),
            ...quantileCells(Histogram.of(done.latency).quantiles()),
            done.generatorCpu.toFixed(2),
          ],
        ],
      },
    ],
    checks: [
      neverMore(`${number(clients)} clients for one seat`, done, 1),
      {
        claim: "everybody in the queue had the seat once",
        holds: done.tally.granted === clients,
        found: `${done.tally.granted} of ${clients}`,
      },
    ],
  };
}
