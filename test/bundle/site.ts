import { toHex } from "../../src/base/bytes.ts";
import { unixMillis } from "../../src/base/time.ts";
import { type BundleParts, selectBlocks, writeBundle } from "../../src/bundle/bundle.ts";
import type { Activation } from "../../src/bundle/known-ledger.ts";
import { checkReceipt, type Receipt, readReceipt } from "../../src/bundle/receipt.ts";
import { type Signer, signerFromSeed } from "../../src/crypto/ed25519.ts";
import { sha256 } from "../../src/crypto/hash.ts";
import type { DirectoryRow } from "../../src/ledger/directory.ts";
import type { BlockDraft } from "../../src/ledger/draft.ts";
import { makeGenesis } from "../../src/ledger/genesis.ts";
import type { Clocks, SegmentReason } from "../../src/ledger/payload.ts";
import type { OutboxRow } from "../../src/ledger/ports.ts";
import { chainSource, rootAt } from "../../src/ledger/reader.ts";
import { SealedLedger } from "../../src/ledger/sealed-ledger.ts";
import { type ChainState, decodeSlot } from "../../src/ledger/state.ts";
import { signHead } from "../../src/note/checkpoint.ts";
import { clocksAt, minute, noon, root, sealingKey, seeded, usage, vendorName } from "./given.ts";
import { MemoryFiles } from "./memory-files.ts";

/** A customer's site: a real ledger in memory, and the few things the daemon keeps beside it. */
export class Site {
  readonly activation: Activation;
  readonly daemon: Signer;
  readonly files: MemoryFiles;
  readonly ledger: SealedLedger;
  readonly directory: DirectoryRow[];
  hostHash: Uint8Array = seeded("host");
  nextEvent = 1;
  exportNo = 0;
  lastReceipt: Receipt | undefined;
  /** Who can read the segments from now on, beside the vendor. */
  auditors: readonly Uint8Array[] = [];
  #clock: number = noon;
  #entropy = 0;
  /** What its database has of the newest block. */
  #newest: readonly OutboxRow[] = [];

  private constructor(parts: Pick<Site, "activation" | "daemon" | "files" | "ledger">) {
    this.activation = parts.activation;
    this.daemon = parts.daemon;
    this.files = parts.files;
    this.ledger = parts.ledger;
    this.directory = [];
  }

  static activate(
    name = "site",
    key: Uint8Array = sealingKey,
    keysOf = name,
    auditors: readonly Uint8Array[] = [],
  ): Site {
    const daemon = signerFromSeed(seeded(`${name} daemon`));
    let call = 0;
    const genesis = makeGenesis({
      vendorName,
      sealingKey: key,
      recipients: auditors,
      daemonKey: daemon.publicKey,
      hostHash: seeded("host"),
      requestId: "request-1",
      createdAt: noon,
      random: (count) => {
        call += 1;
        // The ledger's number comes first, then what its keys are made from.
        const seed = `${call === 1 ? name : keysOf} ${call}`;
        return new Uint8Array([...seeded(seed), ...seeded(`${seed}b`)]).slice(0, count);
      },
    });
    const activation = {
      vendorName,
      chainId: genesis.chainId,
      genesisBlock: genesis.block,
      daemonKey: daemon.publicKey,
      origin: genesis.origin,
      activatedAt: noon,
    };
    const files = new MemoryFiles();
    const ledger = SealedLedger.create(files, genesis, vendorName);
    const site = new Site({ activation, daemon, files, ledger });
    site.directory.push(genesis.directoryRow);
    site.auditors = auditors;
    return site;
  }

