// How the engine's daily work grows with the leases it holds: each pair is the same work in a small
// and in a full book, so what counts is the ratio that the runner prints under the group.
import { bench, describe } from "vitest";
import { idempotencyKey } from "../src/base/ids.ts";
import type { SeatBook } from "../src/seats/book.ts";
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
} from "../test/seats/given.ts";

const FEW = 1_000;
const MANY = 100_000;

describe.each([
  ["a tick while nothing is due", () => (book: SeatBook) => book.decide(tick, noonAnd(second))],
  ["a renewal", () => (book: SeatBook) => book.decide(renew(customer(0), 0), noonAnd(second))],
  ["a checkout and its return", checkouts],
] as const)("%s", (_, work) => {
  for (const leases of [FEW, MANY]) {
    const book = aFullSite(leases);
    const run = work();
    bench(`with ${leases.toLocaleString("en")} leases`, () => {
      run(book);
    });
  }
});

// Reads back what the store kept: grows with it, as it must.
describe("a restart", () => {
  for (const leases of [FEW, MANY]) {
    bench(`with ${leases.toLocaleString("en")} leases`, () => {
      aFullSite(leases);
    });
  }
});

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
    borrowed: null,
    lingersUntil: null,
  }));
  return givenBook({ pools: [seats(leases + 1)], snapshot: { leases: restored } });
}

function customer(index: number): typeof ada {
  return { ...ada, client: `${String(index % 20_000).padStart(42, "x")}A` as typeof ada.client };
}

/** Bob takes the seat that is left and gives it back, each time under another key. */
function checkouts(): (book: SeatBook) => void {
  let number = MANY;
  return (book) => {
    number += 1;
    book.decide(acquire(bob, number), noon);
    book.decide(release(bob, number), noon);
    book.keep();
  };
}
