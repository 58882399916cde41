import { equalBytes } from "../base/bytes.ts";
import { days, type Millis, minutes, type UnixMillis } from "../base/time.ts";
import type {
  Clocks,
  ExportPayload,
  Payload,
  ReceiptPayload,
  StartPayload,
} from "../ledger/payload.ts";
import type { Readers } from "../ledger/readers.ts";
import { type Finding, isIncident } from "./finding.ts";
import type { HistoryState, IssuedReceipt } from "./known-ledger.ts";
import type { Problems } from "./problems.ts";

/** Clock differences up to this are corrections of a time service, not anomalies. */
const CLOCK_TOLERANCE: Millis = minutes(5);
/** How far a site's clock may be ahead of the vendor's before it is remarked. */
const CLOCK_AHEAD_TOLERANCE: Millis = days(1);

/** Findings listed one by one. Beyond them only the total goes on. */
const LISTED = 1_000;

export interface HistoryInput {
  readonly state: HistoryState;
  readonly receipts: readonly IssuedReceipt[];
  /** The vendor's wall clock. */
  readonly now: UnixMillis;
  /** Undefined when no license is compared. */
  readonly auditorAllowed?: boolean | undefined;
}

/** Step V10: what the payloads of the new blocks tell about the site, one after another. */
export class History {
  readonly #receipts: ReadonlyMap<number, IssuedReceipt>;
  readonly #now: UnixMillis;
  readonly #problems: Problems;
  readonly #findings: Finding[] = [];
  #state: HistoryState;
  #lastType: Payload["type"] | undefined;
  #count = 0;
  #hasIncidents = false;
  #mayHaveAuditors: boolean;

  constructor(input: HistoryInput, problems: Problems) {
    this.#state = input.state;
    this.#receipts = new Map(input.receipts.map((receipt) => [receipt.receiptNo, receipt]));
    this.#now = input.now;
    this.#problems = problems;
    this.#mayHaveAuditors = input.auditorAllowed !== false;
  }

  get state(): HistoryState {
    return this.#state;
  }

  get findings(): readonly Finding[] {
    return this.#findings;
  }

  /** All findings, also those not listed. */
  get count(): number {
    return this.#count;
  }

  /** True when a finding asks for a person's eye. */
  get hasIncidents(): boolean {
    return this.#hasIncidents;
  }

  accept(payload: Payload, index: number): void {
    this.#lastType = payload.type;
    switch (payload.type) {
      case "genesis":
        this.#update({ hostHash: payload.hostHash });
        return;
      case "checkpoint":
        this.#acceptClocks(payload.meta.clocks, index);
        return;
      case "heartbeat":
        this.#acceptClocks(payload.clocks, index);
        return;
      case "receipt":
        this.#acceptReceipt(payload, index);
        return;
      case "export":
        this.#acceptExport(payload, index);
        return;
      case "start":
        this.#acceptStart(payload, index);
        return;
      case "incident":
        this.#find({ kind: "INCIDENT", index, code: payload.code, count: payload.count });
        return;
      case "segment":
      case "close":
    }
  }

  /** Who can read the segment that begins here. The list is under the tags of its SEGMENT block. */
  acceptReaders({ auditors }: Readers, index: number): void {
    if (auditors.join(" ") !== this.#state.auditors.join(" ")) {
      this.#find({ kind: "AUDITORS_CHANGED", index, auditors });
    }
    if (auditors.length > 0 && !this.#mayHaveAuditors) {
      this.#find({ kind: "AUDITOR_NOT_ALLOWED", index, auditors });
      this.#mayHaveAuditors = true;
    }
    this.#update({ auditors });
  }

