import { closeAll, contest, ratio, type Standing } from "../contest.ts";
import { slowDisk as slowDiskAt } from "../disk/slow-disk.ts";
import { number, QUANTILE_COLUMNS, quantileCells, times } from "../report/words.ts";
import {
  type BudgetFigure,
  type Check,
  type Findings,
  NOTHING_FOUND,
  type Scenario,
  type Stage,
  type Table,
} from "../scenario.ts";
import { audit } from "./audit.ts";
import { FEATURE, ours, pairsOf, rival } from "./contestants.ts";

export const slowDisk: Scenario = {
  name: "slow-disk",
  title: "A slow disk",
  says:
    "A library loaded into the servers makes each sync of the disk take 5 or 20 ms longer. With group commit all " +
    "requests that wait share one sync, so throughput holds; `single` pays one for each request.",
  run,
};

async function run(stage: Stage): Promise<Findings> {
  const tables: Table[] = [];
  const checks: Check[] = [];
  const budgets: BudgetFigure[] = [];
  for (const delay of stage.quick ? [5] : [5, 20]) {
    const disk = slowDiskAt(stage.folder, delay);
    if (disk.kind === "missing")
      return { ...NOTHING_FOUND, notes: [`Not measured: ${disk.reason}.`] };
    stage.say(`${delay} ms`);
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const { standings, found } = await at(stage, disk.env);
    checks.push(...found.map((check) => ({ ...check, claim: `${check.claim} (${delay} ms)` })));
    const [we] = standings;
    const single = standings.find(({ name }) => name === "single");
    tables.push(tableOf(`Syncs ${delay} ms longer, 100 clients`, standings));
    if (delay === 5 && we && single) {
      const gain = ratio(we, single);
      budgets.push({ id: "group-commit-slow", measured: times(gain), holds: gain >= 15 });
    }
  }
  return { ...NOTHING_FOUND, tables, checks, budgets };
}

async function at(
  stage: Stage,
  env: Readonly<Record<string, string>>,
): Promise<{ readonly standings: readonly Standing[]; readonly found: readonly Check[] }> {
  const clients = stage.quick ? 20 : 100;
  const pairs = pairsOf(FEATURE);
  const daemon = await ours(stage, clients, pairs, { env });
  const rivals = [
    await rival(stage, "ceiling", clients, pairs, env),
    await rival(stage, "single", clients, pairs, env),
  ];
  const standings = await contest([daemon, ...rivals], {
    rounds: stage.quick ? 1 : 2,
    seconds: stage.quick ? 0.7 : 3,
  });
  const found = await audit(daemon);
  daemon.generator.stop();
  await closeAll(rivals);
  return { standings, found };
}

function tableOf(title: string, standings: readonly Standing[]): Table {
  const [we] = standings;
  return {
    title,
    columns: ["server", "seatkeeper does", "pairs/s", ...QUANTILE_COLUMNS],
    rows: standings.map((each) => [
      each.name,
      we && each !== we ? times(ratio(we, each)) : "",
      number(each.rate),
      ...quantileCells(each.latency),
    ]),
  };
}
