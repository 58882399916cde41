import type {
  AckedLedger,
  AckedSegment,
  AckedState,
  IssuedReceipt,
} from "../../src/bundle/known-ledger.ts";
import type { VerifyReport } from "../../src/bundle/verify-input.ts";
import { randomBytes } from "../../src/crypto/random.ts";
import type { Payload, SealedEvent } from "../../src/ledger/payload.ts";
import type { ActivationRequest } from "../../src/license/activation-request.ts";
import { ingest, receiptFor } from "../daemon/at-the-vendor.ts";

/** What the vendor knows of one site: which blocks it has counted, and what it said about them. */
export class VendorShelf {
  readonly #request: ActivationRequest;
  readonly #segments = new Map<number, AckedSegment>();
  readonly #receipts: IssuedReceipt[] = [];
  readonly #payloads: Payload[] = [];
  #state: AckedState | undefined;

  constructor(request: ActivationRequest) {
    this.#request = request;
  }

  /** Everything that was counted, in order. */
  get events(): readonly SealedEvent[] {
    return this.#payloads.flatMap((payload) =>
      payload.type === "checkpoint" && "events" in payload ? payload.events : [],
    );
  }

  /** Of the site's audit trail, as checkpoints have them. */
  get trailHeads(): readonly Uint8Array[] {
    return this.#payloads.flatMap((payload) =>
      payload.type === "checkpoint" ? (payload.meta.trailHead ?? []) : [],
    );
  }

  /** Counts what the bundle brings that was not counted before. */
  take(bundle: Uint8Array): VerifyReport {
    const acked = this.#acked;
    const receipts = this.#receipts;
    const { report, payloads, segments } = ingest(bundle, this.#request, { acked, receipts });
    if (report.next === undefined) return report;
    this.#state = report.next;
    for (const segment of segments) this.#segments.set(segment.row.segment, segment);
    this.#payloads.push(...payloads);
    return report;
  }

  receipt(report: VerifyReport): Uint8Array {
    const receiptNo = this.#receipts.length + 1;
    const nonce = randomBytes(32);
    const note = receiptFor(report, receiptNo, nonce);
    this.#receipts.push({ receiptNo, nonce, text: new TextDecoder().decode(note) });
    return note;
  }

  get #acked(): AckedLedger | undefined {
    const state = this.#state;
    if (state === undefined) return undefined;
    const inOrder = [...this.#segments.values()].toSorted(
      (left, right) => left.row.index - right.row.index,
    );
    return {
      state,
      segment: (number) => this.#segments.get(number),
      segmentAt: (index) => inOrder.findLast(({ row }) => row.index <= index),
    };
  }
}
