import { concat, toHex } from "../base/bytes.ts";
import { type ChainId, chainId, type LeaseId } from "../base/ids.ts";
import type { UnixMillis } from "../base/time.ts";
import { chainOrigin, type Head } from "../note/checkpoint.ts";
import { SEGMENT_BLOCKS } from "./block.ts";
import { moveState, other, placeBlock } from "./commit.ts";
import type { DirectoryRow } from "./directory.ts";
import type { BlockDraft, PreparedBlock, SegmentDraft } from "./draft.ts";
import type { EntryProof } from "./entry-proof.ts";
import { LedgerError, LedgerFatalError } from "./errors.ts";
import type { Genesis } from "./genesis.ts";
import { KeyVault } from "./key-vault.ts";
import { type ChainKeys, tipProof } from "./keys.ts";
import type { SegmentReason } from "./payload.ts";
import { encodePayload } from "./payload-codec.ts";
import type { LedgerFiles, OutboxRow, SlotNumber } from "./ports.ts";
import { entryProofs } from "./prove-entries.ts";
import { type RecoveryFinding, recover } from "./recovery.ts";
import { type Place, sealBlock } from "./sealing.ts";
import { makeSegment } from "./segment.ts";
import type { ChainState } from "./state.ts";
import { steppedKeys, successor } from "./succession.ts";

export interface OpenOptions {
  readonly vendorName: string;
  /** The leaf hash the installed license binds; undefined before a license is installed. */
  readonly genesisLeaf?: Uint8Array | undefined;
  /**
   * True for a ledger that has ended because the database does not know it any more: its end can be
   * proven, and nothing may be sealed into it.
   */
  readonly isEnded?: boolean;
}

export interface OpenedLedger {
  readonly ledger: SealedLedger;
  readonly findings: readonly RecoveryFinding[];
  /** Blocks that a crash had left unfinished and that were written again. */
  readonly redone: number;
}

/**
 * The one writer of a ledger. One block at a time: `prepare` fixes its bytes inside the database
 * transaction that keeps them, then either `publish` after its COMMIT or `abandon` after its
 * ROLLBACK. What `size` and `root` name is on the medium.
 */
export class SealedLedger {
  readonly chainId: ChainId;
  readonly origin: string;
  readonly #files: LedgerFiles;
  readonly #vault: KeyVault = new KeyVault();
  #state: ChainState;
  /** The slot that holds `#state`. */
  #slot: SlotNumber;
  #afterReceipt: boolean;
  #pending: { readonly prepared: PreparedBlock; readonly state: ChainState } | undefined;
  #failure: LedgerFatalError | undefined;

  private constructor(
    files: LedgerFiles,
    vendorName: string,
    found: {
      readonly state: ChainState;
      readonly slot: SlotNumber;
      readonly afterReceipt: boolean;
    },
  ) {
    this.chainId = chainId(toHex(found.state.chainId));
    this.origin = chainOrigin(vendorName, this.chainId);
    this.#files = files;
    this.#vault.putNext(found.state);
    this.#vault.advance();
    this.#state = { ...found.state, ...this.#vault.current };
    this.#slot = found.slot;
    this.#afterReceipt = found.afterReceipt;
  }

  /**
   * Writes block 0 and the first state into empty files. Nothing may be told of the ledger before
   * this returns; a crash inside leaves files to be thrown away.
   * The keys in `genesis.state` are erased.
   * @throws LedgerError `LEDGER_EXISTS` when the files are not empty.
   */
  static create(files: LedgerFiles, genesis: Genesis, vendorName: string): SealedLedger {
    const slots = [files.readSlot(0), files.readSlot(1)];
    if (files.chainLength() > 0 || slots.some((slot) => slot.some((byte) => byte !== 0))) {
      throw new LedgerError("LEDGER_EXISTS", "there is a ledger already", {
        hint: "a site keeps one ledger per vendor for life",
      });
    }
    placeBlock(files, 0, genesis.block);
    moveState(files, genesis.state, 0);
    return new SealedLedger(files, vendorName, {
      state: genesis.state,
      slot: 0,
      afterReceipt: false,
    });
  }

