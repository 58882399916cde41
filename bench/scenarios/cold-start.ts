import { median } from "../measure/median.ts";
import { mebi, number } from "../report/words.ts";
import { type Findings, NOTHING_FOUND, type Scenario, type Stage } from "../scenario.ts";
import { readBooks } from "../site/books.ts";
import { FEATURE, oneSeat, ours, pairsOf } from "./contestants.ts";

export const coldStart: Scenario = {
  name: "cold-start",
  title: "A start with 100,000 leases",
  says:
    "100,000 seats are taken over the wire by 250 clients, the daemon is killed, and started again and again: until it listens, " +
    "and until a client has connected and got another seat.",
  run,
};

async function run(stage: Stage): Promise<Findings> {
  const clients = stage.quick ? 20 : 250;
  const each = stage.quick ? 50 : 400;
  const daemon = await ours(stage, clients, pairsOf(FEATURE));
  stage.say(`${clients * each} seats are taken`);
  const taken = await daemon.generator.run({ kind: "hold", feature: FEATURE, each });
  await daemon.server.kill();
  daemon.generator.stop();
  const listening: number[] = [];
  const serving: number[] = [];
  const memory: number[] = [];
  for (let start = 0; start < (stage.quick ? 2 : 5); start += 1) {
    stage.say(`start ${start + 1}`);
    const begin = performance.now();
    // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
    const again = await daemon.site.serve();
    // oxlint-disable-next-line no-await-in-loop
    await oneSeat(again.url, stage.vendor.name, FEATURE);
    serving.push(performance.now() - begin);
    listening.push(again.startedIn);
    memory.push(again.watch.use().rss);
    // oxlint-disable-next-line no-await-in-loop
    await again.kill();
  }
  const books = readBooks(daemon.site.database);
  const expected = clients * each + listening.length;
  return {
    ...NOTHING_FOUND,
    tables: [
      {
        title: `${number(clients * each)} leases`,
        columns: ["starts", "listening, ms", "first seat, ms", "RSS"],
        rows: [
          [
            listening.length,
            number(median(listening)),
            number(median(serving)),
            mebi(median(memory)),
          ],
        ],
      },
    ],
    budgets: [
      {
        id: "cold-start",
        measured: `${number(median(listening))} ms`,
        holds: median(listening) < 2_000,
      },
    ],
    checks: [
      {
        claim: "every lease is there after each start",
        holds: taken.tally.granted === clients * each && books.leases.size === expected,
        found: `${taken.tally.granted} acknowledged, ${books.leases.size} of ${expected} in the database`,
      },
    ],
  };
}
