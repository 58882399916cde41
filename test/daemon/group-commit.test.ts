import { describe, expect, it } from "vitest";
import { parsePseudonym } from "../../src/base/identity.ts";
import { chainId, clientKey, idempotencyKey, instanceId, leaseId } from "../../src/base/ids.ts";
import { NO_RULES } from "../../src/base/site-rules.ts";
import { NO_STANDING } from "../../src/base/standing.ts";
import { type Moment, millis, monoMillis, seconds } from "../../src/base/time.ts";
import { systemClock } from "../../src/clock/system-clock.ts";
import { CommitGroup, type Outcome, type Writes } from "../../src/daemon/commit-group.ts";
import { departure } from "../../src/daemon/departure.ts";
import type { LeaseNote } from "../../src/license/lease-note.ts";
import { SeatBook } from "../../src/seats/book.ts";
import type { AcquireCommand, Command } from "../../src/seats/command.ts";
import { EMPTY_SNAPSHOT } from "../../src/seats/snapshot.ts";
import { DEFAULT_SEAT_LIMITS, type FeaturePool } from "../../src/seats/terms.ts";
import { StoreError } from "../../src/store/errors.ts";
import { noon } from "./given.ts";

const now: Moment = { wall: noon, mono: monoMillis(1_000) };

const twoSeats: FeaturePool = {
  name: "cad.pro",
  grants: [
    {
      seats: 2,
      overdraftSeats: 0,
      versionMax: null,
      maintenanceUntil: null,
      borrow: null,
      startsAt: null,
      endsAt: null,
    },
  ],
  leaseTime: seconds(90),
  releaseOnDisconnect: false,
  share: "none",
  tokens: null,
  linger: seconds(0),
  minLease: seconds(0),
  namedUsers: null,
};

/** A disk that says when it is asked, and does as it is told. */
class Disk {
  readonly groups: Writes[] = [];
  readonly #waiting: ((kept: "kept" | "refused" | Error) => void)[] = [];

  commit(writes: Writes): Promise<"kept" | "refused"> {
    this.groups.push(writes);
    return new Promise((resolve, reject) => {
      this.#waiting.push((outcome) => {
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome);
      });
    });
  }

  async ends(outcome: "kept" | "refused" | Error): Promise<void> {
    this.#waiting.shift()?.(outcome);
    await turn();
  }
}

interface Given {
  readonly group: CommitGroup;
  readonly disk: Disk;
  readonly told: string[];
  /** How many leases were signed together, each time. */
  readonly signed: number[];
  readonly fatal: unknown[];
  readonly ask: (who: string) => void;
}

function given(): Given {
  const disk = new Disk();
  const told: string[] = [];
  const signed: number[] = [];
  const fatal: unknown[] = [];
  const book = SeatBook.restore(
    EMPTY_SNAPSHOT,
    { pools: [twoSeats], tokens: [], meters: [], rules: NO_RULES },
    DEFAULT_SEAT_LIMITS,
    now,
  );
  const group = new CommitGroup({
    book,
    clock: systemClock(),
    now: () => now,
    commit: (writes) => disk.commit(writes),
    settled: () => undefined,
    decided: () => undefined,
    notify: (notices) =>
      notices.map(({ kind }) => departure(() => void told.push(`notice ${kind}`))),
    sign: (leases) => {
      signed.push(leases.length);
      return leases.map(({ nonce }) => `signed over ${nonce}`);
    },
    idle: () => undefined,
    fault: () => undefined,
    fatal: (error) => void fatal.push(error),
  });
  const ask = (who: string): void =>
    group.ask(acquire(who), (outcome) =>
      departure(() => void told.push(`${who} ${worded(outcome)}`)),
    );
  return { group, disk, told, signed, fatal, ask };
}

describe("requests that arrive together", () => {
  it("share one transaction, and are answered in their order when it is durable", async () => {
    const { disk, told, ask } = given();
    for (const who of ["1", "2", "3"]) ask(who);
    await turn();
    expect(disk.groups).toHaveLength(1);
    expect(told).toEqual([]);
    await disk.ends("kept");
    expect(told).toEqual(["1 granted", "2 granted", "3 NO_SEATS"]);
  });

  it("while a group is being written share the next one", async () => {
    const { disk, told, ask } = given();
    ask("1");
    await turn();
    ask("2");
    ask("3");
    await turn();
    expect(disk.groups).toHaveLength(1);
    await disk.ends("kept");
    expect(told).toEqual(["1 granted"]);
    expect(disk.groups).toHaveLength(2);
    await disk.ends("kept");
    expect(told).toEqual(["1 granted", "2 granted", "3 NO_SEATS"]);
  });
});

