import { Histogram } from "../measure/histogram.ts";
import { mebi, millis, number, QUANTILE_COLUMNS, quantileCells } from "../report/words.ts";
import { type Findings, NOTHING_FOUND, type Scenario, type Stage } from "../scenario.ts";
import { readBooks } from "../site/books.ts";
import { FEATURE, ours, pairsOf } from "./contestants.ts";

export const crowd: Scenario = {
  name: "crowd",
  title: "Ten thousand clients, and the storm after a restart",
  says:
    "10,000 clients connect over plaintext from several addresses, take a seat each and renew it every 30 s (open loop). Then the daemon is killed without " +
    "warning and started again; all connections are gone, and every client comes back with the jittered, doubling pauses of the SDK (up to half a second at first), " +
    "greets and resumes its seat.",
  run,
};

const INTERVAL = 30;

async function run(stage: Stage): Promise<Findings> {
  const clients = stage.quick ? 300 : 10_000;
  stage.say(`${clients} clients connect`);
  const daemon = await ours(stage, clients, pairsOf(FEATURE));
  const { generator, site } = daemon;
  const taking = await generator.run({ kind: "hold", feature: FEATURE });
  stage.say("renewing");
  const warm = { kind: "heartbeats", seconds: stage.quick ? 0.5 : 5, interval: INTERVAL } as const;
  await generator.run(warm);
  daemon.server.watch.restart();
  const beats = await generator.run({ ...warm, seconds: stage.quick ? 1.5 : 45 });
  const use = daemon.server.watch.use();
  const latency = Histogram.of(beats.latency).quantiles();

  stage.say("the daemon is killed and started again");
  await daemon.server.kill();
  const held = new Set((await generator.run({ kind: "held" })).held);
  const again = await site.serve();
  const storm = await generator.run({
    kind: "return",
    url: again.url,
    vendor: stage.vendor.name,
    patience: 120,
  });
  const after = again.watch.use();
  await again.kill();
  const books = readBooks(site.database);
  generator.stop();
  const back = Histogram.of(storm.latency).quantiles();
  const kept = [...held].filter((lease) => books.leases.has(lease)).length;
  const lost = storm.figures?.["lost"] ?? Number.NaN;
  const stray = books.leases.size - kept;
  return {
    ...NOTHING_FOUND,
    tables: [
      {
        title: `${number(clients)} clients with a seat each, renewing every ${INTERVAL} s`,
        columns: ["renewals/s", ...QUANTILE_COLUMNS, "RSS", "CPU, cores", "generator CPU"],
        rows: [
          [
            number(beats.count / beats.seconds),
            ...quantileCells(latency),
            mebi(use.rss),
            use.cpu.toFixed(2),
            beats.generatorCpu.toFixed(2),
          ],
        ],
      },
      {
        title: "Coming and coming back",
        columns: ["what", "clients", "seconds", "p50", "p99", "max", "generator CPU"],
        rows: [
          [
            "first seats",
            clients,
            number(taking.seconds),
            ...few(Histogram.of(taking.latency).quantiles()),
            taking.generatorCpu.toFixed(2),
          ],
          [
            "all have their seats again",
            clients,
            number(storm.seconds),
            ...few(back),
            storm.generatorCpu.toFixed(2),
          ],
        ],
      },
    ],
    budgets: [
      { id: "crowd-memory", measured: mebi(use.rss), holds: use.rss <= 200 },
      { id: "crowd-latency", measured: `p99 ${millis(latency.p99)}`, holds: latency.p99 < 50 },
      { id: "crowd-cpu", measured: `${use.cpu.toFixed(2)} cores`, holds: use.cpu < 0.5 },
    ],
    checks: [
      {
        claim: "after a restart every client has its seat again, none lost, none doubled",
        holds: lost === 0 && kept === held.size && stray === 0 && held.size === clients,
        found: `${held.size} held before, ${kept} in the database, ${stray} strangers, ${lost} lost`,
      },
      {
        claim: "no renewal lost a seat",
        holds: beats.figures?.["lost"] === 0 && Object.keys(storm.tally.failures).length === 0,
        found: `${beats.figures?.["lost"]} lost`,
      },
    ],
    notes: [
      `The daemon used ${mebi(after.peakRss)} at most during the storm; a client tried ${number((storm.figures?.["tries"] ?? 0) / clients)} times on average.`,
    ],
  };
}

const few = ({ p50, p99, max }: { p50: number; p99: number; max: number }): readonly string[] =>
  [p50, p99, max].map(millis);
