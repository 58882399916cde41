import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { utf8 } from "../../src/base/bytes.ts";
import { unixMillis } from "../../src/base/time.ts";
import {
  type BorrowOptions,
  type ConnectOptions,
  connect,
  type Seatkeeper,
} from "../../src/client/index.ts";
import { writeBorrowRelease } from "../../src/license/borrow-release.ts";
import {
  aDaemon,
  emptyFolder,
  type GivenDaemon,
  issuerNote,
  issuing,
  noon,
  root,
  started,
  stopTime,
  vendor,
} from "../daemon/given.ts";
import { turns } from "../support/turns.ts";

const day = 86_400_000;
const minute = 60_000;

/** Three seats, of which two may be away for a week. */
const terms = {
  site: "Example Studio",
  features: [
    { name: "cad.pro", seats: 3, lease_time: "30s", borrow: { days: 7, seats: 2 } },
    { name: "sim.solver", seats: 1, lease_time: "30s" },
  ],
};

/** A laptop: its data folder outlives the processes that run on it. */
class Laptop {
  readonly dataDir: string = emptyFolder();
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /** A process that connects, or goes on without a server. */
  async process(more: Partial<ConnectOptions> = {}): Promise<Seatkeeper> {
    const keeper = await connect({
      servers: this.#url,
      vendor: { name: vendor, rootKey: root.publicKey },
      labels: { user: "ada", host: "ada-laptop" },
      dataDir: this.dataDir,
      ...more,
    });
    onTestFinished(() => keeper.close());
    return keeper;
  }

  /** What connecting fails with. */
  async failure(more: Partial<ConnectOptions> = {}): Promise<unknown> {
    return this.process(more).then(
      () => "connected",
      (error: unknown) => error,
    );
  }

  /** One process that borrows and ends. */
  async borrow(options: BorrowOptions = { days: 2 }): Promise<string> {
    const keeper = await this.process();
    const { leaseId } = await keeper.borrow("cad.pro", options);
    await keeper.close();
    return leaseId;
  }

  /** The file of the only borrowed seat. */
  get ticketFile(): string {
    const [folder = ""] = readdirSync(join(this.dataDir, "borrowed"));
    const path = join(this.dataDir, "borrowed", folder);
    const [file = "none"] = readdirSync(path).filter((name) => name.endsWith(".ticket"));
    return join(path, file);
  }
}

async function borrowed(): Promise<{ readonly daemon: GivenDaemon; readonly laptop: Laptop }> {
  const daemon = await aDaemon(terms);
  const laptop = new Laptop(daemon.url);
  await laptop.borrow();
  return { daemon, laptop };
}

async function used(daemon: GivenDaemon): Promise<unknown> {
  const [site] = (await daemon.admin.status()).vendors;
  return site?.features.find(({ feature }) => feature === "cad.pro");
}

/** Both clocks go on; sockets and files get their turn in between. */
async function pass(milliseconds: number): Promise<void> {
  const end = Date.now() + milliseconds;
  while (Date.now() < end) {
    await vi.advanceTimersByTimeAsync(Math.min(5_000, end - Date.now()));
    await turns(5);
  }
}

