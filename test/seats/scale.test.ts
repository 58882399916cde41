import { describe, expect, it } from "vitest";
import { idempotencyKey } from "../../src/base/ids.ts";
import type { SeatBook } from "../../src/seats/book.ts";
import { ada, givenBook, holder, leaseNo, noon, noonAnd, seats, second, tick } from "./given.ts";

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
    borrowed: null,
    lingersUntil: null,
  })).map((lease, index) => ({
    ...lease,
    client: `${String(index % 20_000).padStart(42, "x")}A` as typeof ada.client,
  }));
  return givenBook({ pools: [seats(LEASES + 1)], snapshot: { leases } });
}

describe("a site with a hundred thousand leases", () => {
  it("lets all of them expire in one moment, once", () => {
    const book = aFullSite();
    expect(book.decide(tick, noonAnd(90 * second)).changes).toHaveLength(LEASES);
    expect(book.decide(tick, noonAnd(90 * second)).changes).toHaveLength(0);
    expect(book.features()).toMatchObject([{ used: 0 }]);
  }, 30_000);
});
