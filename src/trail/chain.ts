import { equalBytes, fromHex, toHex, utf8 } from "../base/bytes.ts";
import { sha256 } from "../crypto/hash.ts";
import { type TrailCode, TrailError } from "./errors.ts";
import { readRecord, type TrailRecord } from "./record.ts";

/** A record as it is kept and travels. */
export interface ChainedRecord {
  readonly text: string;
  /** {@link chainHash} of the record before and this one's text. */
  readonly hash: Uint8Array;
}

/** What stands before the first record. */
export const TRAIL_START: Uint8Array = new Uint8Array(32);

/** The act of a record that says what the retention has removed: everything up to its `through`. */
export const FORGOTTEN = "trail.forgotten";

/** `SHA-256("seatkeeper/trail" ‖ 00 ‖ hash before ‖ text)`. */
export function chainHash(before: Uint8Array, text: string): Uint8Array {
  return sha256(DOMAIN, before, utf8(text));
}

const DOMAIN = utf8("seatkeeper/trail\0");

/** One thing that is wrong, with the record at which it shows. */
export interface TrailProblem {
  readonly code: TrailCode;
  /** Null where a record is missing that nobody has. */
  readonly seq: number | null;
  readonly detail: string;
}

export interface TrailReport {
  readonly records: number;
  /** The number of the first one and of the last; null without any. */
  readonly first: number | null;
  readonly last: number | null;
  /** The hash of the last record, in hex; null without any. */
  readonly head: string | null;
  /** Known heads that were found in it, in hex. */
  readonly found: readonly string[];
  readonly problems: readonly TrailProblem[];
}

/** The first record of a trail whose beginning the retention has removed. */
interface Opening extends ChainedRecord {
  readonly seq: number;
}

/**
 * Checks records in the order in which they come: each must continue the one before. One that was
 * changed shows at itself, or at the next where its hash was made anew; where all were made anew, at
 * the heads that others know.
 */
export class TrailCheck {
  readonly #wanted: Set<string> = new Set();
  readonly #found: string[] = [];
  readonly #problems: TrailProblem[] = [];
  /** There while no record has vouched for what was before it. */
  #opening: Opening | undefined;
  #before: Uint8Array | undefined;
  #expectedLast: string | undefined;
  #records = 0;
  #first: number | null = null;
  #last: number | null = null;

  /** @param head in hex, from a ledger, an older export or a note on paper: the trail must have it. */
  expect(head: string): void {
    this.#wanted.add(head.toLowerCase());
  }

  /** As {@link expect}, of the head that whoever writes the trail remembers: nothing may be behind it or missing. */
  expectLast(head: string): void {
    this.#expectedLast = head;
  }

  visit(each: ChainedRecord): void {
    this.#records += 1;
    const record = this.#readable(each.text);
    // A record that cannot be read keeps its place: what follows is held against its hash.
    const seq = record?.seq ?? (this.#last ?? 0) + 1;
    if (record !== undefined && !this.#isInPlace(record, each)) return;
    this.#first ??= seq;
    this.#last = seq;
    this.#before = each.hash;
    if (record !== undefined) this.#vouch(record);
    this.#meet(toHex(each.hash));
  }

  finish(): TrailReport {
    if (this.#opening !== undefined) {
      const detail = `records 1 to ${this.#opening.seq - 1} are gone, and no record says so`;
      this.#add("TRAIL_CUT", this.#opening.seq, detail);
    }
    for (const head of this.#wanted) {
      this.#add("TRAIL_OTHER_HEAD", null, `no record has the known head ${head}`);
    }
    const head = this.#before === undefined ? null : toHex(this.#before);
    if (this.#expectedLast !== undefined && this.#expectedLast !== head) {
      const detail = "the newest record is not the one that the daemon wrote last";
      this.#add("TRAIL_CUT", this.#last, detail);
    }
    return {
      records: this.#records,
      first: this.#first,
      last: this.#last,
      head,
      found: this.#found,
      problems: this.#problems,
    };
  }

  #readable(text: string): TrailRecord | undefined {
    try {
      return readRecord(text);
    } catch (error) {
      if (!(error instanceof TrailError)) throw error;
      this.#add("TRAIL_FORMAT", (this.#last ?? 0) + 1, error.message);
      return undefined;
    }
  }

  /** @returns false for one that belongs elsewhere: what follows does not go on from it. */
  #isInPlace({ seq }: TrailRecord, { text, hash }: ChainedRecord): boolean {
    if (this.#last === null && seq > 1) {
      this.#opening = { seq, text, hash };
      return true;
    }
    const expected = (this.#last ?? 0) + 1;
    if (seq < expected) {
      this.#add("TRAIL_ORDER", seq, `it stands where record ${expected} belongs`);
      return false;
    }
    if (seq > expected) {
      this.#add("TRAIL_CUT", seq, `records ${expected} to ${seq - 1} are missing before it`);
    } else if (!equalBytes(chainHash(this.#before ?? TRAIL_START, text), hash)) this.#changed(seq);
    return true;
  }

  /** A record about the retention says with which hash the removed ones ended. */
  #vouch({ act, about }: TrailRecord): void {
    const { through, head } = about;
    if (act !== FORGOTTEN || typeof head !== "string" || !HEX_HASH.test(head)) return;
    this.#meet(head);
    const opening = this.#opening;
    if (opening === undefined || through !== opening.seq - 1) return;
    this.#opening = undefined;
    const { seq, text, hash } = opening;
    if (!equalBytes(chainHash(fromHex(head), text), hash)) this.#changed(seq);
  }

  #meet(head: string): void {
    if (this.#wanted.delete(head)) this.#found.push(head);
  }

  #changed(seq: number): void {
    this.#add("TRAIL_CHANGED", seq, "it is not what was written after the record before it");
  }

  #add(code: TrailCode, seq: number | null, detail: string): void {
    this.#problems.push({ code, seq, detail });
  }
}

const HEX_HASH = /^[\da-f]{64}$/;