  /** What a snapshot of the machine brings back: everything as it is now. */
  snapshot(): Site {
    const files = this.files.copy();
    const { ledger } = SealedLedger.open(files, this.#newest, { vendorName });
    const { activation, daemon } = this;
    const copy = new Site({ activation, daemon, files, ledger });
    copy.directory.push(...this.directory);
    copy.nextEvent = this.nextEvent;
    copy.exportNo = this.exportNo;
    copy.lastReceipt = this.lastReceipt;
    copy.auditors = this.auditors;
    copy.#newest = this.#newest;
    copy.#clock = this.#clock;
    // A restored machine draws other random numbers.
    copy.#entropy = this.#entropy + 1_000;
    return copy;
  }

  /** The keys of the next block, as who owns the machine can read them. */
  stolenState(): ChainState {
    const state = decodeSlot(this.files.readSlot(0)) ?? decodeSlot(this.files.readSlot(1));
    if (!state) throw new Error("no valid slot");
    return state;
  }

  seal(draft: BlockDraft): void {
    const prepared = this.ledger.prepare(draft);
    this.ledger.publish(prepared);
    this.#newest = [prepared.outbox];
    if (prepared.directoryRow) this.directory.push(prepared.directoryRow);
  }

  /** One checkpoint with `count` usage events, a minute later than the last. */
  use(count = 2, clocks: Partial<Clocks> = {}): void {
    this.#clock += minute;
    const firstEventId = this.nextEvent;
    this.nextEvent += count;
    this.seal({
      type: "checkpoint",
      detail: "events",
      firstEventId,
      events: Array.from({ length: count }, (_, n) => usage(firstEventId + n)),
      later: [],
      open: [],
      inUse: new Map(),
      from: unixMillis(this.#clock - minute),
      clocks: clocksAt(this.#clock, clocks),
    });
  }

  openSegment(reason: SegmentReason = "daily", key: Uint8Array = sealingKey): void {
    this.#entropy += 1;
    const seed = seeded(`${toHex(this.activation.daemonKey)} ${this.#entropy}`);
    this.seal({
      type: "segment",
      createdAt: unixMillis(this.#clock),
      highWater: unixMillis(this.#clock),
      reason,
      sealingKey: key,
      recipients: this.auditors,
      entropy: new Uint8Array([...seed, ...seed]),
    });
  }

  sealExport(): void {
    this.exportNo += 1;
    this.seal({
      type: "export",
      exportNo: this.exportNo,
      sizeBefore: this.ledger.size,
      lastReceiptNo: this.lastReceipt?.receiptNo ?? null,
      receiptNonce: this.lastReceipt?.nonce ?? null,
      wall: unixMillis(this.#clock),
      hostHash: this.hostHash,
    });
  }

  /** `usage export`. */
  export(): Uint8Array {
    this.sealExport();
    return this.bundle();
  }

  /** A bundle of what is there, with `changes` to what an honest site would write. */
  bundle(changes: Partial<BundleParts> = {}): Uint8Array {
    return pack({ ...this.parts(), ...changes });
  }

  /** `ledger.skc` as it lies on the disk. */
  chain(): Uint8Array {
    return this.files.readChain(0, this.files.chainLength());
  }

  parts(): BundleParts {
    const { chainId, size, root: rootNow, ackSize } = this.ledger;
    return {
      chainId,
      size,
      directory: this.directory,
      ...selectBlocks(chainSource(this.files), this.directory, ackSize),
      checkpoint: this.signHead(size, rootNow),
      root: rootNow,
      tip: this.ledger.tip(),
    };
  }

  signHead(size: number, rootNow: Uint8Array): string {
    const { origin } = this.activation;
    return signHead({ origin, size, root: rootNow }, { name: origin, signer: this.daemon });
  }

  /** `usage receipt FILE`. */
  takeReceipt(text: string): void {
    const { daemonKey, origin } = this.activation;
    const receipt = readReceipt(text, {
      vendorName,
      rootKey: root.publicKey,
      origin,
      daemonKey,
    });
    checkReceipt(receipt, {
      chainId: this.ledger.chainId,
      last: this.lastReceipt,
      ackSize: this.ledger.ackSize,
      size: this.ledger.size,
      rootAt: (size) => rootAt(chainSource(this.files), size) ?? new Uint8Array(0),
    });
    this.sealReceipt(receipt);
    this.openSegment("receipt");
  }

  sealReceipt(receipt: Receipt): void {
    const { size, root: ackRoot } = receipt.acknowledged;
    const { receiptNo, text } = receipt;
    this.seal({ type: "receipt", note: text, receiptNo, ackSize: size, ackRoot });
    this.lastReceipt = receipt;
  }
}

export function pack(parts: BundleParts): Uint8Array {
  const written: Uint8Array[] = [];
  writeBundle({ write: (bytes) => void written.push(bytes.slice()) }, parts);
  return new Uint8Array(Buffer.concat(written));
}

/** The same bundle with its blocks changed, counted again and hashed again. */
export function rebuilt(
  parts: BundleParts,
  edit: (blocks: Uint8Array[]) => readonly Uint8Array[],
  changes: Partial<BundleParts> = {},
): Uint8Array {
  const blocks = edit([...parts.blocks]);
  return pack({ ...parts, blocks, blockCount: blocks.length, ...changes });
}

/** A copy with one bit of one byte changed. */
export function flipped(bytes: Uint8Array, at: number, bit = 0): Uint8Array {
  const copy = bytes.slice();
  copy[at] = (copy[at] ?? 0) ^ (1 << bit);
  return copy;
}

/** The bundle with a closing hash that fits again, as only damage in transit would not have. */
export function rehashed(bundle: Uint8Array): Uint8Array {
  const content = bundle.slice(0, -32);
  return new Uint8Array([...content, ...sha256(content)]);
}
