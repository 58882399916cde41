import { join } from "node:path";
import { equalBytes } from "../../src/base/bytes.ts";
import { unixMillis } from "../../src/base/time.ts";
import { encodePayload } from "../../src/ledger/payload-codec.ts";
import { SLOT_BYTES } from "../../src/ledger/ports.ts";
import { SealedLedger } from "../../src/ledger/sealed-ledger.ts";
import { RealLedgerFiles } from "../../src/store/ledger-files.ts";
import { buildLedger, busyStory, checkpointAt } from "../ledger/ledger-builder.ts";
import { Onion } from "../ledger/onion.ts";
import { median } from "../measure/median.ts";
import { number, times } from "../report/words.ts";
import { type Findings, NOTHING_FOUND, type Scenario, type Stage } from "../scenario.ts";
import { freshFolder } from "./contestants.ts";

export const onion: Scenario = {
  name: "onion",
  title: "Against encrypting everything again",
  says:
    "The same checkpoints are appended in turn to a sealed ledger and to a file that is encrypted to the vendor as a whole with each record, " +
    "both synced, at 10 to 10,000 records. The file keeps no keys and proves neither order nor author: it is the least that hides usage from the carrier.",
  run,
};

function run(stage: Stage): Promise<Findings> {
  const sizes = stage.quick ? [10, 100] : [10, 100, 1_000, 10_000];
  const rows = sizes.map((size) => {
    stage.say(`${number(size)} records`);
    return measured(stage, size, stage.quick ? 10 : 60);
  });
  const last = rows.at(-1);
  if (last === undefined) throw new TypeError("nothing was measured");
  return Promise.resolve({
    ...NOTHING_FOUND,
    tables: [
      {
        title: "One more record",
        columns: [
          "records before",
          "onion against ledger",
          "ledger, ms",
          "onion, ms",
          "ledger writes, bytes",
          "onion writes, bytes",
          "onion, for all so far, MiB",
        ],
        rows: rows.map((row) => [
          number(row.size),
          times(row.onion / row.ledger),
          row.ledger.toFixed(2),
          row.onion.toFixed(2),
          number(row.ledgerBytes),
          number(row.onionBytes),
          // Each write is longer than the last by the same: half of all times the longest.
          number((row.size * row.onionBytes) / 2 / 1_048_576),
        ]),
      },
    ],
    plots: [
      {
        kind: "lines",
        name: "onion",
        title: "One more record, by the number of those before",
        x: "records",
        y: "median, ms",
        logarithmic: true,
        lines: [
          { label: "ledger", points: rows.map(({ size, ledger }) => [size, ledger] as const) },
          { label: "onion", points: rows.map((row) => [row.size, row.onion] as const) },
        ],
      },
    ],
    checks: [
      {
        claim: "both hold what was appended last",
        holds: rows.every(({ isThere }) => isThere),
        found: rows.map(({ isThere }) => (isThere ? "held" : "lost")).join(", "),
      },
    ],
  });
}

interface Row {
  readonly size: number;
  /** Milliseconds, medians. */
  readonly ledger: number;
  readonly onion: number;
  /** Bytes of one append. */
  readonly ledgerBytes: number;
  readonly onionBytes: number;
  readonly isThere: boolean;
}

function measured(stage: Stage, size: number, appends: number): Row {
  const folder = freshFolder(stage);
  const paths = { chain: join(folder, "ledger.skc"), state: join(folder, "ledger.state") };
  const built = buildLedger(paths, size, busyStory);
  const files = new RealLedgerFiles(paths.chain, paths.state);
  const { ledger } = SealedLedger.open(files, [built.newest], { vendorName: "acme.example" });
  const draftAt = (turn: number): ReturnType<typeof checkpointAt> =>
    checkpointAt(unixMillis(built.now + turn * 1_000), built.now, 1 + 8 * turn);
  const rival = new Onion(join(folder, "onion"), size, encodePayload(draftAt(0)).plaintext.length);
  const took = { ledger: [] as number[], onion: [] as number[] };
  const bytes = { ledger: 0, onion: 0 };
  let newest: Uint8Array = new Uint8Array(0);
  for (let turn = 0; turn < appends && ledger.indexInSegment < 1_024; turn += 1) {
    const draft = draftAt(turn);
    newest = encodePayload(draft).plaintext;
    took.ledger.push(
      timed(() => {
        const prepared = ledger.prepare(draft);
        ledger.publish(prepared);
        bytes.ledger = prepared.outbox.bytes.length + 2 * SLOT_BYTES;
      }),
    );
    took.onion.push(timed(() => void (bytes.onion = rival.append(newest))));
  }
  const isThere =
    ledger.size === size + took.ledger.length &&
    equalBytes(rival.open().slice(-newest.length), newest);
  files.close();
  return {
    size,
    ledger: median(took.ledger),
    onion: median(took.onion),
    ledgerBytes: bytes.ledger,
    onionBytes: bytes.onion,
    isThere,
  };
}

function timed(work: () => void): number {
  const begin = performance.now();
  work();
  return performance.now() - begin;
}