describe("a borrowed seat", () => {
  it("is used by any process of its computer without the server, one at a time", async () => {
    const { daemon, laptop } = await borrowed();
    await daemon.stop();
    const keeper = await laptop.process();
    expect(keeper.server).toBeUndefined();
    expect(keeper.borrowed).toMatchObject([{ feature: "cad.pro", count: 1, renewFor: null }]);
    const seat = await keeper.acquire("cad.pro", { version: "4.2" });
    expect(seat.state).toBe("held");
    expect(seat.remaining).toBeGreaterThan(day);
    expect(keeper.seats).toEqual([seat]);

    const second = await laptop.process();
    await expect(second.acquire("cad.pro")).rejects.toMatchObject({ code: "TICKET" });
    await seat.release();
    expect((await second.acquire("cad.pro")).state).toBe("held");
  });

  it("is taken before a seat of the network, which stays free for others", async () => {
    const { daemon, laptop } = await borrowed();
    const keeper = await laptop.process();
    await using seat = await keeper.acquire("cad.pro");
    expect(seat.remaining).toBeGreaterThan(day);
    expect(await used(daemon)).toMatchObject({ used: 1, borrowed: 1 });
    await keeper.acquire("cad.pro");
    expect(await used(daemon)).toMatchObject({ used: 2, borrowed: 1 });
  });

  it("lies on the disk for its user alone, and names no person or machine", async () => {
    const { laptop } = await borrowed();
    expect(statSync(laptop.ticketFile).mode & 0o777).toBe(0o600);
    // As a word: keys and ids in hex or base64 may well have these letters in a row.
    expect(readFileSync(laptop.ticketFile, "utf8")).not.toMatch(/\bada\b/);
  });

  it("helps with nothing else: what is not borrowed needs the server", async () => {
    const { daemon, laptop } = await borrowed();
    await daemon.stop();
    const keeper = await laptop.process();
    const unreachable = { code: "SERVER_UNREACHABLE" };
    await expect(keeper.acquire("sim.solver")).rejects.toMatchObject(unreachable);
    await expect(keeper.acquire("cad.pro", { count: 2 })).rejects.toMatchObject({ code: "TICKET" });
    expect(await new Laptop(daemon.url).failure()).toMatchObject(unreachable);
  });

  it("is borrowed for longer when it is asked for again, and takes no second seat", async () => {
    const { daemon, laptop } = await borrowed();
    const keeper = await laptop.process();
    const [before] = keeper.borrowed;
    const again = await keeper.borrow("cad.pro", { days: 5 });
    expect(again.leaseId).toBe(before?.leaseId);
    expect(again.until).toBeGreaterThan((before?.until ?? 0) + 2 * day);
    expect(keeper.borrowed).toHaveLength(1);
    expect(await used(daemon)).toMatchObject({ used: 1, borrowed: 1 });
  });

  it("is found again by who lost the answer, for as long as is wanted now", async () => {
    const { daemon, laptop } = await borrowed();
    rmSync(laptop.ticketFile);
    const keeper = await laptop.process();
    expect(keeper.borrowed).toEqual([]);
    const again = await keeper.borrow("cad.pro", { days: 6 });
    expect(again.until - Date.now()).toBeGreaterThan(5.9 * day);
    expect(await used(daemon)).toMatchObject({ used: 1, borrowed: 1 });
  });

  it("is no hindrance where its folder cannot be read: seats of the network are granted", async () => {
    const daemon = await aDaemon(terms);
    const laptop = new Laptop(daemon.url);
    writeFileSync(join(laptop.dataDir, "borrowed"), "a file in the place of a folder");
    const keeper = await laptop.process();
    expect((await keeper.acquire("cad.pro")).state).toBe("held");
    await expect(keeper.borrow("cad.pro", { days: 1 })).rejects.toMatchObject({
      code: "TICKET_FILE",
    });
    expect(await used(daemon)).toMatchObject({ used: 1, borrowed: 0 });
  });

  it("is denied with the reason, and the limit in the hint", async () => {
    const keeper = await new Laptop((await aDaemon(terms)).url).process();
    await expect(keeper.borrow("cad.pro", { days: 8 })).rejects.toMatchObject({
      reason: "BORROW_TOO_LONG",
      hint: "borrow for at most 7 days",
    });
    await expect(keeper.borrow("cad.pro", { days: 0 })).rejects.toMatchObject({
      code: "CLIENT_OPTION",
      facts: { option: "days" },
    });
    expect(keeper.borrowed).toEqual([]);
  });
});

