import { idempotencyKey } from "../../src/base/ids.ts";
import type { SeatBook } from "../../src/seats/book.ts";
import {
  acquire,
  ada,
  bob,
  givenBook,
  holder,
  leaseNo,
  noon,
  noonAnd,
  release,
  renew,
  seats,
  second,
  tick,
} from "../../test/seats/given.ts";
import { Histogram } from "../measure/histogram.ts";
import { median } from "../measure/median.ts";
import { number, times } from "../report/words.ts";
import { type Findings, NOTHING_FOUND, type Scenario, type Stage } from "../scenario.ts";

export const engine: Scenario = {
  name: "engine",
  title: "The lease engine alone",
  says:
    "The pure core without disk and network: the same work in a book of 1,000 and of 100,000 leases, in turn. What counts is the ratio. " +
    "The sweep lets all leases of the full book end, spread over 90 s, with a tick every 100 ms.",
  run,
};

interface Work {
  readonly label: string;
  /** Repeats of one measurement. */
  readonly times: number;
  readonly start: () => (book: SeatBook) => void;
}

const WORKS: readonly Work[] = [
  {
    label: "a tick while nothing is due",
    times: 2_000,
    start: () => (book) => void book.decide(tick, noonAnd(second)),
  },
  {
    label: "a renewal",
    times: 2_000,
    start: () => (book) => {
      book.decide(renew(customer(0), 0), noonAnd(second));
      book.keep();
    },
  },
  { label: "a seat taken and given back", times: 1_000, start: checkouts },
];

function run(stage: Stage): Promise<Findings> {
  const sizes = stage.quick ? [100, 2_000] : [1_000, 100_000];
  const [few = 0, many = 0] = sizes;
  const rows = WORKS.map((work) => {
    stage.say(work.label);
    const [small = Number.NaN, large = Number.NaN] = inTurn(sizes, work);
    return [work.label, times(large / small), micros(small), micros(large)];
  });
  stage.say("a sweep");
  const sweep = sweepOf(many);
  const p99 = sweep.quantile(0.99) / 1_000;
  return Promise.resolve({
    ...NOTHING_FOUND,
    tables: [
      {
        title: "By the number of leases",
        columns: ["what", "ratio", `${number(few)} leases`, `${number(many)} leases`],
        rows,
      },
      {
        title: `A tick while ${number(many)} leases end within 90 s`,
        columns: ["ticks", "p50, ms", "p99, ms", "max, ms"],
        rows: [
          [
            sweep.count,
            number(sweep.quantile(0.5) / 1_000),
            number(p99),
            number(sweep.quantile(1) / 1_000),
          ],
        ],
      },
    ],
    budgets: [{ id: "sweep", measured: `p99 ${number(p99)} ms`, holds: p99 <= 1 }],
  });
}

const micros = (value: number): string => `${number(value)} us`;

/** Microseconds of one piece of work, per size: medians of rounds in which the sizes take turns. */
function inTurn(sizes: readonly number[], work: Work): readonly number[] {
  const books = sizes.map((size) => ({
    book: aFullSite(size),
    run: work.start(),
    spent: [] as number[],
  }));
  for (let round = 0; round < 15; round += 1) {
    for (const { book, run: once, spent } of books) {
      const begin = performance.now();
      for (let done = 0; done < work.times; done += 1) once(book);
      if (round >= 3) spent.push(((performance.now() - begin) * 1_000) / work.times);
    }
  }
  return books.map(({ spent }) => median(spent));
}

/** Leases restored at noon: all of them would expire at once. One seat is left. */
function aFullSite(leases: number): SeatBook {
  const restored = Array.from({ length: leases }, (_, index) => ({
    id: leaseNo(index),
    ...holder(customer(index)),
    feature: "cad.pro",
    version: "",
    versionDate: null,
    count: 1,
    key: idempotencyKey(`key-${index}`),
    grantedAt: noon.wall,
    leaseTime: seats(1).leaseTime,
    overdraft: false,
    seatSince: noon.wall,
    lingersUntil: null,
    borrowed: null,
  }));
  return givenBook({ pools: [seats(leases + 1)], snapshot: { leases: restored } });
}

function customer(index: number): typeof ada {
  return { ...ada, client: `${String(index % 20_000).padStart(42, "x")}A` as typeof ada.client };
}

/** Bob takes the seat that is left and gives it back, each time under another key. */
function checkouts(): (book: SeatBook) => void {
  let key = 100_000_000;
  return (book) => {
    key += 1;
    book.decide(acquire(bob, key), noon);
    book.decide(release(bob, key), noon);
    book.keep();
  };
}

/** Every lease is renewed at a moment of its own, and then none is any more. */
function sweepOf(leases: number): Histogram {
  const book = aFullSite(leases);
  const spread = 90 * second;
  for (let index = 0; index < leases; index += 1) {
    book.decide(renew(customer(index), index), noonAnd(Math.floor((index * spread) / leases)));
    book.keep();
  }
  const latency = new Histogram();
  let ended = 0;
  for (let at = spread; at <= 2 * spread + second; at += 100) {
    const begin = performance.now();
    const { changes } = book.decide(tick, noonAnd(at));
    book.keep();
    latency.add((performance.now() - begin) * 1_000);
    ended += changes.filter(({ kind }) => kind === "lease-ended").length;
  }
  if (ended !== leases) throw new Error(`${ended} of ${leases} leases ended`);
  return latency;
}
