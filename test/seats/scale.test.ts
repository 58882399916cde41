import { describe, expect, it } from "vitest";
import { idempotencyKey } from "../../src/base/ids.ts";
import type { SeatBook } from "../../src/seats/book.ts";
import {
  ada,
  givenBook,
  holder,
  leaseNo,
  noon,
  noonAnd,
  renew,
  seats,
  second,
  tick,
} from "./given.ts";

const LEASES = 100_000;

/** A hundred thousand leases, restored at noon: all of them would expire at once. */
function aFullSite(): SeatBook {
  const leases = Array.from({ length: LEASES }, (_, index) => ({
    id: leaseNo(index),
    ...holder(ada),
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
  })).map((lease, index) => ({
    ...lease,
    client: `${String(index % 20_000).padStart(42, "x")}A` as typeof ada.client,
  }));
  return givenBook({ pools: [seats(LEASES)], snapshot: { leases } });
}

/** Milliseconds of the shortest of many runs: the others were disturbed. */
function quickest(run: () => void): number {
  const times = Array.from({ length: 50 }, () => {
    const start = performance.now();
    run();
    return performance.now() - start;
  });
  return Math.min(...times);
}

describe("a site with a hundred thousand leases", () => {
  it("is restored in less than two seconds", () => {
    const start = performance.now();
    aFullSite();
    expect(performance.now() - start).toBeLessThan(2_000);
  });

  it("has ticks of less than a millisecond while nothing is due", () => {
    const book = aFullSite();
    expect(quickest(() => book.decide(tick, noonAnd(second)))).toBeLessThan(1);
  });

  it("has renewals that do not look at the other leases", () => {
    const book = aFullSite();
    const someone = { ...ada, client: `${"0".padStart(42, "x")}A` as typeof ada.client };
    const now = noonAnd(second);
    expect(book.decide(renew(someone, 0), now).answer).toMatchObject({ lost: [] });
    expect(quickest(() => book.decide(renew(someone, 0), now))).toBeLessThan(1);
  });

  it("lets all of them expire in one moment, once", () => {
    const book = aFullSite();
    expect(book.decide(tick, noonAnd(90 * second)).changes).toHaveLength(LEASES);
    expect(book.decide(tick, noonAnd(90 * second)).changes).toHaveLength(0);
    expect(book.features()).toMatchObject([{ used: 0 }]);
  });
});