  /**
   * Takes up a ledger where the last process left it, finishing what it could not.
   * @throws LedgerError `CHAIN_MISSING`, `CHAIN_KEY_LOST`, `GENESIS_MISMATCH`, `STATE_REGRESSION`,
   * `EVENT_STORE_REGRESSION`; anything the disk throws: then the process must end, and recovery is tried again by the next.
   */
  static open(
    files: LedgerFiles,
    outbox: readonly OutboxRow[],
    options: OpenOptions,
  ): OpenedLedger {
    const found = recover(files, outbox, options);
    const ledger = new SealedLedger(files, options.vendorName, found);
    return { ledger, findings: found.findings, redone: found.redone };
  }

  /** Blocks. */
  get size(): number {
    return this.#state.nextIndex;
  }

  /** RFC 6962 root over them. */
  get root(): Uint8Array {
    return this.#state.frontier.root();
  }

  /** What the daemon may sign and show: every block under it is on the medium. */
  get head(): Head {
    return { origin: this.origin, size: this.size, root: this.root };
  }

  /** Blocks the vendor has acknowledged; 0 before the first receipt. */
  get ackSize(): number {
    return this.#state.ackSize;
  }

  /** The root over them; zeros before the first receipt. */
  get ackRoot(): Uint8Array {
    return this.#state.ackRoot;
  }

  /** The highest believed wall clock of any sealed block. */
  get highWater(): UnixMillis {
    return this.#state.highWater;
  }

  /** Number of the running segment. */
  get segment(): number {
    return this.#state.segment;
  }

  /** Position of the next block in it, if it opens no segment. */
  get indexInSegment(): number {
    return this.#state.indexInSegment;
  }

  /** Bytes of the chain file that belong to the ledger. */
  get length(): number {
    return this.#state.fileOffset;
  }

