import { describe, expect, it } from "vitest";
import {
  acquire,
  ada,
  bob,
  givenBook,
  grant,
  keyNo,
  meter,
  noon,
  noonAnd,
  pool,
  record,
  second,
  waitFor,
} from "./given.ts";

describe("a look at the book", () => {
  it("shows features, leases, queue and meters, and changes nothing", () => {
    const book = givenBook({
      pools: [pool({ grants: [grant({ overdraftSeats: 1 })] }), pool({ name: "bim", grants: [] })],
      meters: [meter()],
    });
    const lease = book.decide(acquire(ada, 1, { count: 2 }), noon).answer;
    book.decide(waitFor(bob, 2), noonAnd(second));
    book.decide(record(bob, 3, { units: 4 }), noonAnd(second));
    expect(book.view(noonAnd(3 * second))).toEqual({
      features: [
        {
          name: "bim",
          seats: 0,
          overdraftSeats: 0,
          used: 0,
          free: 0,
          overdraft: 0,
          borrowed: 0,
          queued: 0,
          tokens: null,
        },
        {
          name: "cad.pro",
          seats: 1,
          overdraftSeats: 1,
          used: 2,
          free: 0,
          overdraft: 1,
          borrowed: 0,
          queued: 1,
          tokens: null,
        },
      ],
      leases: [lease.kind === "granted" ? lease.lease : undefined],
      queue: [
        {
          feature: "cad.pro",
          position: 1,
          client: bob.client,
          instance: bob.instance,
          user: bob.user,
          host: bob.host,
          priority: 0,
          overtaken: 0,
          key: keyNo(2),
          count: 1,
          waited: 2_000,
          expectedWait: 87_000,
          connected: true,
        },
      ],
      meters: [{ name: "render.minutes", unit: "minute", period: "total", quota: 100, used: 4 }],
      tokens: [],
      named: [],
    });
  });
});
