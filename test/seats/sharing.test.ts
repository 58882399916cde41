import { describe, expect, it } from "vitest";
import type { Pseudonym } from "../../src/base/identity.ts";
import { seconds } from "../../src/base/time.ts";
import type { Caller } from "../../src/seats/lease.ts";
import {
  acquire,
  ada,
  adaAgain,
  bob,
  cid,
  givenBook,
  grant,
  inGroups,
  leaseNo,
  liveLeases,
  newTerms,
  noon,
  noonAnd,
  pool,
  release,
  renew,
  seats,
  second,
  tick,
  waitFor,
} from "./given.ts";

const display = (letter: string): Pseudonym => `d_${letter}` as Pseudonym;
const onScreen = (by: Caller, letter: string): Caller => ({ ...by, display: display(letter) });
const adaElsewhere: Caller = { ...bob, user: ada.user };
const guest: Caller = { ...bob, host: ada.host };

describe("a seat shared by user", () => {
  const shared = { pools: [pool({ share: "user" })] } as const;

  it("costs a second lease of the user nothing", () => {
    const book = givenBook(shared);
    book.decide(acquire(ada, 1), noon);
    const { answer, events } = book.decide(acquire(adaElsewhere, 2), noon);
    expect(answer).toMatchObject({ kind: "granted", lease: { seatSince: null } });
    expect(events).toMatchObject([{ type: "grant", count: 0 }]);
    expect(book.features()).toMatchObject([{ used: 1 }]);
    expect(book.decide(acquire(cid, 3), noon).answer.kind).toBe("denied");
  });

  it("comes back with the last release", () => {
    const book = givenBook(shared);
    book.decide(acquire(ada, 1), noon);
    book.decide(acquire(adaElsewhere, 2), noon);
    book.decide(release(ada, 1), noonAnd(second));
    expect(book.features()).toMatchObject([{ used: 1 }]);
    book.decide(release(adaElsewhere, 2), noonAnd(second));
    expect(book.features()).toMatchObject([{ used: 0 }]);
  });

  it("counts its time once, whoever of the two has it", () => {
    const book = givenBook(shared);
    book.decide(acquire(ada, 1), noon);
    book.decide(acquire(adaElsewhere, 2), noonAnd(10 * second));
    const first = book.decide(release(ada, 1), noonAnd(30 * second));
    expect(first.events).toMatchObject([{ count: 0, seatMillis: 30_000 }]);
    expect(first.changes).toMatchObject([
      { kind: "lease-ended" },
      { kind: "lease-changed", lease: { id: leaseNo(2), seatSince: noonAnd(30 * second).wall } },
    ]);
    const last = book.decide(release(adaElsewhere, 2), noonAnd(50 * second));
    expect(last.events).toMatchObject([{ count: 1, seatMillis: 20_000 }]);
  });

  it("stays when the first lease expires", () => {
    const book = givenBook(shared);
    book.decide(acquire(ada, 1), noon);
    book.decide(acquire(adaElsewhere, 2), noonAnd(10 * second));
    book.decide(tick, noonAnd(90 * second));
    expect(liveLeases(book)).toEqual([2]);
    expect(book.features()).toMatchObject([{ used: 1 }]);
  });

  it("is not shared by requests for different numbers of seats", () => {
    const book = givenBook({ pools: [pool({ share: "user", grants: [grant({ seats: 3 })] })] });
    book.decide(acquire(ada, 1), noon);
    book.decide(acquire(adaAgain, 2, { count: 2 }), noon);
    expect(book.features()).toMatchObject([{ used: 3 }]);
  });

  it("is not shared any more when the license says so: the younger lease ends", () => {
    const book = givenBook(shared);
    book.decide(acquire(ada, 1), noon);
    book.decide(acquire(adaAgain, 2), noonAnd(1));
    book.decide(newTerms({ pools: [pool()] }), noonAnd(2));
    expect(book.decide(renew(ada, 1), noonAnd(3)).answer).toMatchObject({ lost: [] });
    expect(book.decide(renew(adaAgain, 2), noonAnd(3)).answer).toMatchObject({
      lost: [{ reason: "NO_SEATS" }],
    });
  });

  it("is at once for the same holder who waits, however it was got", () => {
    const reserve = [{ ruleId: "r", feature: "*", seats: 1, for: ["leads"] }];
    const two = pool({ share: "user", grants: [grant({ seats: 2 })] });
    const book = givenBook({ pools: [two], rules: { reserve } });
    book.decide(acquire(cid, 1), noon);
    book.decide(waitFor(adaElsewhere, 2), noon);
    expect(book.decide(acquire(inGroups(ada, "leads"), 3), noon).notices).toMatchObject([
      { kind: "granted", client: adaElsewhere.client, lease: { id: leaseNo(2), seatSince: null } },
    ]);
  });

  it("that was left behind counts for the reservation of who takes it up, and makes room for others", () => {
    const book = givenBook({ pools: [pool({ linger: seconds(30) })] });
    book.decide(acquire(adaElsewhere, 1), noon);
    book.decide(waitFor(cid, 2), noon);
    book.decide(waitFor(inGroups(ada, "leads"), 3), noon);
    book.decide(release(adaElsewhere, 1), noon);
    const reserve = [{ ruleId: "r", feature: "*", seats: 1, for: ["leads"] }];
    const two = pool({ share: "user", grants: [grant({ seats: 2 })] });
    book.decide(newTerms({ pools: [two], rules: { reserve } }), noonAnd(second));
    expect(liveLeases(book)).toEqual([2, 3]);
  });

  it("passes to who shares it though an older one still lingers, so that no seat is given twice", () => {
    const book = givenBook({ pools: [seats(2)] });
    book.decide(acquire(ada, 1), noon);
    book.decide(acquire(ada, 2), noonAnd(1));
    const lingers = pool({ share: "user", linger: seconds(30), grants: [grant({ seats: 2 })] });
    book.decide(newTerms({ pools: [lingers] }), noonAnd(2));
    book.decide(release(ada, 1), noonAnd(3));
    book.decide(acquire(adaElsewhere, 3), noonAnd(4));
    book.decide({ kind: "revoke", lease: leaseNo(2) }, noonAnd(5));
    book.decide(acquire(cid, 4), noonAnd(6));
    book.decide(acquire(adaAgain, 5), noonAnd(7));
    expect(book.features()).toMatchObject([{ used: 2, overdraft: 0 }]);
  });
});

describe("who counts as the same holder", () => {
  it.each([
    ["none", adaAgain, 2],
    ["user", adaElsewhere, 1],
    ["user", guest, 2],
    ["host", guest, 1],
    ["host", adaElsewhere, 2],
    ["user+host", adaAgain, 1],
    ["user+host", guest, 2],
    ["user+host", adaElsewhere, 2],
    ["display", guest, 1],
    ["display", onScreen(guest, "x"), 2],
  ] as const)("with share %s: Ada's first lease, then another", (share, second_, used) => {
    const book = givenBook({ pools: [pool({ share, grants: [grant({ seats: 5 })] })] });
    book.decide(acquire(ada, 1), noon);
    book.decide(acquire(second_, 2), noon);
    expect(book.features()).toMatchObject([{ used }]);
  });

  it("with share display: two users of one screen", () => {
    const book = givenBook({ pools: [pool({ share: "display" })] });
    book.decide(acquire(onScreen(ada, "x"), 1), noon);
    expect(book.decide(acquire(onScreen(cid, "x"), 2), noon).answer.kind).toBe("granted");
  });
});
