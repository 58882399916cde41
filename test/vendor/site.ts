import { toHex, utf8 } from "../../src/base/bytes.ts";
import { unixMillis } from "../../src/base/time.ts";
import type { OpenSeatTime, UsageEvent } from "../../src/base/usage-event.ts";
import { type BundleParts, selectBlocks, writeBundle } from "../../src/bundle/bundle.ts";
import { type Receipt, readReceipt } from "../../src/bundle/receipt.ts";
import { type Signer, signerFromSeed } from "../../src/crypto/ed25519.ts";
import { sha256 } from "../../src/crypto/hash.ts";
import { randomBytes } from "../../src/crypto/random.ts";
import { blockLeaf } from "../../src/ledger/block.ts";
import type { DirectoryRow } from "../../src/ledger/directory.ts";
import type { BlockDraft } from "../../src/ledger/draft.ts";
import { type Genesis, makeGenesis } from "../../src/ledger/genesis.ts";
import type { Detail, Predecessor, SegmentReason } from "../../src/ledger/payload.ts";
import type { OutboxRow } from "../../src/ledger/ports.ts";
import { chainSource, readBlocks } from "../../src/ledger/reader.ts";
import { SealedLedger } from "../../src/ledger/sealed-ledger.ts";
import {
  type ActivationRequest,
  writeActivationRequest,
} from "../../src/license/activation-request.ts";
import { PROOFS_PER_REQUEST, type ShownLedger } from "../../src/license/shown-ledger.ts";
import type { VendorFile } from "../../src/license/vendor-file.ts";
import { consistencyProof } from "../../src/merkle/proof.ts";
import { signHead } from "../../src/note/checkpoint.ts";
import { MemoryFiles } from "../bundle/memory-files.ts";
import { type Happening, minute, noon } from "./given.ts";

/** A customer's site as the vendor meets it: its request, its bundles. A real ledger in memory. */
export class Site {
  /** Who reads the segments that begin, beside the vendor. */
  auditors: readonly Uint8Array[] = [];
  readonly genesis: Genesis;
  readonly daemon: Signer;
  readonly #vendor: VendorFile;
  #files: MemoryFiles = new MemoryFiles();
  #ledger: SealedLedger;
  #directory: DirectoryRow[];
  readonly #hostHash: Uint8Array = sha256(utf8("a host"));
  readonly #inUse = new Map<string, number>();
  #receipt: Receipt | undefined;
  #exportNo = 0;
  #nextEvent = 1;
  #clock: number = noon;
  #newest: OutboxRow | undefined;

  /** `seatkeeper init --vendor FILE`. */
  constructor(
    vendor: VendorFile,
    sealingKey: Uint8Array = newestSealingKey(vendor),
    before: {
      readonly daemon?: Signer;
      readonly predecessor?: Predecessor;
      readonly genesis?: Genesis;
    } = {},
  ) {
    this.#vendor = vendor;
    this.daemon = before.daemon ?? signerFromSeed(randomBytes(32));
    const { genesis = this.#begin(sealingKey, before.predecessor) } = before;
    this.genesis = genesis;
    this.#ledger = SealedLedger.create(this.#files, genesis, vendor.name);
    this.#directory = [genesis.directoryRow];
  }

  #begin(sealingKey: Uint8Array, predecessor: Predecessor | undefined): Genesis {
    const { name: vendorName } = this.#vendor;
    return makeGenesis({
      vendorName,
      sealingKey,
      daemonKey: this.daemon.publicKey,
      hostHash: this.#hostHash,
      requestId: "request-1",
      createdAt: noon,
      ...(predecessor === undefined ? {} : { predecessor }),
      random: randomBytes,
    });
  }

