import { unixMillis } from "../../src/base/time.ts";
import type {
  AckedLedger,
  AckedSegment,
  AckedState,
  Activation,
  IssuedReceipt,
} from "../../src/bundle/known-ledger.ts";
import { writeReceipt } from "../../src/bundle/receipt.ts";
import { VERDICT_FACTS } from "../../src/bundle/verdict.ts";
import { verifyBundle } from "../../src/bundle/verify.ts";
import type { OpenedBlock, VerifyInput, VerifyReport } from "../../src/bundle/verify-input.ts";
import type { ByteSource } from "../../src/ledger/ports.ts";
import { issuer, issuerKey, minute, noon, secrets, seeded, vendorName } from "./given.ts";

export const sourceOf = (bytes: Uint8Array): ByteSource => ({
  length: bytes.length,
  read: (offset, length) => {
    if (offset + length > bytes.length) throw new Error("read beyond the end");
    return bytes.slice(offset, offset + length);
  },
});

/** A vendor's desk: what it knows of one ledger, and its ingest as one transaction. */
export class Vendor {
  readonly #activation: Activation;
  readonly #segments = new Map<number, AckedSegment>();
  readonly receipts: IssuedReceipt[] = [];
  /** Event ids in the order in which they were counted. */
  readonly counted: number[] = [];
  state: AckedState | undefined;

  constructor(activation: Activation) {
    this.#activation = activation;
  }

  get acked(): AckedLedger | undefined {
    const { state } = this;
    return (
      state && {
        state,
        segment: (number) => this.#segments.get(number),
        segmentAt: (index) =>
          [...this.#segments.values()]
            .toSorted((left, right) => left.row.index - right.row.index)
            .findLast((segment) => segment.row.index <= index),
      }
    );
  }

  /** Looks at a bundle and keeps nothing. */
  verify(bundle: Uint8Array, changes: Partial<VerifyInput> = {}): VerifyReport {
    return verifyBundle(sourceOf(bundle), this.#input(changes));
  }

  /** Counts what the verdict lets count. */
  ingest(bundle: Uint8Array): VerifyReport {
    const blocks: OpenedBlock[] = [];
    const segments: AckedSegment[] = [];
    const report = this.verify(bundle, {
      visitor: {
        block: (block) => void blocks.push(block),
        segment: (segment) => void segments.push(segment),
      },
    });
    if (VERDICT_FACTS[report.verdict].counts !== "yes" || !report.next) return report;
    this.state = report.next;
    for (const segment of segments) this.#segments.set(segment.row.segment, segment);
    for (const { payload } of blocks) {
      if (payload.type !== "checkpoint" || payload.meta.detail !== "events") continue;
      const { firstEventId, count } = payload.meta;
      for (let id = firstEventId; id < firstEventId + count; id += 1) this.counted.push(id);
    }
    return report;
  }

  /** Counts, and writes the receipt for the site. */
  acknowledge(bundle: Uint8Array): string {
    const { checkpoint, verdict } = this.ingest(bundle);
    if (checkpoint === undefined) throw new Error(`nothing to acknowledge: ${verdict}`);
    const receiptNo = this.receipts.length + 1;
    const nonce = seeded(`nonce ${receiptNo}`);
    const text = writeReceipt(
      {
        vendor: vendorName,
        chainId: this.#activation.chainId,
        receiptNo,
        head: checkpoint,
        vendorTime: unixMillis(noon + minute * receiptNo),
        nonce,
        issuer,
      },
      issuerKey,
    );
    this.receipts.push({ receiptNo, nonce, text });
    return text;
  }

  #input(changes: Partial<VerifyInput>): VerifyInput {
    return {
      activation: this.#activation,
      secrets,
      acked: this.acked,
      receipts: this.receipts,
      now: unixMillis(noon + 60 * minute),
      ...changes,
    };
  }
}