describe("a ticket is of no use without the server", () => {
  it.each([
    ["on another computer", "another computer", { hostId: "another" }],
    ["in an application of another vendor's key", "license does not hold", { rootKey: issuing }],
  ])("%s", async (_, why, { hostId, rootKey }: { hostId?: string; rootKey?: typeof issuing }) => {
    const { daemon, laptop } = await borrowed();
    await daemon.stop();
    const failure = await laptop.failure({
      ...(hostId === undefined ? {} : { hostId }),
      ...(rootKey === undefined ? {} : { vendor: { name: vendor, rootKey: rootKey.publicKey } }),
    });
    expect(failure).toMatchObject({
      code: "TICKET",
      message: expect.stringContaining(why) as string,
    });
  });

  it("with another client key, though the file was copied", async () => {
    const { daemon, laptop } = await borrowed();
    const thief = new Laptop(daemon.url);
    await thief.borrow({ days: 1 });
    await daemon.stop();
    writeFileSync(thief.ticketFile, readFileSync(laptop.ticketFile));
    expect(await thief.failure()).toMatchObject({
      code: "TICKET",
      message: expect.stringContaining("another client key") as string,
    });
  });

  it("when somebody wrote a later end into it", async () => {
    const { daemon, laptop } = await borrowed();
    await daemon.stop();
    const text = readFileSync(laptop.ticketFile, "utf8");
    const [, until = ""] = /until\\":(\d+)/.exec(text) ?? [];
    writeFileSync(laptop.ticketFile, text.replace(until, String(Number(until) + day)));
    expect(await laptop.failure()).toMatchObject({
      code: "TICKET",
      message: expect.stringContaining("not signed by the licensed daemon") as string,
    });
  });

  it("where the file is damaged; the server helps with a new one for the same seat", async () => {
    const { daemon, laptop } = await borrowed();
    writeFileSync(laptop.ticketFile, "seatkeeper borrowed seat v1\n{");
    expect(
      (await (await laptop.process()).borrow("cad.pro", { days: 2 })).remaining,
    ).toBeGreaterThan(day);
    expect(await used(daemon)).toMatchObject({ used: 1, borrowed: 1 });
  });
});

describe("the time of a borrowed seat", () => {
  it("ends it by itself, after a warning, for the application and at the server", async () => {
    stopTime();
    const daemon = await aDaemon(terms);
    const laptop = new Laptop(daemon.url);
    await laptop.borrow({ days: 10 / 1_440 });
    await daemon.stop();
    const keeper = await laptop.process();
    const told: string[] = [];
    keeper.on("borrowEnding", ({ feature }, left) => told.push(`ending ${feature} ${left}`));
    keeper.on("expiring", (seat, left) => told.push(`expiring ${seat.feature} ${left}`));
    keeper.on("lost", (_, { reason, final }) => told.push(`lost ${reason} ${final}`));
    const seat = await keeper.acquire("cad.pro");
    await pass(9 * minute);
    expect(told).toEqual([`ending cad.pro ${minute}`, `expiring cad.pro ${minute}`]);
    await pass(minute);
    expect(told.at(-1)).toBe("lost LEASE_EXPIRED true");
    expect([seat.state, seat.remaining]).toEqual(["lost", 0]);
    await expect(keeper.acquire("cad.pro")).rejects.toMatchObject({ code: "TICKET" });
    expect(await laptop.failure()).toMatchObject({
      code: "TICKET",
      message: expect.stringContaining("its time is over") as string,
    });
  });

  it("is not won back by a clock that is set back", async () => {
    stopTime();
    const daemon = await aDaemon(terms);
    const laptop = new Laptop(daemon.url);
    await laptop.borrow({ days: 2 });
    await daemon.stop();
    vi.setSystemTime(noon + 1.5 * day);
    const first = await laptop.process();
    await first.acquire("cad.pro");
    await first.close();

    vi.setSystemTime(noon - 30 * day);
    const second = await laptop.process();
    const seat = await second.acquire("cad.pro");
    expect(seat.remaining).toBe(0.5 * day);
    await pass(5 * minute);
    expect(seat.remaining).toBe(0.5 * day - 5 * minute);
    await second.close();
    vi.setSystemTime(noon - 60 * day);
    expect((await laptop.process()).borrowed[0]?.remaining).toBe(0.5 * day - 5 * minute);
  });

  it("is not shortened for good by a clock that was ahead when it was not used", async () => {
    stopTime();
    const { daemon, laptop } = await borrowed();
    await daemon.stop();
    vi.setSystemTime(noon + 300 * day);
    expect(await laptop.failure()).toMatchObject({ code: "TICKET" });
    vi.setSystemTime(noon + day);
    expect((await laptop.process()).borrowed[0]?.remaining).toBe(day);
  });

  it("is refused at once where this computer's clock is ahead, and the seat goes back", async () => {
    stopTime();
    const daemon = await aDaemon(terms);
    const keeper = await new Laptop(daemon.url).process();
    vi.setSystemTime(noon + 3 * day);
    await expect(keeper.borrow("cad.pro", { days: 2 })).rejects.toMatchObject({ code: "TICKET" });
    expect(await used(daemon)).toMatchObject({ used: 0, borrowed: 0 });
  });

  it("is renewed at its half by whoever is connected, where that was wished", async () => {
    stopTime();
    const daemon = await aDaemon(terms);
    const laptop = new Laptop(daemon.url);
    await laptop.borrow({ days: 20 / 1_440, renew: true });
    const keeper = await laptop.process();
    await keeper.acquire("cad.pro");
    const [first] = keeper.borrowed;
    await pass(9 * minute);
    expect(keeper.borrowed[0]?.until).toBe(first?.until);
    for (const half of [1, 2, 3]) {
      await pass(minute);
      const end = (first?.until ?? 0) + 10 * half * minute;
      await vi.waitFor(() => expect(keeper.borrowed[0]?.until).toBeGreaterThanOrEqual(end));
      await pass(9 * minute);
    }
    expect(keeper.seats).toMatchObject([{ state: "held" }]);
    expect(await used(daemon)).toMatchObject({ used: 1, borrowed: 1 });
  });
});

