// What the work costs, in figures that do not depend on the machine: pages, calls, bytes, and times
// only as multiples of other work done in turn with it.
import { openSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { buildBundle, questionAbout } from "../../bench/ledger/bundle-builder.ts";
import { buildLedger, checkpointAt, quietStory } from "../../bench/ledger/ledger-builder.ts";
import { unixMillis } from "../../src/base/time.ts";
import { verifyBundle } from "../../src/bundle/verify.ts";
import { fileSource } from "../../src/cli/shared/file-source.ts";
import { signerFromSeed } from "../../src/crypto/ed25519.ts";
import { sha256Public } from "../../src/crypto/hash.ts";
import type { LedgerFiles } from "../../src/ledger/ports.ts";
import { SealedLedger } from "../../src/ledger/sealed-ledger.ts";
import { signNote, signNotes } from "../../src/note/signed-note.ts";
import type { SeatBook } from "../../src/seats/book.ts";
import { openStore, type Store } from "../../src/store/database.ts";
import { RealLedgerFiles } from "../../src/store/ledger-files.ts";
import {
  ada,
  givenBook,
  holder,
  keyNo,
  leaseNo,
  noonAnd,
  noon as noonThere,
  seats,
  tick,
} from "../seats/given.ts";
import { granted, leaseNumber, vendor } from "../store/given.ts";
import { later, temporaryFolder } from "../support/leftovers.ts";

describe("the database", () => {
  it("takes fifty checkouts that waited together for a fraction of the pages", async () => {
    const numbers = Array.from({ length: 50 }, (_, index) => index);
    const alone = await pagesOf(async (store) => {
      // oxlint-disable-next-line no-await-in-loop -- each in a transaction of its own
      for (const number of numbers) await checkout(store, [number]);
    });
    const together = await pagesOf((store) => checkout(store, numbers));
    expect(together).toBeLessThan(alone / 8);
  });

  it("writes for a checkout about as many pages with twenty thousand leases as with a hundred", async () => {
    const few = await pagesOf((store) => checkout(store, [50_000]), 100);
    const many = await pagesOf((store) => checkout(store, [50_000]), 20_000);
    expect(many).toBeLessThanOrEqual(few + 4);
  });
});

describe("a checkpoint", () => {
  it("writes and syncs the same however long the ledger is", () => {
    const [short, long] = [appendTo(10), appendTo(5_000)];
    expect(short).toEqual({
      calls: { appendAt: 1, syncChain: 1, writeSlot: 2, syncState: 2 },
      bytes: short.bytes,
    });
    expect(long).toEqual(short);
  });
});

describe("the lease engine", () => {
  it("needs for a tick while nothing is due no longer with fifty thousand leases", () => {
    const [few, many] = [aSiteWith(500), aSiteWith(50_000)];
    expect(timesAsLong(ticks(many), ticks(few))).toBeLessThan(8);
  });
});

describe("the daemon", () => {
  it("signs a hundred leases together in less than half the time that one by one takes", () => {
    const signer = { name: "acme.example/skc/00", signer: signerFromSeed(new Uint8Array(32)) };
    const texts = Array.from({ length: 100 }, (_, at) => `${"x".repeat(400)} ${at}\n`);
    const together = (): void => void signNotes(texts, signer);
    const oneByOne = (): void => {
      for (const text of texts) signNote(text, signer);
    };
    expect(timesAsLong(together, oneByOne)).toBeLessThan(0.5);
  });
});

describe("the vendor", () => {
  it("verifies a block in the time of at most 200 small hashes", () => {
    const blocks = 1_500;
    const { bundle, record } = buildBundle(temporaryFolder(), blocks);
    const source = fileSource(openSync(bundle, "r"), bundle);
    const question = questionAbout(record);
    const message = new Uint8Array(64);
    const verify = (): void => {
      expect(verifyBundle(source, question).verdict).toBe("FIRST_VERIFIED");
    };
    const hash = (): void => {
      for (let done = 0; done < 10 * blocks; done += 1) sha256Public(message);
    };
    expect(10 * timesAsLong(verify, hash)).toBeLessThan(200);
  });
});

function checkout(store: Store, numbers: readonly number[]): Promise<unknown> {
  return store.commit({
    vendor,
    changes: numbers.map((number) => ({ kind: "lease-granted", lease: leaseNumber(number) })),
    events: numbers.map(granted),
  });
}

/** Pages that `work` adds to the write-ahead log of a database with so many leases. */
async function pagesOf(work: (store: Store) => Promise<unknown>, leases = 0): Promise<number> {
  const path = join(temporaryFolder(), "seatkeeper.db");
  const before = openStore(path);
  if (leases > 0)
    await checkout(
      before,
      Array.from({ length: leases }, (_, index) => index),
    );
  before.close();
  const store = openStore(path);
  later(() => store.close());
  const empty = logBytes(path);
  await work(store);
  return (logBytes(path) - empty) / PAGE_IN_LOG;
}

/** A page and its head. */
const PAGE_IN_LOG = 4_096 + 24;

const logBytes = (path: string): number =>
  statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;

interface Written {
  readonly calls: Readonly<Record<string, number>>;
  readonly bytes: number;
}

/** What one more checkpoint asks of the disk, in a ledger of so many blocks. */
function appendTo(size: number): Written {
  const folder = temporaryFolder();
  const paths = { chain: join(folder, "ledger.skc"), state: join(folder, "ledger.state") };
  const built = buildLedger(paths, size, quietStory);
  const files = new RealLedgerFiles(paths.chain, paths.state);
  later(() => files.close());
  const calls: Record<string, number> = {};
  let bytes = 0;
  const watched = new Proxy(files, {
    get(target, name: keyof LedgerFiles) {
      // What was cut out of a file is known from its opening, and no call.
      if (name === "gap") return target.gap;
      return (...given: readonly unknown[]) => {
        calls[name] = (calls[name] ?? 0) + 1;
        const data = given[1];
        if (data instanceof Uint8Array) bytes += data.length;
        const made: unknown = Reflect.apply(target[name], target, given);
        return made;
      };
    },
  });
  const options = { vendorName: "acme.example" };
  const { ledger } = SealedLedger.open(watched, [built.newest], options);
  for (const name of Object.keys(calls)) delete calls[name];
  bytes = 0;
  ledger.publish(ledger.prepare(checkpointAt(unixMillis(built.now + 60_000), built.now, 1)));
  return { calls, bytes };
}

/** Half a thousand looks at the clock. */
function ticks(book: SeatBook): () => void {
  return () => {
    for (let done = 0; done < 500; done += 1) book.decide(tick, noonAnd(1_000));
  };
}

/** Leases restored at noon. */
function aSiteWith(leases: number): SeatBook {
  const restored = Array.from({ length: leases }, (_, index) => ({
    ...leaseNumber(index),
    ...holder(ada),
    client: `${String(index).padStart(42, "x")}A` as typeof ada.client,
    id: leaseNo(index),
    key: keyNo(index),
    grantedAt: noonThere.wall,
    seatSince: noonThere.wall,
    leaseTime: seats(1).leaseTime,
  }));
  return givenBook({ pools: [seats(leases + 1)], snapshot: { leases: restored } });
}

/** Each in turn, and of each the best time: what disturbs the machine lengthens some rounds only. */
function timesAsLong(work: () => void, unit: () => void): number {
  let [best, bestUnit] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < 7; round += 1) {
    best = Math.min(best, timeOf(work));
    bestUnit = Math.min(bestUnit, timeOf(unit));
  }
  return best / bestUnit;
}

/** Time of the processor, in microseconds: what others do meanwhile does not count. */
function timeOf(work: () => void): number {
  const begin = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(begin);
  return user + system;
}
