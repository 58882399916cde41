import { type Contestant, closeAll, contest, ratio, type Standing } from "../contest.ts";
import { number, percent, QUANTILE_COLUMNS, quantileCells, times } from "../report/words.ts";
import type { Check, Findings, Plot, Scenario, Stage, Table } from "../scenario.ts";
import { audit, neverMore } from "./audit.ts";
import { echoOf, FEATURE, ours, pairsOf, rival } from "./contestants.ts";

export const leases: Scenario = {
  name: "leases",
  title: "Seats taken and given back",
  says:
    "Closed loop: each client takes a seat, gives it back, and begins again. Every grant is durable " +
    "and signed before it is answered. `ceiling` is a server of 90 lines that does the same work and checks " +
    "nothing; `single` the same with a transaction per request; `floor` that with signatures in JavaScript; `echo` is the " +
    "WebSocket package alone, which sends back what comes.",
  run,
};

const WITHOUT_TLS = "seatkeeper";
const WITH_TLS = "seatkeeper, TLS";

async function run(stage: Stage): Promise<Findings> {
  const tables: Table[] = [];
  const plots: Plot[] = [];
  const checks: Check[] = [];
  let main: readonly Standing[] = [];
  for (const clients of stage.quick ? [20] : [1, 100, 1_000]) {
    stage.say(`${clients} clients`);
    // oxlint-disable-next-line no-await-in-loop -- one at a time is the point
    const { standings, found } = await round(stage, clients);
    tables.push(tableOf(clients, standings));
    checks.push(...found);
    if (clients !== 1_000) main = standings;
  }
  stage.say("more clients than seats");
  checks.push(await contended(stage));
  plots.push({
    kind: "bars",
    name: "pairs",
    title: "Pairs of acquire and release per second, 100 clients",
    unit: "pairs/s",
    bars: main.map(({ name, rate }) => ({ label: name, value: rate })),
  });
  const [we, ceiling, single] = [WITHOUT_TLS, "ceiling", "single"].map((name) => of(main, name));
  if (!we || !ceiling || !single) throw new TypeError("a contestant is missing");
  const share = ratio(we, ceiling);
  const grouping = ratio(ceiling, single);
  return {
    tables,
    plots,
    checks,
    budgets: [
      { id: "pairs", measured: percent(share), holds: share >= 0.75 },
      { id: "group-commit", measured: times(grouping), holds: grouping >= 1.7 },
    ],
    notes: [],
  };
}

async function round(
  stage: Stage,
  clients: number,
): Promise<{ readonly standings: readonly Standing[]; readonly found: readonly Check[] }> {
  const pairs = pairsOf(FEATURE);
  const daemon = await ours(stage, clients, pairs, { name: WITHOUT_TLS });
  const contestants: Contestant[] = [
    daemon,
    await ours(stage, clients, pairs, { name: WITH_TLS, tls: true }),
    await rival(stage, "ceiling", clients, pairs),
    await rival(stage, "single", clients, pairs),
    await rival(stage, "floor", clients, pairs),
    await rival(stage, "echo", clients, echoOf),
  ];
  const standings = await contest(contestants, stage.quick ? QUICK : FULL);
  const found = await audit(daemon);
  daemon.generator.stop();
  await closeAll(contestants.slice(1));
  return {
    standings,
    found: found.map((check) => ({ ...check, claim: `${check.claim} (${clients} clients)` })),
  };
}

const FULL = { rounds: 3, seconds: 3 };
const QUICK = { rounds: 1, seconds: 0.7 };

/** A hundred clients want ten seats. */
async function contended(stage: Stage): Promise<Check> {
  const daemon = await ours(stage, stage.quick ? 30 : 100, (seconds) => ({
    kind: "pairs",
    feature: "tight",
    seconds,
    // Long enough that seats which were given twice are held at the same time.
    holdFor: 3,
  }));
  const done = await daemon.generator.run(daemon.job(stage.quick ? 0.5 : 3));
  await closeAll([daemon]);
  return neverMore("100 clients for 10 seats", done, 10);
}

const of = (standings: readonly Standing[], wanted: string): Standing | undefined =>
  standings.find(({ name }) => name === wanted);

function tableOf(clients: number, standings: readonly Standing[]): Table {
  const we = of(standings, WITHOUT_TLS);
  return {
    title: `${clients.toLocaleString("en")} ${clients === 1 ? "client" : "clients"}`,
    columns: [
      "server",
      "seatkeeper does",
      "pairs/s",
      ...QUANTILE_COLUMNS,
      "server CPU",
      "generator CPU",
    ],
    rows: standings.map((standing) => [
      standing.name,
      we && standing !== we ? times(ratio(we, standing)) : "",
      number(standing.rate),
      ...quantileCells(standing.latency),
      standing.serverCpu.toFixed(2),
      standing.generatorCpu.toFixed(2),
    ]),
  };
}