describe("the leases of a group", () => {
  it("are signed once, when it is durable, and each answer gets its own", async () => {
    const { group, disk, told, signed, ask } = given();
    askForLeases(group, told, "1", 2);
    ask("2");
    askForLeases(group, told, "3", 1);
    await turn();
    expect(signed).toEqual([]);
    await disk.ends("kept");
    expect(signed).toEqual([3]);
    expect(told).toEqual([
      "1: signed over 1/0, signed over 1/1",
      "2 granted",
      "3: signed over 3/0",
    ]);
  });

  it("are signed together when nothing is written: renewals need no disk", async () => {
    const { group, disk, told, signed, ask } = given();
    ask("1");
    await turn();
    await disk.ends("kept");
    const renewal = { kind: "renew", by: caller("1"), leases: [lease("1")], quiet: [] } as const;
    for (const who of ["1", "2", "3"]) askForLeases(group, told, who, 1, renewal);
    await turn();
    expect(disk.groups).toHaveLength(1);
    expect(signed.at(-1)).toBe(3);
    expect(told.slice(1)).toEqual(["1", "2", "3"].map((who) => `${who}: signed over ${who}/0`));
  });

  it("are none of the others' loss when one answer cannot leave", async () => {
    const { group, disk, told, ask } = given();
    group.ask(acquire("1"), () =>
      departure(() => {
        throw new Error("the socket is broken");
      }),
    );
    ask("2");
    await turn();
    await disk.ends("kept");
    expect(told).toEqual(["2 granted"]);
  });
});

describe("a group that the disk refused", () => {
  it("never happened: the seats are free for who asks next", async () => {
    const { disk, told, ask } = given();
    for (const who of ["1", "2"]) ask(who);
    await turn();
    await disk.ends("refused");
    expect(told).toEqual(["1 not-written", "2 not-written"]);
    for (const who of ["3", "4"]) ask(who);
    await turn();
    await disk.ends("kept");
    expect(told.slice(2)).toEqual(["3 granted", "4 granted"]);
  });

  it("still answers what needs no disk", async () => {
    const { group, disk, told, ask } = given();
    ask("1");
    await turn();
    await disk.ends("kept");
    ask("2");
    const renewal = { kind: "renew", by: caller("1"), leases: [lease("1")], quiet: [] } as const;
    group.ask(renewal, (outcome) => departure(() => void told.push(`renewal ${worded(outcome)}`)));
    await turn();
    await disk.ends("refused");
    expect(told).toEqual(["1 granted", "2 not-written", "renewal renewed"]);
  });
});

describe("a write whose fate nobody knows", () => {
  it("is answered by nothing, and nothing is answered after it", async () => {
    const { disk, told, fatal, ask } = given();
    ask("1");
    await turn();
    ask("2");
    const failure = new StoreError("STORE_SYNC_FAILED", "the disk did not keep a write");
    await disk.ends(failure);
    ask("3");
    await turn();
    expect(fatal).toEqual([failure]);
    expect(told).toEqual([]);
    expect(disk.groups).toHaveLength(1);
  });
});

describe("work that runs alone", () => {
  it("comes between the groups, in its turn", async () => {
    const { group, disk, told, ask } = given();
    ask("1");
    const done = group.alone(() => {
      told.push("alone");
      return Promise.resolve("result");
    });
    ask("2");
    await turn();
    expect(disk.groups).toHaveLength(1);
    await disk.ends("kept");
    expect(await done).toBe("result");
    await turn();
    await disk.ends("kept");
    expect(told).toEqual(["1 granted", "alone", "2 granted"]);
  });

  it("that is refused by the disk is the asker's to hear, and ends nothing", async () => {
    const { group, disk, told, fatal, ask } = given();
    const refused = new StoreError("STORE_UNAVAILABLE", "the disk is full");
    await expect(group.alone(() => Promise.reject(refused))).rejects.toBe(refused);
    ask("1");
    await turn();
    await disk.ends("kept");
    expect(told).toEqual(["1 granted"]);
    expect(fatal).toEqual([]);
  });
});

/** Until everything that is ready has been served. */
async function turn(): Promise<void> {
  for (const _ of "ab") await new Promise((resolve) => setImmediate(resolve));
}

const padded = (who: string): string => who.padStart(32, "0");
const lease = (who: string): ReturnType<typeof leaseId> => leaseId(padded(who));

function caller(who: string): AcquireCommand["by"] {
  return {
    client: clientKey(`${"A".repeat(42)}${"AEIMQ".charAt(Number(who))}`),
    instance: instanceId(padded(who)),
    user: parsePseudonym("u_AAAAAAAAAAAAAAAAAAAAAA"),
    host: parsePseudonym("h_BBBBBBBBBBBBBBBBBBBBBQ"),
    display: null,
    standing: NO_STANDING,
  };
}

function acquire(who: string): AcquireCommand {
  return {
    kind: "acquire",
    by: caller(who),
    feature: "cad.pro",
    version: "0",
    versionDate: null,
    count: 1,
    wait: false,
    key: idempotencyKey(who),
    newLease: lease(who),
  };
}

/** Asks for an answer that carries so many leases, and tells their notes. */
function askForLeases(
  group: CommitGroup,
  told: string[],
  who: string,
  count: number,
  command: Command = acquire(who),
): void {
  group.ask(command, () => ({
    leases: Array.from({ length: count }, (_, at) => leaseNote(`${who}/${at}`)),
    leave: (notes) => void told.push(`${who}: ${notes.join(", ")}`),
  }));
}

const leaseNote = (nonce: string): LeaseNote => ({
  chainId: chainId(padded("1")),
  leaseId: lease("1"),
  feature: "cad.pro",
  version: "0",
  count: 1,
  clientKey: caller("1").client,
  instanceId: caller("1").instance,
  nonce,
  leaseTimeMs: seconds(90),
  offlineGraceMs: millis(0),
  borrowUntil: null,
  headSize: 1,
  issuedAt: noon,
});

function worded(outcome: Outcome): string {
  return outcome.kind === "denied" ? outcome.denial.reason : outcome.kind;
}
