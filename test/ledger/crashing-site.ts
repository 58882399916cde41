import { equalBytes, toHex } from "../../src/base/bytes.ts";
import type { UsageEvent } from "../../src/base/usage-event.ts";
import { decodeHeader } from "../../src/ledger/block.ts";
import type { BlockDraft } from "../../src/ledger/draft.ts";
import type { LedgerFiles, OutboxRow } from "../../src/ledger/ports.ts";
import { chainSource } from "../../src/ledger/reader.ts";
import { SealedLedger } from "../../src/ledger/sealed-ledger.ts";
import { decodeSlot } from "../../src/ledger/state.ts";
import { Crash, type Dice, FakeDisk } from "./disk.ts";
import { checkpoint, genesis, grant, segment, vendorSecret } from "./given.ts";
import { walkAsVendor } from "./vendor-walk.ts";

/** What is wrong with the ledger under test: calls that its disk swallows, rows that it forgets. */
export interface Bug {
  /** True for a call that has no effect. `recovering` tells whether the ledger is being opened. */
  readonly drops?: (call: DiskCall, recovering: boolean) => boolean;
  readonly forgetsOutbox?: boolean;
}

interface DiskCall {
  readonly name: "writeSlot" | "syncState" | "appendAt" | "syncChain" | "setAside";
  /** A slot write of zeros. */
  readonly erasing: boolean;
  /** The call before was a slot write of zeros. */
  readonly afterErasing: boolean;
}

/** The database, as far as the ledger sees it: each transaction happens or does not. */
interface Database {
  readonly outbox: readonly OutboxRow[];
  readonly pending: readonly UsageEvent[];
  readonly nextId: number;
}

/**
 * A site that uses its ledger, stops in the middle of things and starts again, and everything one
 * may demand of what it then finds.
 */
export class CrashingSite {
  readonly disk: FakeDisk = new FakeDisk();
  readonly #dice: Dice;
  readonly #bug: Bug;
  readonly #released: { readonly size: number; readonly root: Uint8Array }[] = [];
  #database: Database = { outbox: [], pending: [], nextId: 1 };
  #files: BuggyFiles;
  #ledger: SealedLedger;
  #recovering = false;
  #stopAtCommit: "before" | "after" | undefined;
  crashes = 0;

  constructor(dice: Dice, bug: Bug) {
    this.#dice = dice;
    this.#bug = bug;
    this.disk.dice = dice;
    this.#files = this.#buggyFiles();
    this.#ledger = SealedLedger.create(this.#files, genesis(), "acme.example");
  }

  /** One piece of work, which the machine may not live through. */
  step(): void {
    this.#plantCrash(8);
    try {
      this.#work();
      this.#stopAtCommit = undefined;
      this.disk.stopAt = undefined;
    } catch (error) {
      if (!wasCrash(error)) throw error;
      this.#restart();
    }
  }