  /** After the last block. */
  finish(size: number): void {
    if (this.#lastType !== undefined && this.#lastType !== "export") {
      this.#find({ kind: "EXPORT_ABSENT", index: size - 1 });
    }
    const newest = Math.max(0, ...this.#receipts.keys());
    if (newest > this.#state.receiptNo) this.#find({ kind: "RECEIPT_PENDING", receiptNo: newest });
  }

  /** The end of the ledger is not proven, and was agreed on. */
  endByWord(size: number): void {
    this.#find({ kind: "END_UNPROVEN", index: size - 1 });
  }

  /** A RECEIPT block is the note itself, so it is one this vendor gave, or a conflict. */
  #acceptReceipt(payload: ReceiptPayload, index: number): void {
    const { receiptNo, note } = payload;
    const issued = this.#receipts.get(receiptNo);
    if (issued?.text !== note || receiptNo <= this.#state.receiptNo) {
      this.#problems.add("RECEIPT_CONFLICT", `receipt ${receiptNo} was not given like this`, index);
    }
    this.#update({ receiptNo: Math.max(receiptNo, this.#state.receiptNo) });
  }

  #acceptExport(payload: ExportPayload, index: number): void {
    const { exportNo, sizeBefore, hostHash } = payload;
    if (!this.#carriesReceipt(payload)) {
      const detail = "the export does not carry the mark of the newest receipt in the ledger";
      this.#problems.add("RECEIPT_CONFLICT", detail, index);
    }
    if (this.#state.hostHash && !equalBytes(hostHash, this.#state.hostHash)) {
      const detail = "the host changed although no start on another host is recorded";
      this.#problems.add("CLONE_SUSPECTED", detail, index);
    }
    if (exportNo <= this.#state.exportNo || sizeBefore !== index) {
      this.#find({ kind: "EXPORT_NUMBER", index, exportNo });
    }
    this.#update({ exportNo: Math.max(exportNo, this.#state.exportNo) });
  }

  #carriesReceipt({ lastReceiptNo, receiptNonce }: ExportPayload): boolean {
    if ((lastReceiptNo ?? 0) !== this.#state.receiptNo) return false;
    if (lastReceiptNo === null) return receiptNonce === null;
    const issued = this.#receipts.get(lastReceiptNo);
    return issued !== undefined && receiptNonce !== null && equalBytes(receiptNonce, issued.nonce);
  }

  #acceptStart({ hostHash }: StartPayload, index: number): void {
    if (this.#state.hostHash && !equalBytes(hostHash, this.#state.hostHash)) {
      this.#find({ kind: "HOST_CHANGED", index });
    }
    this.#update({ hostHash });
  }

  /** Time is the site's word. What contradicts itself is remarked, and is never a verdict of forgery. */
  #acceptClocks(clocks: Clocks, index: number): void {
    const before = this.#state.clocks;
    const behind = clocks.highWater - clocks.wall;
    const ahead = clocks.wall - this.#now;
    if (before) this.#compareClocks(before, clocks, index);
    if (behind > CLOCK_TOLERANCE) this.#find({ kind: "CLOCK_BEHIND", index, millis: behind });
    if (ahead > CLOCK_AHEAD_TOLERANCE) this.#find({ kind: "CLOCK_AHEAD", index, millis: ahead });
    this.#update({ clocks });
  }

  #compareClocks(before: Clocks, clocks: Clocks, index: number): void {
    const wall = clocks.wall - before.wall;
    if (wall + CLOCK_TOLERANCE < 0) this.#find({ kind: "CLOCK_BACK", index, millis: -wall });
    // Boot time includes sleep. The monotonic clock does not, so against it a night asleep would
    // look like a jump.
    if (before.boottime === null || clocks.boottime === null) return;
    if (before.bootId !== clocks.bootId) return;
    const jump = wall - (clocks.boottime - before.boottime);
    if (jump > CLOCK_TOLERANCE) this.#find({ kind: "CLOCK_JUMP", index, millis: jump });
  }

  #update(change: Partial<HistoryState>): void {
    this.#state = { ...this.#state, ...change };
  }

  #find(finding: Finding): void {
    this.#count += 1;
    this.#hasIncidents ||= isIncident(finding);
    if (this.#findings.length < LISTED) this.#findings.push(finding);
  }
}
