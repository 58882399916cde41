import { statSync } from "node:fs";
import { join } from "node:path";
import { closeAll } from "../contest.ts";
import { number } from "../report/words.ts";
import {
  type Cell,
  type Check,
  type Findings,
  NOTHING_FOUND,
  type Scenario,
  type Stage,
} from "../scenario.ts";
import { FEATURE, ours, pairsOf } from "./contestants.ts";

export const bundles: Scenario = {
  name: "bundles",
  title: "Export and ingest",
  says:
    "A real site under load seals a block for every 20 events; now and then the bundle is exported and ingested with the real programs. " +
    "Times include the start of each program. Nothing is acknowledged, so each bundle holds everything from the first block on.",
  run,
};

async function run(stage: Stage): Promise<Findings> {
  const daemon = await ours(stage, stage.quick ? 10 : 50, pairsOf(FEATURE), { maxPending: 20 });
  const rows: Cell[][] = [];
  const checks: Check[] = [];
  let counted = 0;
  for (let round = 1; round <= (stage.quick ? 1 : 4); round += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const load = await daemon.generator.run(daemon.job(stage.quick ? 0.5 : 2 ** round / 2));
    const path = join(daemon.site.folder, `usage-${round}.skb`);
    const exporting = timed(() => daemon.site.run("usage", "export", "--out", path));
    const ingesting = timed(() => stage.vendor.ingest(path));
    const blocks = blocksIn(daemon.site.run("status", "--json"));
    const bytes = statSync(path).size;
    counted += grantsIn(ingesting.output);
    rows.push([
      number(blocks),
      number(bytes / 1_024),
      number(bytes / blocks),
      number(exporting.millis),
      number(ingesting.millis),
    ]);
    checks.push({
      claim: `the vendor counts every acknowledged grant (bundle ${round})`,
      holds: counted === load.tally.granted,
      found: `${load.tally.granted} acknowledged by now, ${counted} counted`,
    });
  }
  await closeAll([daemon]);
  return {
    ...NOTHING_FOUND,
    checks,
    tables: [
      {
        title: "Through the real programs",
        columns: ["blocks", "KiB", "bytes per block", "export, ms", "ingest, ms"],
        rows,
      },
    ],
  };
}

function timed(work: () => string): { readonly millis: number; readonly output: string } {
  const begin = performance.now();
  const output = work();
  return { millis: performance.now() - begin, output };
}

function blocksIn(status: string): number {
  const { vendors } = JSON.parse(status) as { vendors: readonly { ledger: { size: number } }[] };
  return vendors[0]?.ledger.size ?? Number.NaN;
}

/** What an ingest added to the books. */
function grantsIn(answer: string): number {
  const { bundles: ingested } = JSON.parse(answer) as {
    bundles: readonly { counted: { grants: number } | null }[];
  };
  return ingested[0]?.counted?.grants ?? 0;
}
