import { describe, expect, it } from "vitest";
import { unixMillis } from "../../src/base/time.ts";
import {
  acquire,
  ada,
  bob,
  cid,
  dot,
  givenBook,
  grant,
  hour,
  minute,
  noon,
  noonAnd,
  pool,
  release,
  renew,
  tick,
  waitFor,
} from "./given.ts";

describe("two licenses for one feature", () => {
  it("add up", () => {
    const book = givenBook({ pools: [pool({ grants: [grant({ seats: 2 }), grant()] })] });
    expect(book.features()).toMatchObject([{ seats: 3 }]);
    expect(book.decide(acquire(ada, 1, { count: 3 }), noon).answer.kind).toBe("granted");
  });

  it("add up only while both are valid", () => {
    const endsAt = unixMillis(noon.wall + hour);
    const book = givenBook({ pools: [pool({ grants: [grant({ endsAt }), grant()] })] });
    expect(book.features()).toMatchObject([{ seats: 2 }]);
    book.decide(tick, noonAnd(hour - 1));
    expect(book.features()).toMatchObject([{ seats: 2 }]);
    book.decide(tick, noonAnd(hour));
    expect(book.features()).toMatchObject([{ seats: 1 }]);
  });

  it("let a new version use only the seats of the newer license", () => {
    const older = grant({ seats: 2, versionMax: "2026.9" });
    const newer = grant({ versionMax: "2027.9" });
    const book = givenBook({ pools: [pool({ grants: [older, newer] })] });
    expect(book.decide(acquire(ada, 1, { version: "2027.1" }), noon).answer.kind).toBe("granted");
    expect(book.decide(acquire(bob, 2, { version: "2027.1" }), noon).answer).toMatchObject({
      denial: { reason: "NO_SEATS" },
    });
    expect(book.decide(acquire(bob, 3, { version: "2026.5" }), noon).answer.kind).toBe("granted");
    expect(book.decide(acquire(cid, 4, { version: "2026.5" }), noon).answer.kind).toBe("granted");
    expect(book.decide(acquire(dot, 5, { version: "2026.5" }), noon).answer.kind).toBe("denied");
  });

  it("may all be used by old versions, and then a new one finds none", () => {
    const older = grant({ versionMax: "1" });
    const newer = grant({ versionMax: "2" });
    const book = givenBook({ pools: [pool({ grants: [older, newer] })] });
    book.decide(acquire(ada, 1, { version: "1" }), noon);
    book.decide(acquire(bob, 2, { version: "1" }), noon);
    expect(book.decide(acquire(cid, 3, { version: "2" }), noon).answer).toMatchObject({
      denial: { reason: "NO_SEATS" },
    });
  });

  it("do not let old versions push out a new one: each lease keeps a seat it may use", () => {
    const older = grant({ versionMax: "1" });
    const newer = grant({ versionMax: "2" });
    const book = givenBook({ pools: [pool({ grants: [newer, older] })] });
    expect(book.decide(acquire(ada, 1, { version: "1" }), noon).answer.kind).toBe("granted");
    expect(book.decide(acquire(bob, 2, { version: "2" }), noon).answer.kind).toBe("granted");
    expect(book.decide(acquire(cid, 3, { version: "1" }), noon).answer.kind).toBe("denied");
  });
});

describe("a version above every license", () => {
  it("is refused as too new, also when seats are free", () => {
    const book = givenBook({ pools: [pool({ grants: [grant({ versionMax: "2026.9" })] })] });
    expect(book.decide(acquire(ada, 1, { version: "2026.10" }), noon).answer).toMatchObject({
      denial: { reason: "VERSION_TOO_NEW" },
    });
  });

  it("never matters to who names no version", () => {
    const book = givenBook({ pools: [pool({ grants: [grant({ versionMax: "2026.9" })] })] });
    expect(book.decide(acquire(ada, 1), noon).answer.kind).toBe("granted");
  });
});