  /** What an administrator has who copies the whole data folder. */
  copy(): Site {
    const { daemon, genesis } = this;
    const copy = new Site(this.#vendor, newestSealingKey(this.#vendor), { daemon, genesis });
    copy.#files = this.#files.copy();
    const outbox = this.#newest === undefined ? [] : [this.#newest];
    const vendorName = this.#vendor.name;
    copy.#ledger = SealedLedger.open(copy.#files, outbox, { vendorName }).ledger;
    copy.#directory = [...this.#directory];
    copy.#receipt = this.#receipt;
    copy.#exportNo = this.#exportNo;
    copy.#nextEvent = this.#nextEvent;
    copy.#clock = this.#clock;
    copy.#newest = this.#newest;
    for (const [feature, used] of this.#inUse) copy.#inUse.set(feature, used);
    return copy;
  }

  /** The head of this moment, as a workstation remembers it. */
  get head(): string {
    return this.#head(this.#ledger.size, this.#ledger.root);
  }

  /** `seatkeeper license request`, with `changes` to what an honest site would write. */
  request(changes: Partial<ActivationRequest> = {}): string {
    const fields = {
      vendor: this.#vendor.name,
      chainId: this.genesis.chainId,
      daemonKey: this.daemon.publicKey,
      genesisBlock: this.genesis.block,
      head: this.#head(1, this.genesis.leaf),
      host: { hash: toHex(this.#hostHash), parts: ["machine-id"] },
      product: { name: "seatkeeper", version: "0.1.0" },
      createdAt: noon,
      ...changes,
    };
    return writeActivationRequest(fields, this.daemon);
  }

  /** Blocks. */
  get size(): number {
    return this.#ledger.size;
  }

  /** What the newest receipt that was taken says. */
  get acknowledged(): { readonly size: number; readonly root: Uint8Array } {
    return { size: this.#ledger.ackSize, root: this.#ledger.ackRoot };
  }

  /** What `seatkeeper license request --renew` shows, with proofs from every size. */
  shown(): ShownLedger {
    const leaves = [...readBlocks(chainSource(this.#files))].map(({ block }) =>
      blockLeaf(block.bytes),
    );
    const { size, root } = this.#ledger;
    return {
      head: this.headOf(size, root),
      receipt: this.#receipt === undefined ? null : shownReceipt(this.#receipt),
      proofs: leaves.slice(0, PROOFS_PER_REQUEST).map((_leaf, index) => ({
        size: index + 1,
        hashes: consistencyProof(index + 1, leaves),
      })),
    };
  }

  /** A head as the daemon signs it, true or not. */
  headOf(size: number, root: Uint8Array): string {
    return this.#head(size, root);
  }

  /** One checkpoint, `minutes` after the last. */
  checkpoint(
    happenings: readonly Happening[],
    options: { detail?: Detail; minutes?: number; open?: readonly OpenSeatTime[] } = {},
  ): void {
    const from = this.#clock;
    this.#clock += (options.minutes ?? 1) * minute;
    const wall = unixMillis(this.#clock);
    const firstEventId = this.#nextEvent;
    this.#nextEvent += happenings.length;
    const events = happenings.map(
      (event, index): UsageEvent => ({ ...event, wall, id: firstEventId + index }),
    );
    for (const event of happenings) this.#follow(event);
    const reason = this.#ledger.needsSegment(wall);
    if (reason) this.#openSegment(reason);
    this.#seal({
      type: "checkpoint",
      detail: options.detail ?? "totals",
      firstEventId,
      events,
      later: [],
      open: options.open ?? [],
      inUse: this.#inUse,
      from: unixMillis(from),
      clocks: {
        wall,
        mono: this.#clock - noon,
        bootId: "boot-1",
        highWater: wall,
        boottime: this.#clock - noon,
        clientSkewMedian: null,
      },
    });
  }

  /** Something happened to the clock. */
  incident(code: string): void {
    const firstSeen = unixMillis(this.#clock);
    this.#seal({ type: "incident", code, evidenceHash: null, firstSeen, count: 1 });
  }

  /** A day of an emergency that began at `since`, under the license of this hash. */
  emergencyDay(count: number, since: number, evidenceHash: Uint8Array): void {
    const firstSeen = unixMillis(since);
    this.#seal({ type: "incident", code: "EMERGENCY_DAY", evidenceHash, firstSeen, count });
  }

  /** `seatkeeper usage export`. `edit` is what happens to the blocks on their way. */
  export(
    edit: (blocks: readonly Uint8Array[]) => readonly Uint8Array[] = (same) => same,
  ): Uint8Array {
    this.#exportNo += 1;
    this.#seal({
      type: "export",
      exportNo: this.#exportNo,
      sizeBefore: this.#ledger.size,
      lastReceiptNo: this.#receipt?.receiptNo ?? null,
      receiptNonce: this.#receipt?.nonce ?? null,
      wall: unixMillis(this.#clock),
      hostHash: this.#hostHash,
    });
    return this.#bundle(edit, this.#ledger.tip());
  }

  /** What `seatkeeper ledger succeed` writes where the keys are lost, with `edit` as above. */
  lastBundle(
    edit: (blocks: readonly Uint8Array[]) => readonly Uint8Array[] = (same) => same,
    tip: Uint8Array = new Uint8Array(32),
  ): Uint8Array {
    return this.#bundle(edit, tip);
  }

  /** What a ledger says that succeeds this one. */
  get predecessor(): Predecessor {
    const { chainId, size, root } = this.#ledger;
    return { chainId, size, root };
  }

  #bundle(
    edit: (blocks: readonly Uint8Array[]) => readonly Uint8Array[],
    tip: Uint8Array,
  ): Uint8Array {
    const { chainId, size, root, ackSize } = this.#ledger;
    const selected = selectBlocks(chainSource(this.#files), this.#directory, ackSize);
    const blocks = edit([...selected.blocks]);
    return pack({
      chainId,
      size,
      directory: this.#directory,
      ...selected,
      blocks,
      blockCount: blocks.length,
      checkpoint: this.#head(size, root),
      root,
      tip,
    });
  }

  /** From the next block on others read beside the vendor. */
  nameAuditors(...keys: readonly Uint8Array[]): void {
    this.auditors = keys;
    this.#openSegment("keys");
  }

  /** `seatkeeper usage receipt FILE`. */
  takeReceipt(text: string): Receipt {
    const receipt = readReceipt(text, {
      vendorName: this.#vendor.name,
      rootKey: this.#vendor.rootKey,
      origin: this.genesis.origin,
      daemonKey: this.daemon.publicKey,
    });
    const { size, root } = receipt.acknowledged;
    const { receiptNo } = receipt;
    this.#seal({ type: "receipt", note: text, receiptNo, ackSize: size, ackRoot: root });
    this.#receipt = receipt;
    this.#openSegment("receipt");
    return receipt;
  }

  #openSegment(reason: SegmentReason): void {
    this.#seal({
      type: "segment",
      createdAt: unixMillis(this.#clock),
      highWater: unixMillis(this.#clock),
      reason,
      sealingKey: newestSealingKey(this.#vendor),
      recipients: this.auditors,
      entropy: randomBytes(64),
    });
  }

  #follow(event: Happening): void {
    if (event.type !== "grant" && event.type !== "end") return;
    const change = event.type === "grant" ? event.count : -event.count;
    this.#inUse.set(event.feature, (this.#inUse.get(event.feature) ?? 0) + change);
  }

  #seal(draft: BlockDraft): void {
    const prepared = this.#ledger.prepare(draft);
    this.#ledger.publish(prepared);
    this.#newest = prepared.outbox;
    if (prepared.directoryRow) this.#directory.push(prepared.directoryRow);
  }

  #head(size: number, root: Uint8Array): string {
    const { origin } = this.genesis;
    return signHead({ origin, size, root }, { name: origin, signer: this.daemon });
  }
}

function shownReceipt({ receiptNo, nonce, acknowledged }: Receipt): ShownLedger["receipt"] {
  return { receiptNo, nonce, size: acknowledged.size };
}

function newestSealingKey(vendor: VendorFile): Uint8Array {
  const newest = vendor.sealingKeys.at(-1);
  if (newest === undefined) throw new Error("no sealing key");
  return newest.key;
}

function pack(parts: BundleParts): Uint8Array {
  const written: Uint8Array[] = [];
  writeBundle({ write: (bytes) => void written.push(bytes.slice()) }, parts);
  return new Uint8Array(Buffer.concat(written));
}