  /**
   * Why the next block must be a SEGMENT, or undefined when it need not be one: the running segment
   * is full, a receipt was taken in, or a UTC day has passed. A change of keys is the caller's to
   * know.
   * @param highWater the highest believed wall clock; a suspect jump must not open segments.
   */
  needsSegment(highWater: UnixMillis): SegmentReason | undefined {
    if (this.#state.indexInSegment >= SEGMENT_BLOCKS) return "full";
    if (this.#afterReceipt) return "receipt";
    return utcDay(highWater) > utcDay(this.#state.highWater) ? "daily" : undefined;
  }

  /**
   * Fixes the next block's bytes. To be called inside the transaction that stores
   * `prepared.outbox`; touches no file.
   * @throws LedgerError `LEDGER_SEGMENT_DUE`, `LEDGER_BLOCK_TOO_LARGE`, `LEDGER_EVENT_ORDER`,
   * `LEDGER_PAYLOAD`: nothing has happened, and the transaction is to be rolled back.
   * @throws TypeError while another block is prepared.
   */
  prepare(draft: BlockDraft): PreparedBlock {
    this.#refuseIfBroken();
    if (this.#pending) throw new TypeError("a block is prepared already");
    if (draft.type !== "segment" && this.#state.indexInSegment >= SEGMENT_BLOCKS) {
      throw new LedgerError("LEDGER_SEGMENT_DUE", `segment ${this.#state.segment} is full`);
    }
    const { outbox, keys, directoryRow, proofs } =
      draft.type === "segment" ? this.#sealSegment(draft) : this.#sealContent(draft);
    const state = this.#successor(outbox, keys);
    const prepared: PreparedBlock = {
      type: draft.type,
      index: outbox.index,
      leaf: state.prevLeaf,
      outbox,
      ...(directoryRow ? { directoryRow } : {}),
      ...(draft.type === "checkpoint"
        ? { sealed: { firstEventId: draft.firstEventId, count: draft.events.length } }
        : {}),
      ...(proofs ? { proofs } : {}),
    };
    this.#pending = { prepared, state };
    return prepared;
  }

  /**
   * Writes the prepared block and moves the keys on (steps C2 to C8). To be called after the COMMIT
   * of the transaction that stored its outbox row. When this returns, the block and the erasure of
   * its key are on the medium.
   * @throws LedgerFatalError `LEDGER_WRITE_FAILED`: the process must end.
   */
  publish(prepared: PreparedBlock): void {
    const { state } = this.#take(prepared);
    const empty = other(this.#slot);
    try {
      placeBlock(this.#files, prepared.outbox.offset, prepared.outbox.bytes);
      moveState(this.#files, state, empty);
    } catch (cause) {
      throw this.#break(prepared.index, cause);
    }
    this.#vault.advance();
    this.#state = state;
    this.#slot = empty;
    this.#afterReceipt = prepared.type === "receipt";
  }

  /** Forgets the prepared block: its transaction was rolled back. */
  abandon(prepared: PreparedBlock): void {
    this.#take(prepared);
    this.#vault.dropNext();
  }

  /** The tip proof over all blocks, by the key of the next one. For exports. */
  tip(): Uint8Array {
    this.#refuseIfBroken();
    const { auth, chainId: id, nextIndex: size, prevLeaf: lastLeaf } = this.#state;
    return tipProof(auth, { chainId: id, size, lastLeaf, root: this.root });
  }

  #sealContent(draft: Exclude<BlockDraft, SegmentDraft>): Sealed {
    const { auth, read } = this.#state;
    const content = encodePayload(draft);
    const place = this.#place(this.#state.segment, this.#state.indexInSegment);
    const bytes = sealBlock(place, { ...content, ext: NOTHING }, { auth, read });
    const sealed = { outbox: this.#row(bytes, NOTHING), keys: steppedKeys(this.#state) };
    const isProving = draft.type === "checkpoint" && draft.detail === "events" && draft.proves;
    if (!isProving) return sealed;
    return { ...sealed, proofs: entryProofs(read, bytes, content.entries, draft.events) };
  }

  #sealSegment(draft: SegmentDraft): Sealed {
    const { auth, read, chainId: id, nextIndex: index } = this.#state;
    const { sealingKey, recipients, entropy, createdAt, highWater, reason } = draft;
    const segment = this.#state.segment + 1;
    const input = { chainId: id, segment, index, auth, sealingKey, recipients, entropy };
    const { keys, ext, row } = makeSegment(input);
    const payload = encodePayload({ type: "segment", createdAt, highWater, reason });
    const sealing = { auth, read, newAuth: keys.auth };
    const bytes = sealBlock(this.#place(segment, 0), { ...payload, ext }, sealing);
    return { outbox: this.#row(bytes, concat(entropy, sealingKey)), keys, directoryRow: row };
  }

  /** Opens the block again before it counts: what recovery could not follow must not be committed. */
  #successor(row: OutboxRow, keys: ChainKeys): ChainState {
    try {
      return successor(this.#state, row, this.#vault.putNext(keys));
    } catch (error) {
      this.#vault.dropNext();
      throw error;
    }
  }

  #place(segment: number, indexInSegment: number): Place {
    const { chainId: id, nextIndex: index, prevLeaf } = this.#state;
    return { chainId: id, index, segment, indexInSegment, prevLeaf };
  }

  #row(bytes: Uint8Array, entropy: Uint8Array): OutboxRow {
    return { index: this.#state.nextIndex, offset: this.#state.fileOffset, bytes, entropy };
  }

  #take(prepared: PreparedBlock): { readonly state: ChainState } {
    this.#refuseIfBroken();
    const pending = this.#pending;
    if (pending?.prepared !== prepared) throw new TypeError("this block is not the prepared one");
    this.#pending = undefined;
    return pending;
  }

  #break(index: number, cause: unknown): LedgerFatalError {
    // How much of the block and the slots is on disk, nobody can tell from here: after a failed
    // sync even a successful retry proves nothing. Recovery reads the disk and writes again.
    this.#failure = new LedgerFatalError(
      "LEDGER_WRITE_FAILED",
      `block ${index} could not be written to the ledger`,
      { cause, hint: "look at the disk, then start again: nothing committed is lost" },
    );
    return this.#failure;
  }

  #refuseIfBroken(): void {
    if (this.#failure) throw this.#failure;
  }
}

interface Sealed {
  readonly outbox: OutboxRow;
  readonly keys: ChainKeys;
  readonly directoryRow?: DirectoryRow;
  readonly proofs?: ReadonlyMap<LeaseId, EntryProof>;
}

const NOTHING = new Uint8Array(0);
const DAY_MILLIS = 86_400_000;

function utcDay(moment: UnixMillis): number {
  return Math.floor(moment / DAY_MILLIS);
}
