import { contest } from "../contest.ts";
import { number, QUANTILE_COLUMNS, quantileCells, times } from "../report/words.ts";
import {
  type Check,
  type Findings,
  NOTHING_FOUND,
  type Scenario,
  type Stage,
} from "../scenario.ts";
import { readBooks } from "../site/books.ts";
import { type OurDaemon, ours } from "./contestants.ts";

export const metering: Scenario = {
  name: "metering",
  title: "Metered usage",
  says:
    "Closed loop: 50 clients send usage records, one in a message or a hundred. Each record is on disk before it is " +
    "answered and counts once under its key. Figures are records, latencies those of messages.",
  run,
};

const BATCHES = [1, 100];

async function run(stage: Stage): Promise<Findings> {
  const clients = stage.quick ? 10 : 50;
  const contestants: OurDaemon[] = [];
  for (const batch of BATCHES) {
    const job = (seconds: number) =>
      ({ kind: "record", meter: "render.minutes", batch, seconds }) as const;
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    contestants.push(await ours(stage, clients, job, { name: `${batch} in a message` }));
  }
  const sent = new Map<string, number>();
  const counting = contestants.map((each) => ({
    ...each,
    generator: Object.assign(Object.create(each.generator) as typeof each.generator, {
      run: async (job: Parameters<typeof each.generator.run>[0]) => {
        const done = await each.generator.run(job);
        sent.set(each.name, (sent.get(each.name) ?? 0) + (done.figures?.["counted"] ?? 0));
        return done;
      },
    }),
  }));
  const measured = await contest(counting, {
    rounds: stage.quick ? 1 : 2,
    seconds: stage.quick ? 0.7 : 3,
  });
  const checks: Check[] = [];
  for (const { name, server, site, generator } of contestants) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await server.kill();
    generator.stop();
    const { records } = readBooks(site.database);
    const acknowledged = sent.get(name) ?? Number.NaN;
    checks.push({
      claim: `every acknowledged record is counted once after kill -9 (${name})`,
      holds: records === acknowledged && records > 0,
      found: `${acknowledged} acknowledged, ${records} counted`,
    });
  }
  const [single, batched] = measured;
  return {
    ...NOTHING_FOUND,
    checks,
    tables: [
      {
        title: `${clients} clients`,
        columns: [
          "records",
          "against single",
          "records/s",
          ...QUANTILE_COLUMNS,
          "server CPU",
          "generator CPU",
        ],
        rows: measured.map((each) => [
          each.name,
          single && each === batched ? times(each.rate / single.rate) : "",
          number(each.rate),
          ...quantileCells(each.latency),
          each.serverCpu.toFixed(2),
          each.generatorCpu.toFixed(2),
        ]),
      },
    ],
  };
}