describe("a license that begins tomorrow", () => {
  const startsAt = unixMillis(noon.wall + hour);

  it("refuses today and says that it has not started", () => {
    const book = givenBook({ pools: [pool({ grants: [grant({ startsAt })] })] });
    expect(book.decide(acquire(ada, 1), noonAnd(hour - 1)).answer).toMatchObject({
      denial: { reason: "NOT_STARTED" },
    });
  });

  it("grants from its first millisecond on", () => {
    const book = givenBook({ pools: [pool({ grants: [grant({ startsAt })] })] });
    expect(book.decide(acquire(ada, 1), noonAnd(hour)).answer.kind).toBe("granted");
  });

  it("serves who has waited for it beside a smaller one", () => {
    const book = givenBook({ pools: [pool({ grants: [grant(), grant({ startsAt })] })] });
    book.decide(acquire(ada, 1), noonAnd(hour - minute));
    book.decide(waitFor(bob, 2), noonAnd(hour - minute));
    expect(book.nextDeadline()).toBe(noonAnd(hour).mono);
    expect(book.decide(tick, noonAnd(hour)).notices).toMatchObject([
      { kind: "granted", key: "key-2" },
    ]);
  });
});

describe("a license that ends", () => {
  const endsAt = unixMillis(noon.wall + minute);

  it("refuses from that moment on", () => {
    const book = givenBook({ pools: [pool({ grants: [grant({ endsAt })] })] });
    expect(book.decide(acquire(ada, 1), noonAnd(minute)).answer).toMatchObject({
      denial: { reason: "EXPIRED" },
    });
  });

  it("lets a lease go on until its next renewal, and says why it ends there", () => {
    const book = givenBook({ pools: [pool({ grants: [grant({ endsAt })] })] });
    book.decide(acquire(ada, 1), noon);
    expect(book.decide(tick, noonAnd(minute)).events).toEqual([]);
    const { answer, events } = book.decide(renew(ada, 1), noonAnd(minute + 1));
    expect(answer).toMatchObject({ leases: [], lost: [{ reason: "EXPIRED" }] });
    expect(events).toMatchObject([{ type: "end", reason: "revoked", seatMillis: 60_001 }]);
  });

  it("tells those who wait that they wait in vain", () => {
    const book = givenBook({ pools: [pool({ grants: [grant({ endsAt })] })] });
    book.decide(acquire(ada, 1), noon);
    book.decide(waitFor(bob, 2), noon);
    const { notices, events } = book.decide(tick, noonAnd(minute));
    expect(notices).toMatchObject([
      { kind: "queue-dropped", client: bob.client, key: "key-2", denial: { reason: "EXPIRED" } },
    ]);
    expect(events).toMatchObject([{ type: "denial", reason: "EXPIRED", user: bob.user }]);
  });

  it("is not started yet when its renewal is installed ahead of time", () => {
    const startsAt = unixMillis(noon.wall + hour);
    const book = givenBook({ pools: [pool({ grants: [grant({ endsAt }), grant({ startsAt })] })] });
    expect(book.decide(acquire(ada, 1), noonAnd(minute)).answer).toMatchObject({
      denial: { reason: "NOT_STARTED" },
    });
  });

  it("is valid again when the wall clock is set back", () => {
    const book = givenBook({ pools: [pool({ grants: [grant({ endsAt })] })] });
    book.decide(tick, noonAnd(hour));
    const setBack = { wall: noon.wall, mono: noonAnd(hour + 1).mono };
    expect(book.decide(acquire(ada, 1), setBack).answer.kind).toBe("granted");
    book.decide(release(ada, 1), setBack);
  });
});

describe("a site without the license asked for", () => {
  it("says that there is no license at all", () => {
    const book = givenBook({ pools: [] });
    expect(book.decide(acquire(ada, 1), noon).answer).toMatchObject({
      denial: { reason: "NO_LICENSE", feature: "cad.pro" },
    });
  });

  it("says that the feature is not in the license", () => {
    const book = givenBook();
    expect(book.decide(acquire(ada, 1, { feature: "cad.ultra" }), noon).answer).toMatchObject({
      denial: { reason: "NOT_LICENSED_FEATURE", feature: "cad.ultra" },
    });
  });

  it("refuses two pools of one name as a mistake of the program", () => {
    expect(() => givenBook({ pools: [pool(), pool()] })).toThrow(RangeError);
  });
});
