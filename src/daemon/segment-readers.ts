import { sealingKeyId } from "../crypto/key-id.ts";
import type { Log } from "../log/log.ts";
import type { Store, StoreRecord } from "../store/database.ts";

export interface SegmentReadersParts {
  readonly vendor: string;
  readonly store: Store;
  readonly log: Log;
  /** X25519 keys of those who may read beside the vendor, by licenses and configuration of this moment. */
  readonly auditors: () => readonly Uint8Array[];
  /** Key ids of those for whom the running segment was sealed; undefined when that is not known. */
  readonly readers: readonly string[] | undefined;
}

/** For whom segments are sealed beside the vendor, and when one must begin because others are to read. */
export class SegmentReaders {
  readonly #parts: SegmentReadersParts;
  #current: readonly string[];

  constructor(parts: SegmentReadersParts) {
    this.#parts = parts;
    this.#current = parts.readers ?? [];
  }

  /** Key ids of the auditors who can read the next block, if no segment begins with it. */
  get current(): readonly string[] {
    return this.#current;
  }

  /** Key ids of the auditors for whom the next segment would be sealed. */
  get wanted(): readonly string[] {
    return this.#parts.auditors().map(sealingKeyId);
  }

  /**
   * Whether others are to read than can, and no segment was opened for such a change on that day: the
   * vendor bounds the number of segments by the days. A second change waits for the next segment.
   * @param day of UTC, as segments count days.
   */
  isChangeDue(day: string): boolean {
    if (isSame(this.wanted, this.#current)) return false;
    return this.#parts.store.meta(this.#key) !== day;
  }

  /** To be kept in the transaction of a segment that begins because of a change. */
  changedOn(day: string): StoreRecord {
    return { kind: "meta", key: this.#key, value: day };
  }

  /** A segment that was sealed for these keys is in force. */
  follow(recipients: readonly Uint8Array[]): void {
    const { vendor, log } = this.#parts;
    const readers = recipients.map(sealingKeyId);
    if (!isSame(readers, this.#current))
      log.info("auditors.changed", { vendor, auditors: readers });
    this.#current = readers;
  }

  get #key(): string {
    return `auditors changed ${this.#parts.vendor}`;
  }
}

const isSame = (left: readonly string[], right: readonly string[]): boolean =>
  left.join(" ") === right.join(" ");
