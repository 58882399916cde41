import { describe, expect, it } from "vitest";
import { unixMillis } from "../../src/base/time.ts";
import {
  acquire,
  ada,
  bob,
  cid,
  day,
  givenBook,
  grant,
  newTerms,
  noon,
  pool,
  renew,
} from "./given.ts";

/** Noon of 2026-11-22; maintenance was paid until two days before. */
const maintenanceUntil = unixMillis(Date.parse("2026-11-20T00:00:00.000Z"));
const before = { versionDate: unixMillis(maintenanceUntil - 1) };
const after = { versionDate: maintenanceUntil };
const maintained = pool({ grants: [grant({ maintenanceUntil })] });

describe("a license with maintenance until 20 November", () => {
  it("covers versions released before, for ever", () => {
    const book = givenBook({ pools: [maintained] });
    expect(book.decide(acquire(ada, 1, before), noon).answer.kind).toBe("granted");
  });

  it("refuses versions released from then on, and says why", () => {
    const book = givenBook({ pools: [maintained] });
    expect(book.decide(acquire(ada, 1, after), noon).answer).toMatchObject({
      denial: {
        reason: "VERSION_TOO_NEW",
        hint: "maintenance covers versions released before 2026-11-20; use an older one or renew it",
      },
    });
  });

  it("refuses a client that names no date: silence is no way round it", () => {
    const book = givenBook({ pools: [maintained] });
    expect(book.decide(acquire(ada, 1), noon).answer).toMatchObject({
      denial: {
        reason: "VERSION_TOO_NEW",
        hint: "maintenance covers versions released before 2026-11-20, and the program does not say when it was released",
      },
    });
  });

  it("leaves a client that names no date to licenses that ask for none", () => {
    const grants = [grant({ maintenanceUntil }), grant()];
    const book = givenBook({ pools: [pool({ grants })] });
    expect(book.decide(acquire(ada, 1), noon).answer.kind).toBe("granted");
    expect(book.decide(acquire(bob, 2), noon).answer).toMatchObject({
      denial: { reason: "NO_SEATS" },
    });
    expect(book.decide(acquire(bob, 3, before), noon).answer.kind).toBe("granted");
  });

  it("leaves the newest versions to licenses that cover them", () => {
    const grants = [grant({ maintenanceUntil }), grant({ versionMax: "3" })];
    const book = givenBook({ pools: [pool({ grants })] });
    expect(book.decide(acquire(ada, 1, { version: "2", ...before }), noon).answer.kind).toBe(
      "granted",
    );
    expect(book.decide(acquire(bob, 2, { version: "2", ...after }), noon).answer.kind).toBe(
      "granted",
    );
    expect(book.decide(acquire(cid, 3, { version: "2" }), noon).answer).toMatchObject({
      denial: { reason: "NO_SEATS" },
    });
  });

  it("ends a lease of a newer version at its next renewal", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1, { versionDate: unixMillis(noon.wall - day) }), noon);
    book.decide(newTerms({ pools: [maintained] }), noon);
    expect(book.decide(renew(ada, 1), noon).answer).toMatchObject({
      lost: [{ reason: "VERSION_TOO_NEW" }],
    });
  });
});
