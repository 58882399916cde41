import { readFileSync } from "node:fs";
import { fromHex, toHex } from "../../src/base/bytes.ts";
import { inspectLedger } from "../../src/daemon/ledger-inspection.ts";
import { decodeHeader, HEADER_BYTES } from "../../src/ledger/block.ts";
import { SLOT_BYTES } from "../../src/ledger/ports.ts";
import { rootAt } from "../../src/ledger/reader.ts";
import { decodeSlot } from "../../src/ledger/state.ts";
import { dataFolder, vendorFolder } from "../../src/store/data-folder.ts";
import { TrailCheck } from "../../src/trail/chain.ts";
import { sourceOf } from "../daemon/at-the-vendor.ts";
import { vendor } from "../daemon/given.ts";
import { writesOn } from "./tape.ts";
import type { WorkingDay } from "./working-day.ts";

/**
 * What must hold after any one failure of the disk, once the daemon has been started again:
 *
 *  1. A seat that was granted is held until it is given back, by the client that was told so, and
 *     by nobody twice. A seat that was refused because of the disk is held at most once.
 *  2. Each grant that was told is sealed once. Each seat that was given back has ended once, and no
 *     other has ended.
 *  3. Usage that was answered is counted once, at the site and in what the vendor counts.
 *  4. Events are sealed in order, without a gap and without a repetition.
 *  5. The vendor accepts each bundle, with no problem, no finding and no block missing: a failing
 *     disk is not an incident.
 *  6. Each head that was shown is a prefix of the ledger.
 *  7. For one place in the ledger only one ciphertext was ever written.
 *  8. When the daemon has stopped, one slot holds the keys and the other is zeros.
 *  9. The site's own check of its files finds nothing.
 * 10. The daemon that served when the disk failed is gone or goes on; whichever starts afterwards serves.
 * 11. The audit trail is whole, and has each of its heads that was sealed.
 *
 * Law 10 is the campaign's: a day that does not come to its end breaks it.
 */
export class Oracle {
  readonly violations: string[] = [];
  readonly #day: WorkingDay;

  constructor(day: WorkingDay) {
    this.#day = day;
  }

  /** Laws 1 to 5, and 11, by asking the daemon and the vendor. */
  async askRunning(): Promise<void> {
    const { site, keeper, shelf, reports } = this.#day;
    // The client has to be back, with what it holds, and what it gave back may be on its way.
    await keeper?.status();
    await this.#day.allGivenBack();
    this.#holdsSeats((await site.admin.seats()).seats.map(({ lease }) => lease));
    const [desk] = (await site.admin.status()).vendors;
    this.#demand(desk?.meters[0]?.used === this.#day.units, 3, `${desk?.meters[0]?.used} units`);
    await this.#day.exported();
    this.#sealedOnce();
    const { events } = shelf;
    const gap = events.findIndex(({ id }, index) => id !== index + 1);
    this.#demand(gap < 0, 4, `event ${gap + 1} of ${events.length} is not there or not alone`);
    for (const { verdict, problems, findings, missingBlockCount } of reports) {
      const found = [...problems, ...findings].map((each) => JSON.stringify(each));
      const accepted = ["FIRST_VERIFIED", "EXTENDS"].includes(verdict);
      this.#demand(accepted && found.length === 0, 5, `${verdict} ${found.join(" ")}`);
      this.#demand(missingBlockCount === 0, 5, `${missingBlockCount} blocks are missing`);
    }
    await this.#recorded();
  }

  /** Laws 6 to 9, by the files that a stopped daemon has left. */
  async readFiles(): Promise<void> {
    const { site, heads } = this.#day;
    const { chain, state } = vendorFolder(dataFolder(site.config.dataDir), vendor);
    const ledger = sourceOf(readFileSync(chain));
    for (const { size, root } of heads) {
      const found = toHex(rootAt(ledger, size) ?? fromHex(""));
      this.#demand(found === toHex(root), 6, `the head of ${size} blocks is no prefix`);
    }
    this.#wroteOnce();
    const bytes = readFileSync(state);
    const slots = [bytes.subarray(0, SLOT_BYTES), bytes.subarray(SLOT_BYTES)];
    const valid = slots.filter((slot) => decodeSlot(slot) !== undefined).length;
    const zero = slots.filter((slot) => slot.every((byte) => byte === 0)).length;
    this.#demand(valid === 1 && zero === 1, 8, `${valid} valid and ${zero} empty slots`);
    const { problems } = await inspectLedger(site.config);
    this.#demand(problems.length === 0, 9, JSON.stringify(problems));
  }

  #holdsSeats(seats: readonly string[]): void {
    const { held, lost, unsure, keeper } = this.#day;
    const missing = held.filter((lease) => !seats.includes(lease));
    this.#demand(missing.length === 0, 1, `the daemon does not hold ${missing.join(" ")}`);
    this.#demand(lost.length === 0, 1, `the client was told that it lost ${lost.join(" ")}`);
    const others = seats.filter((lease) => !held.includes(lease));
    this.#demand(others.length <= unsure, 1, `${others.length} seats that nobody was given`);
    this.#demand(new Set(seats).size === seats.length, 1, "one lease twice");
    const known = keeper?.seats.map(({ leaseId }) => String(leaseId)) ?? [];
    this.#demand(
      held.every((lease) => known.includes(lease)),
      1,
      "the client has forgotten a seat",
    );
  }

  async #recorded(): Promise<void> {
    const check = new TrailCheck();
    for (const head of this.#day.shelf.trailHeads) check.expect(toHex(head));
    for (const record of await this.#day.trail()) check.visit(record);
    const { problems, found } = check.finish();
    this.#demand(problems.length === 0, 11, JSON.stringify(problems));
    this.#demand(found.length > 0, 11, "no head of the audit trail is sealed");
  }

  #sealedOnce(): void {
    const { granted, released, units, unsure, shelf } = this.#day;
    const grants: string[] = [];
    const ends: string[] = [];
    let counted = 0;
    for (const event of shelf.events) {
      if (event.type === "grant") grants.push(event.lease);
      if (event.type === "end") ends.push(event.lease);
      if (event.type === "usage") counted += event.units;
    }
    const missing = granted.filter((lease) => !grants.includes(lease));
    this.#demand(missing.length === 0, 2, `${missing.length} grants are not sealed`);
    this.#demand(new Set(grants).size === grants.length, 2, "one grant is sealed twice");
    this.#demand(
      grants.length <= granted.length + unsure,
      2,
      `${grants.length} grants are sealed and ${granted.length} were told`,
    );
    this.#demand(
      ends.toSorted().join(" ") === released.toSorted().join(" "),
      2,
      `ended ${ends.join(" ")} instead of ${released.join(" ")}`,
    );
    this.#demand(counted === units, 3, `${counted} units are sealed instead of ${units}`);
  }

  #wroteOnce(): void {
    const seen = new Map<number, string>();
    for (const bytes of writesOn(this.#day.site.tapePath)) {
      // What a torn write has left may be too short to tell its place.
      if (bytes.length < HEADER_BYTES) continue;
      const { index } = decodeHeader(bytes);
      const [hex, before = ""] = [toHex(bytes), seen.get(index)];
      const [shorter, longer] = hex.length < before.length ? [hex, before] : [before, hex];
      this.#demand(longer.startsWith(shorter), 7, `two different blocks ${index} were written`);
      seen.set(index, longer);
    }
  }

  #demand(held: boolean, law: number, violation: string): void {
    if (!held) this.violations.push(`law ${law}: ${violation}`);
  }
}
