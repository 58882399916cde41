import { execFileSync } from "node:child_process";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildBundle } from "../ledger/bundle-builder.ts";
import type { Verified } from "../ledger/verify-bundle.ts";
import { mebi, number, times } from "../report/words.ts";
import { type Findings, NOTHING_FOUND, type Scenario, type Stage } from "../scenario.ts";
import { freshFolder } from "./contestants.ts";

export const verification: Scenario = {
  name: "verification",
  title: "The vendor verifies a bundle",
  says:
    "Bundles of checkpoints with a feature in use and eight events each are verified from the first block to the last: " +
    "closing hash, hand-offs, tags, links, decryption, payloads, tree, tip and signature. Each in a process of its own.",
  run,
};

const VERIFY = fileURLToPath(new URL("../ledger/verify-bundle.js", import.meta.url));

function run(stage: Stage): Promise<Findings> {
  const sizes = stage.quick ? [2_000, 10_000] : [10_000, 100_000, 1_000_000];
  const measured = sizes.map((size) => {
    stage.say(`a bundle of ${number(size)} blocks`);
    return { size, ...verified(stage, size) };
  });
  // The shortest is read before the heap has found its size: it says nothing about growth.
  const [smaller, large] = measured.slice(-2);
  if (smaller === undefined || large === undefined) throw new TypeError("no bundle");
  const rate = large.blocks / large.cpuSeconds;
  const growth = large.peakRss / smaller.peakRss;
  return Promise.resolve({
    ...NOTHING_FOUND,
    tables: [
      {
        title: "One core",
        columns: [
          "blocks",
          "blocks per CPU second",
          "seconds",
          "bundle",
          "bytes per block",
          "peak memory",
        ],
        rows: measured.map((each) => [
          number(each.blocks),
          number(each.blocks / each.cpuSeconds),
          number(each.seconds),
          mebi(each.bytes / 1_048_576),
          number(each.bytes / each.blocks),
          mebi(each.peakRss),
        ]),
      },
    ],
    budgets: [
      { id: "verify", measured: `${number(rate)} blocks/s`, holds: rate >= 20_000 },
      { id: "verify-memory", measured: times(growth), holds: growth <= 1.15 },
    ],
    checks: measured.map(({ verdict, blocks, size }) => ({
      claim: `the bundle of ${number(size)} blocks is verified whole`,
      holds: verdict === "FIRST_VERIFIED" && blocks === size,
      found: `${verdict}, ${number(blocks)} blocks`,
    })),
  });
}

function verified(stage: Stage, size: number): Verified & { readonly bytes: number } {
  const folder = freshFolder(stage);
  const { bundle, record } = buildBundle(folder, size);
  const recordPath = join(folder, "record.json");
  writeFileSync(recordPath, JSON.stringify(record));
  const text = execFileSync(process.execPath, [VERIFY, bundle, recordPath], { encoding: "utf8" });
  return { ...(JSON.parse(text) as Verified), bytes: statSync(bundle).size };
}
