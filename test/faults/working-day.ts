import { join } from "node:path";
import { vi } from "vitest";
import { fromHex } from "../../src/base/bytes.ts";
import { CodedError } from "../../src/base/errors.ts";
import type { VerifyReport } from "../../src/bundle/verify-input.ts";
import { connect, type Seat, type Seatkeeper } from "../../src/client/index.ts";
import { type Head, openHead } from "../../src/note/checkpoint.ts";
import { peekJsonNote } from "../../src/note/json-note.ts";
import { decodeWelcome } from "../../src/protocol/handshake.ts";
import type { ChainedRecord } from "../../src/trail/chain.ts";
import { root, vendor } from "../daemon/given.ts";
import { somebody, Workstation } from "../daemon/workstation.ts";
import type { FaultySite } from "./faulty-site.ts";
import { VendorShelf } from "./vendor-shelf.ts";

/** How often something is asked again before it counts as refused for good. */
const PATIENCE = 40;

/**
 * A short day at a site: seats, usage, checkpoints, an export, its receipt. One thing after the
 * other, so that call number n of the disk is the same step in each run. Whoever is not answered asks
 * again; what was answered is remembered, for the oracle.
 */
export class WorkingDay {
  readonly site: FaultySite;
  readonly shelf: VendorShelf;
  readonly granted: string[] = [];
  readonly released: string[] = [];
  /** Seats that were asked for while the disk failed, and refused: they may have been granted or not. */
  unsure = 0;
  units = 0;
  readonly heads: Head[] = [];
  readonly reports: VerifyReport[] = [];
  readonly lost: string[] = [];
  keeper: Seatkeeper | undefined;

  constructor(site: FaultySite) {
    this.site = site;
    this.shelf = new VendorShelf(site.request);
  }

  get held(): readonly string[] {
    return this.granted.filter((lease) => !this.released.includes(lease));
  }

  async morning(): Promise<void> {
    await this.#connect();
    const first = await this.#take();
    await this.#record("plot-1", 7);
    await this.#take();
    await this.#insist(() => this.site.admin.checkpoint());
    await this.#look();
    await this.#giveBack(first);
    await this.#record("plot-2", 11);
  }

  async afternoon(): Promise<void> {
    const receipt = this.shelf.receipt(await this.exported());
    await this.#insist(() => this.site.admin.importReceipt(receipt));
    await this.#look();
    await this.#take();
    await this.#record("plot-3", 13);
  }

  /** A bundle, counted by the vendor. */
  async exported(): Promise<VerifyReport> {
    const pieces: Uint8Array[] = [];
    await this.#insist(() => {
      pieces.length = 0;
      return this.site.admin.exportUsage((piece) => void pieces.push(piece));
    });
    const report = this.shelf.take(Buffer.concat(pieces));
    if (report.head !== undefined) this.heads.push(report.head);
    this.reports.push(report);
    return report;
  }

  /** The audit trail, as the daemon keeps it. */
  async trail(): Promise<readonly ChainedRecord[]> {
    return this.#insist(async () => {
      const records: ChainedRecord[] = [];
      for await (const page of this.site.admin.trail()) {
        records.push(...page.records.map(({ text, hash }) => ({ text, hash: fromHex(hash) })));
      }
      return records;
    });
  }

  /** The daemon may hear of a release later than the application said it: then a client says it again. */
  async allGivenBack(): Promise<void> {
    const arrived = async (): Promise<void> => {
      const { seats } = await this.site.admin.seats();
      const taken = seats.filter(({ lease }) => this.released.includes(lease));
      if (taken.length > 0) throw new Error(`${taken.length} seats are not given back`);
    };
    await vi.waitFor(arrived, { timeout: 20_000, interval: 100 });
  }

  /** Asks the daemon's next life for the head that it signs. */
  async #look(): Promise<void> {
    const answer = await this.#insist(async () => {
      const station = await Workstation.at(await this.site.up(), somebody());
      const welcome = await station.hello(await station.challenge());
      await station.leave();
      return welcome;
    });
    const { head } = decodeWelcome(peekJsonNote(String(answer.result?.["note"])).body);
    const { chainId, daemonKey } = this.site.request;
    const name = `${vendor}/skc/${chainId}`;
    this.heads.push(openHead(head, { name, publicKey: daemonKey }));
  }

  async #connect(): Promise<void> {
    const dataDir = join(this.site.folder, "workstation");
    const trust = { name: vendor, rootKey: root.publicKey };
    this.keeper = await this.#insist(async () =>
      connect({ servers: await this.site.up(), vendor: trust, dataDir }),
    );
    this.keeper.on("lost", (seat) => void this.lost.push(seat.leaseId));
  }

  async #take(): Promise<Seat> {
    const seat = await this.#insist(
      async () => this.#present.acquire("cad.pro"),
      () => {
        this.unsure += 1;
      },
    );
    this.granted.push(seat.leaseId);
    return seat;
  }

  async #giveBack(seat: Seat): Promise<void> {
    await seat.release();
    this.released.push(seat.leaseId);
  }

  async #record(key: string, units: number): Promise<void> {
    await this.#insist(() => this.#present.usage.record("render.minutes", units, { key }));
    this.units += units;
  }

  get #present(): Seatkeeper {
    if (this.keeper === undefined) throw new Error("not connected");
    return this.keeper;
  }

  /** Again and again until a daemon has answered. */
  async #insist<Answer>(
    ask: () => Promise<Answer>,
    onRefusal: () => void = () => {},
  ): Promise<Answer> {
    let refusal: unknown;
    for (let turn = 0; turn < PATIENCE; turn += 1) {
      // oxlint-disable no-await-in-loop -- one attempt after the other
      await this.site.up();
      try {
        return await ask();
      } catch (error) {
        refusal = error;
        if (error instanceof CodedError) onRefusal();
        // A daemon that is ending has to be seen to end.
        await new Promise((resolve) => setImmediate(resolve));
      }
      // oxlint-enable no-await-in-loop
    }
    throw refusal;
  }
}
