import { closeAll, contest, ratio } from "../contest.ts";
import { number, QUANTILE_COLUMNS, quantileCells, times } from "../report/words.ts";
import { type Findings, NOTHING_FOUND, type Scenario, type Stage } from "../scenario.ts";
import { echoOf, FEATURE, ours, rival } from "./contestants.ts";

export const renewals: Scenario = {
  name: "renewals",
  title: "Renewals",
  says:
    "Closed loop: 100 clients with a seat each renew it again and again. A renewal writes nothing to disk; " +
    "its answer is a freshly signed lease. `echo` sends two messages for each round.",
  run,
};

async function run(stage: Stage): Promise<Findings> {
  const clients = stage.quick ? 20 : 100;
  const daemon = await ours(stage, clients, (seconds) => ({ kind: "renewals", seconds }));
  await daemon.generator.run({ kind: "hold", feature: FEATURE });
  const contestants = [daemon, await rival(stage, "echo", clients, echoOf)];
  const measured = await contest(contestants, {
    rounds: stage.quick ? 1 : 3,
    seconds: stage.quick ? 0.7 : 3,
  });
  await closeAll(contestants);
  const [we] = measured;
  return {
    ...NOTHING_FOUND,
    tables: [
      {
        title: `${clients} clients`,
        columns: [
          "server",
          "seatkeeper does",
          "per second",
          ...QUANTILE_COLUMNS,
          "server CPU",
          "generator CPU",
        ],
        rows: measured.map((each) => [
          each.name,
          we && each !== we ? times(ratio(we, each)) : "",
          number(each.rate),
          ...quantileCells(each.latency),
          each.serverCpu.toFixed(2),
          each.generatorCpu.toFixed(2),
        ]),
      },
    ],
  };
}
