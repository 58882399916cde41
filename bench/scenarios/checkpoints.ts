import { join } from "node:path";
import { unixMillis } from "../../src/base/time.ts";
import { randomBytes } from "../../src/crypto/random.ts";
import type { BlockDraft } from "../../src/ledger/draft.ts";
import { SealedLedger } from "../../src/ledger/sealed-ledger.ts";
import { RealLedgerFiles } from "../../src/store/ledger-files.ts";
import {
  type BuiltLedger,
  buildLedger,
  checkpointAt,
  quietStory,
} from "../ledger/ledger-builder.ts";
import { Histogram } from "../measure/histogram.ts";
import { number, QUANTILE_COLUMNS, quantileCells, times } from "../report/words.ts";
import { type Findings, NOTHING_FOUND, type Scenario, type Stage } from "../scenario.ts";
import { freshFolder } from "./contestants.ts";

export const checkpoints: Scenario = {
  name: "checkpoints",
  title: "A ledger of a million blocks",
  says:
    "Checkpoints are appended in turn to ledgers of 1,000, 30,000 and 1,000,000 blocks in real files: sealing, three syncs, keys erased. " +
    "One checkpoint a minute makes a million blocks in two years.",
  run,
};

async function run(stage: Stage): Promise<Findings> {
  const sizes = stage.quick ? [200, 3_000] : [1_000, 30_000, 1_000_000];
  const rows: Row[] = [];
  for (const size of sizes) {
    stage.say(`a ledger of ${number(size)} blocks`);
    rows.push(openAt(stage, size));
  }
  stage.say("appending");
  const appends = stage.quick ? 40 : 400;
  for (let turn = 0; turn < appends; turn += 1) for (const row of rows) row.append(turn >= WARM_UP);
  // The median: single syncs of a shared disk take many times as long as others.
  const [first] = rows;
  const last = rows.at(-1);
  if (first === undefined || last === undefined) throw new TypeError("no ledger");
  const growth = last.latency.quantile(0.5) / first.latency.quantile(0.5);
  return Promise.resolve({
    ...NOTHING_FOUND,
    tables: [
      {
        title: "Appending one checkpoint",
        columns: ["blocks before", "against the shortest", ...QUANTILE_COLUMNS, "opened in"],
        rows: rows.map((row) => [
          number(row.size),
          row === first ? "" : times(row.latency.quantile(0.5) / first.latency.quantile(0.5)),
          ...quantileCells(row.latency.quantiles()),
          `${number(row.openedIn)} ms`,
        ]),
      },
    ],
    plots: [
      {
        kind: "lines",
        name: "append",
        title: "Appending a checkpoint, by the length of the ledger",
        x: "blocks",
        y: "median, ms",
        logarithmic: true,
        lines: [
          {
            label: "append",
            points: rows.map(({ size, latency }) => [size, latency.quantile(0.5) / 1_000] as const),
          },
        ],
      },
    ],
    budgets: [{ id: "append", measured: times(growth), holds: growth <= 1.15 }],
    checks: [
      {
        claim: "every ledger is as long as it must be",
        holds: rows.every((row) => row.isWhole(appends)),
        found: rows.map((row) => number(row.ledger.size)).join(", "),
      },
    ],
  });
}

const WARM_UP = 10;

interface Row {
  readonly size: number;
  readonly openedIn: number;
  readonly ledger: SealedLedger;
  readonly latency: Histogram;
  append(isMeasured: boolean): void;
  isWhole(appends: number): boolean;
}

function openAt(stage: Stage, size: number): Row {
  const folder = freshFolder(stage);
  const paths = { chain: join(folder, "ledger.skc"), state: join(folder, "ledger.state") };
  const built = buildLedger(paths, size, quietStory);
  const begin = performance.now();
  const files = new RealLedgerFiles(paths.chain, paths.state);
  const { ledger, findings } = SealedLedger.open(files, [built.newest], {
    vendorName: "acme.example",
  });
  const openedIn = performance.now() - begin;
  if (findings.length > 0) throw new Error(`the built ledger is not sound: ${findings[0]?.detail}`);
  return rowOf(ledger, built, { size, openedIn });
}

function rowOf(
  ledger: SealedLedger,
  built: BuiltLedger,
  { size, openedIn }: { readonly size: number; readonly openedIn: number },
): Row {
  const latency = new Histogram();
  let now = built.now;
  let segments = 0;
  let event = 1;
  const put = (draft: BlockDraft): void => ledger.publish(ledger.prepare(draft));
  return {
    size,
    openedIn,
    ledger,
    latency,
    append(isMeasured): void {
      const from = now;
      now = unixMillis(from + 1_000);
      const reason = ledger.needsSegment(now);
      if (reason) {
        segments += 1;
        const { sealingKey } = built;
        const moment = { createdAt: now, highWater: now };
        put({
          type: "segment",
          ...moment,
          reason,
          sealingKey,
          recipients: [],
          entropy: randomBytes(64),
        });
      }
      const draft = checkpointAt(now, from, event);
      event += draft.events.length;
      const begin = performance.now();
      put(draft);
      if (isMeasured) latency.add((performance.now() - begin) * 1_000);
    },
    isWhole: (appends) => ledger.size === size + appends + segments,
  };
}