describe("a borrowed seat goes back", () => {
  it("early, and is of no use here any more", async () => {
    const { daemon, laptop } = await borrowed();
    const keeper = await laptop.process();
    const [{ leaseId } = { leaseId: "" }] = keeper.borrowed;
    expect(await keeper.return(leaseId as never)).toBe("returned");
    expect(keeper.borrowed).toEqual([]);
    expect(await used(daemon)).toMatchObject({ used: 0, borrowed: 0 });
    await keeper.close();
    await daemon.stop();
    expect(await laptop.failure()).toMatchObject({ code: "SERVER_UNREACHABLE" });
  });

  it("without a connection too: the server hears of it when there is one", async () => {
    const { daemon, laptop } = await borrowed();
    await daemon.stop();
    const offline = await laptop.process();
    const [{ leaseId } = { leaseId: "" }] = offline.borrowed;
    expect(await offline.return(leaseId as never)).toBe("pending");
    await expect(offline.acquire("cad.pro")).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
    await offline.close();

    const again = await started(daemon.site);
    expect(await used(again)).toMatchObject({ borrowed: 1 });
    await laptop.process({ servers: again.url });
    await vi.waitFor(async () => expect(await used(again)).toMatchObject({ borrowed: 0 }));
  });

  it("not while another program uses it", async () => {
    const { laptop } = await borrowed();
    const user = await laptop.process();
    await user.acquire("cad.pro");
    const other = await laptop.process();
    const [{ leaseId } = { leaseId: "" }] = other.borrowed;
    await expect(other.return(leaseId as never)).rejects.toMatchObject({ code: "TICKET" });
  });

  it("when the vendor gave it up: a laptop that was found again learns it", async () => {
    const { daemon, laptop } = await borrowed();
    const { chainId } = daemon.site.request;
    const [seat] = (await daemon.admin.seats()).seats;
    if (seat === undefined) throw new Error("nothing is borrowed");
    const release = {
      vendor,
      chainId,
      leaseId: seat.lease,
      reason: "lost",
      issuedAt: unixMillis(Date.now()),
      issuer: issuerNote,
    };
    await daemon.admin.releaseBorrowed(utf8(writeBorrowRelease(release, issuing)));
    const keeper = await laptop.process();
    await vi.waitFor(() => expect(keeper.borrowed).toEqual([]));
    expect(() => readFileSync(laptop.ticketFile)).toThrow("ENOENT");
  });
});
