import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { growLedger } from "../ledger/long-site.ts";
import { median } from "../measure/median.ts";
import { mebi, number } from "../report/words.ts";
import { type Findings, NOTHING_FOUND, type Scenario, type Stage } from "../scenario.ts";
import { Site } from "../site/site.ts";
import { FEATURE, freshFolder, oneSeat, TERMS } from "./contestants.ts";

export const recovery: Scenario = {
  name: "recovery",
  title: "A start after a kill, with a long ledger",
  says:
    "The daemon is killed and started again, on ledgers of 1,000 to 100,000 blocks: state, outbox, hash chain and tree are brought together before it listens. " +
    "Each start is found with bytes of a torn block behind the ledger, which it has to set aside.",
  run,
};

async function run(stage: Stage): Promise<Findings> {
  const sizes = stage.quick ? [100, 2_000] : [1_000, 30_000, 100_000];
  const rows: Row[] = [];
  for (const size of sizes) {
    stage.say(`a ledger of ${number(size)} blocks`);
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    rows.push(await killed(stage, size));
  }
  const [short] = rows;
  const long = rows.at(-1);
  if (short === undefined || long === undefined) throw new TypeError("nothing was measured");
  const perBlock = ((long.listening - short.listening) / (long.size - short.size)) * 1_000;
  return {
    ...NOTHING_FOUND,
    tables: [
      {
        title: "From the start of the process",
        columns: ["blocks", "listening, ms", "first seat, ms", "peak memory"],
        rows: rows.map(({ size, listening, serving, peak }) => [
          number(size),
          number(listening),
          number(serving),
          mebi(peak),
        ]),
      },
    ],
    plots: [
      {
        kind: "lines",
        name: "recovery",
        title: "A start after a kill, by the length of the ledger",
        x: "blocks",
        y: "listening, ms",
        logarithmic: true,
        lines: [
          { label: "listening", points: rows.map((row) => [row.size, row.listening] as const) },
        ],
      },
    ],
    checks: rows.map(({ size, isSound }) => ({
      claim: `the ledger of ${number(size)} blocks is sound after the last start`,
      holds: isSound,
      found: isSound ? "sound" : "damaged",
    })),
    notes: [
      `each block adds ${perBlock.toFixed(1)} µs to a start; archived blocks add the hashing of their leaves alone`,
    ],
  };
}

interface Row {
  readonly size: number;
  readonly listening: number;
  readonly serving: number;
  /** MiB. */
  readonly peak: number;
  readonly isSound: boolean;
}

async function killed(stage: Stage, size: number): Promise<Row> {
  const site = new Site(freshFolder(stage), stage.vendor, { terms: TERMS });
  await (await site.serveLicensed()).stop();
  const data = join(site.folder, "data");
  await growLedger(data, stage.vendor.file, size);
  const chain = join(data, "vendors", stage.vendor.name, "ledger.skc");
  const [listening, serving, peaks]: [number[], number[], number[]] = [[], [], []];
  for (let start = 0; start < (stage.quick ? 1 : 3); start += 1) {
    appendFileSync(chain, Buffer.alloc(200, "SKB1"));
    const begin = performance.now();
    // oxlint-disable-next-line no-await-in-loop -- one start after the other
    const daemon = await site.serve();
    // oxlint-disable-next-line no-await-in-loop
    await oneSeat(daemon.url, stage.vendor.name, FEATURE);
    serving.push(performance.now() - begin);
    listening.push(daemon.startedIn);
    peaks.push(daemon.watch.use().peakRss);
    // oxlint-disable-next-line no-await-in-loop
    await daemon.kill();
  }
  // The last kill may have left a block that only the database has: one more start finishes it.
  await (await site.serve()).stop();
  const { sound } = JSON.parse(site.run("ledger", "verify", "--json")) as { sound: boolean };
  return {
    size,
    listening: median(listening),
    serving: median(serving),
    peak: Math.max(...peaks),
    isSound: sound,
  };
}