  /** Throws when anything at all is not as it must be. */
  check(): void {
    this.#checkSlots();
    const source = chainSource(this.disk);
    const walked = walkAsVendor(source, vendorSecret);
    const sealed = walked.payloads.flatMap((payload) =>
      payload.type === "checkpoint" && payload.meta.detail === "events" && "events" in payload
        ? payload.events.map(({ id }) => id)
        : [],
    );
    const all = [...sealed, ...this.#database.pending.map(({ id }) => id)];
    demand(
      all.every((id, at) => id === at + 1),
      `events ${all.join(" ")}`,
    );
    demand(all.length === this.#database.nextId - 1, "an event is lost");
    demand(walked.roots.length === this.#ledger.size, "size differs");
    for (const { size, root } of this.#released) {
      demand(
        equalBytes(walked.roots[size - 1] ?? root.subarray(1), root),
        `head ${size} is broken`,
      );
    }
    demand(walked.tipMatches(this.#ledger.tip()), "the tip does not match");
    this.#checkOldKeys(walked.authKeys);
    this.#checkCiphertexts();
  }

  #work(): void {
    const choice = this.#dice(10);
    if (choice < 3) return this.#use();
    if (choice < 8) return this.#seal();
    if (choice === 8) return this.#append(segment(`segment ${this.disk.calls}`));
    return this.#append(this.#receipt());
  }

  #use(): void {
    const { pending, nextId } = this.#database;
    this.#commit({ ...this.#database, pending: [...pending, grant(nextId)], nextId: nextId + 1 });
  }

  #seal(): void {
    const { pending } = this.#database;
    const events = pending.slice(0, this.#dice(pending.length + 1));
    this.#append(checkpoint(events), pending.slice(events.length));
  }

  #append(draft: BlockDraft, pending: readonly UsageEvent[] = this.#database.pending): void {
    const prepared = this.#ledger.prepare(draft);
    if (this.#dice(8) === 0) {
      // The transaction was rolled back, and what is tried next is something else.
      this.#ledger.abandon(prepared);
      return this.#use();
    }
    this.#commit({ ...this.#database, outbox: [prepared.outbox], pending });
    this.#files.begin();
    this.#ledger.publish(prepared);
    this.#checkSlots();
    this.#release();
  }

  #commit(next: Database): void {
    const stop = this.#stopAtCommit;
    this.#stopAtCommit = undefined;
    if (stop === "before") throw new Crash();
    this.#database = next;
    if (stop === "after") throw new Crash();
  }

  #restart(): void {
    for (let attempt = 0; ; attempt += 1) {
      this.crashes += 1;
      this.disk.restart(this.#dice(2) === 0 ? "killed" : "power lost");
      // Recovery itself is cut off too, a few times.
      if (attempt < 4) this.#plantCrash(this.#dice(2) === 0 ? 3 : 10);
      try {
        this.#open();
        break;
      } catch (error) {
        if (!wasCrash(error)) throw error;
      }
    }
    this.disk.stopAt = undefined;
    this.#stopAtCommit = undefined;
    this.#release();
    this.check();
  }

  #open(): void {
    this.#recovering = true;
    this.#files = this.#buggyFiles();
    const outbox = this.#bug.forgetsOutbox ? [] : this.#database.outbox;
    const { ledger, findings } = SealedLedger.open(this.#files, outbox, {
      vendorName: "acme.example",
    });
    demand(findings.length === 0, `incident ${findings.map(({ code }) => code).join(" ")}`);
    this.#recovering = false;
    this.#ledger = ledger;
  }

  #buggyFiles(): BuggyFiles {
    return new BuggyFiles(this.disk, (call) => this.#bug.drops?.(call, this.#recovering) ?? false);
  }

  #plantCrash(within: number): void {
    if (this.#dice(3) === 0) return;
    this.disk.stopInside = this.#dice(2) === 0;
    this.disk.stopAt = this.disk.calls + this.#dice(within);
    this.#stopAtCommit = ([undefined, undefined, "before", "after"] as const)[this.#dice(4)];
  }

  #release(): void {
    this.#released.push({ size: this.#ledger.size, root: this.#ledger.root });
  }

  #receipt(): BlockDraft {
    const { size: ackSize, root: ackRoot } = this.#ledger;
    return { type: "receipt", note: "a note", receiptNo: 1, ackSize, ackRoot };
  }

  #checkSlots(): void {
    const slots = this.disk.durableSlots();
    const valid = slots.filter((slot) => decodeSlot(slot) !== undefined).length;
    const zero = slots.filter((slot) => slot.every((byte) => byte === 0)).length;
    demand(valid === 1 && zero === 1, `${valid} valid and ${zero} empty slots`);
  }

  #checkOldKeys(authKeys: readonly string[]): void {
    const state = toHex(this.disk.state.medium);
    const old = authKeys.slice(1, -1).findIndex((key) => state.includes(key));
    demand(old < 0, `the key of block ${old + 1} is still on the medium`);
  }

  #checkCiphertexts(): void {
    const seen = new Map<number, string>();
    for (const bytes of this.disk.chainWrites) {
      const { index } = decodeHeader(bytes);
      const hex = toHex(bytes);
      demand((seen.get(index) ?? hex) === hex, `two different blocks ${index} met the medium`);
      seen.set(index, hex);
    }
  }
}

/** A port in front of a disk that swallows some calls. */
class BuggyFiles implements LedgerFiles {
  readonly #disk: FakeDisk;
  readonly #drops: (call: DiskCall) => boolean;
  #afterErasing = false;

  constructor(disk: FakeDisk, drops: (call: DiskCall) => boolean) {
    this.#disk = disk;
    this.#drops = drops;
  }

  begin(): void {
    this.#afterErasing = false;
  }

  readSlot(slot: 0 | 1): Uint8Array {
    return this.#disk.readSlot(slot);
  }

  writeSlot(slot: 0 | 1, bytes: Uint8Array): void {
    const erasing = bytes.every((byte) => byte === 0);
    this.#pass("writeSlot", erasing, () => this.#disk.writeSlot(slot, bytes));
  }

  syncState(): void {
    this.#pass("syncState", false, () => this.#disk.syncState());
  }

  appendAt(offset: number, bytes: Uint8Array): void {
    this.#pass("appendAt", false, () => this.#disk.appendAt(offset, bytes));
  }

  syncChain(): void {
    this.#pass("syncChain", false, () => this.#disk.syncChain());
  }

  chainLength(): number {
    return this.#disk.chainLength();
  }

  readChain(offset: number, length: number): Uint8Array {
    return this.#disk.readChain(offset, length);
  }

  setAside(offset: number): void {
    this.#pass("setAside", false, () => this.#disk.setAside(offset));
  }

  #pass(name: DiskCall["name"], erasing: boolean, act: () => void): void {
    const call = { name, erasing, afterErasing: this.#afterErasing };
    this.#afterErasing = erasing;
    if (!this.#drops(call)) act();
  }
}

function wasCrash(error: unknown): boolean {
  return error instanceof Crash || (error instanceof Error && error.cause instanceof Crash);
}

function demand(held: boolean, violation: string): void {
  if (!held) throw new Error(violation);
}

/** A die that falls the same way in every run with this seed (mulberry32). */
export function diceOf(seed: number): Dice {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
