import { equalBytes, toHex } from "../base/bytes.ts";
import { openPayload } from "../bundle/block-opening.ts";
import { EventIds } from "../bundle/event-ids.ts";
import { MissingRanges } from "../bundle/missing-ranges.ts";
import { CryptoError } from "../crypto/errors.ts";
import { x25519PublicKey } from "../crypto/x25519.ts";
import { type Block, blockLeaf } from "../ledger/block.ts";
import { genesisReadKey, keyId } from "../ledger/keys.ts";
import type { GenesisPayload } from "../ledger/payload.ts";
import type { Gap } from "../ledger/ports.ts";
import { archivedLeaves } from "../ledger/reader.ts";
import type { Readers } from "../ledger/readers.ts";
import { decodeSegmentExt, openSegmentForReading, type SegmentExt } from "../ledger/segment.ts";
import { Frontier } from "../merkle/tree.ts";
import type { AuditInput } from "./audit-input.ts";
import type { AuditProblems } from "./audit-problems.ts";
import type { BlockContent } from "./audit-report.ts";
import { ByteCounter } from "./byte-counter.ts";
import { ReadChain } from "./read-chain.ts";
import { ReaderWatch } from "./reader-watch.ts";

/** Goes through the blocks of a file in order, holding one of them and the edge of the tree. */
export class AuditWalk {
  /** The index of the first block. */
  readonly from: number;
  readonly bytes: ByteCounter = new ByteCounter();
  readonly readers: ReaderWatch;
  readonly events: EventIds;
  readonly unopened: MissingRanges = new MissingRanges();
  readonly counts = {
    blocks: 0,
    /** Bytes of them. */
    bytes: 0,
    archived: 0,
    opened: 0,
    links: 0,
    wraps: 0,
    segments: 0,
    checkpoints: 0,
  };
  readonly #input: AuditInput;
  readonly #own: Uint8Array | undefined;
  readonly #problems: AuditProblems;
  #chain: ReadChain | undefined;
  #frontier: Frontier | undefined;
  #lastLeaf: Uint8Array | undefined;
  /** The index after the last block. */
  #next: number;
  #genesis: GenesisPayload | undefined;
  #genesisLeaf: Uint8Array | undefined;

  /**
   * @param fromIndex where the file says it begins.
   * @param edge of the tree over what stands before that, if the file has it.
   */
  constructor(input: AuditInput, fromIndex: number, problems: AuditProblems, edge?: Frontier) {
    this.#input = input;
    this.#problems = problems;
    this.#own = input.secret && keyId(x25519PublicKey(input.secret));
    this.from = fromIndex;
    this.#next = fromIndex;
    this.#frontier = edge ?? (fromIndex === 0 ? Frontier.empty() : undefined);
    this.readers = new ReaderWatch(
      this.#own && toHex(this.#own),
      input.knownReaders ?? new Set(),
      problems,
    );
    // What came before the file is not known, so its first checkpoint may begin anywhere.
    this.events = new EventIds(fromIndex === 0 ? 0 : null);
  }

  /** This auditor's key id. */
  get auditor(): string | undefined {
    return this.#own && toHex(this.#own);
  }

  /** The index after the last block. */
  get next(): number {
    return this.#next;
  }

  /** The root over the blocks so far, where none of them is missing. */
  get root(): Uint8Array | undefined {
    return this.#frontier?.root();
  }

  get lastLeaf(): Uint8Array | undefined {
    return this.#lastLeaf;
  }

  /** What block 0 says, if it was opened. */
  get genesis(): GenesisPayload | undefined {
    return this.#genesis;
  }

  get genesisLeaf(): Uint8Array | undefined {
    return this.#genesisLeaf;
  }

  visit(block: Block): void {
    this.#link(block);
    const ext = block.type === "segment" ? decodeSegmentExt(block.ext) : undefined;
    const readers = ext && this.readers.accept(block, ext);
    // Block 0 is sealed under the seed it brings, every other under the keys before it.
    const old = block.index > 0 ? this.#keyOf(block) : undefined;
    if (ext) this.#enter(block, ext);
    const seed = block.index === 0 ? this.#chain?.keyAt(1) : undefined;
    const content = this.#open(block, old ?? (seed && genesisReadKey(seed)));
    this.#tell(block, content, readers);
  }

  /** Takes in the leaf hashes of blocks that are in archives, behind block 0. */
  pass(gap: Gap): void {
    for (const leaf of archivedLeaves(gap)) {
      this.#frontier = this.#frontier?.append(leaf);
      this.#lastLeaf = leaf;
    }
    this.counts.archived += gap.size - 1;
    this.#next = gap.size;
    this.events.lose();
  }

  finish(): void {
    this.events.finish();
    this.#chain?.erase();
  }

  /** Whether the block continues the one before, as anybody can tell. */
  #link(block: Block): void {
    const leaf = blockLeaf(block.bytes);
    this.counts.blocks += 1;
    this.counts.bytes += block.bytes.length;
    if (block.index > this.#next) {
      const detail = `blocks ${this.#next} to ${block.index - 1} are missing`;
      this.#problems.shared.add("BLOCKS_MISSING", detail, block.index);
      this.events.lose();
      [this.#frontier, this.#lastLeaf] = [undefined, undefined];
    }
    if (this.#lastLeaf) {
      this.counts.links += 1;
      if (!equalBytes(this.#lastLeaf, block.prevLeaf)) {
        const detail = "the block continues another block than the one before";
        this.#problems.add("HASH_CHAIN_BROKEN", detail, block.index);
      }
    }
    if (block.index === 0) this.#genesisLeaf = leaf;
    this.#frontier = this.#frontier?.append(leaf);
    this.#lastLeaf = leaf;
    this.#next = block.index + 1;
  }

  #keyOf(block: Block): Uint8Array | undefined {
    const chain = this.#chain;
    const segment = block.type === "segment" ? block.segment - 1 : block.segment;
    if (chain?.segment !== segment) return undefined;
    if (block.type !== "segment" && block.index - chain.start !== block.indexInSegment) {
      const detail = "the block is not at its segment's place";
      this.#problems.shared.add("KEY_INDEX_MISMATCH", detail, block.index);
      return undefined;
    }
    // A copy: the chain is erased before its last key opens the SEGMENT block that ends it.
    return chain.keyAt(block.index)?.slice();
  }

  /** Takes up the read chain of a new segment, if it was sealed for this auditor too. */
  #enter(block: Block, ext: SegmentExt): void {
    this.counts.segments += 1;
    this.#chain?.erase();
    this.#chain = undefined;
    const seed = this.#seedIn(block, ext);
    this.bytes.addExtension(ext, seed ? 1 : 0);
    if (!seed) return;
    this.counts.wraps += 1;
    this.#chain = new ReadChain(block.segment, block.index, seed);
  }

  #seedIn(block: Block, ext: SegmentExt): Uint8Array | undefined {
    const [own, { secret }] = [this.#own, this.#input];
    if (!own || !secret) return undefined;
    const { readCommit } = ext;
    const { chainId, segment } = block;
    const mine = ext.wraps.filter(({ kid }) => equalBytes(kid, own));
    for (const wrap of mine) {
      const opening = opened({ secret, wrap, readCommit, chainId, segment });
      if (opening.kind === "opened") return opening.read;
      if (opening.kind === "other-seed") {
        const detail = "the auditor is given other keys than the segment commits to";
        this.#problems.shared.add("READ_COMMIT_MISMATCH", detail, block.index);
      } else {
        const detail = `segment ${segment} names ${toHex(own)}, whose key does not open its share`;
        this.#problems.add("WRAP_UNREADABLE", detail, block.index);
      }
    }
    return undefined;
  }

  #open(block: Block, read: Uint8Array | undefined): BlockContent {
    if (!read) {
      this.events.lose();
      return { kind: "sealed" };
    }
    const content = openPayload(block, read, this.#problems.shared);
    if (!content) {
      this.events.lose();
      return { kind: "broken" };
    }
    const { payload, plaintext } = content;
    if (payload.type === "genesis") this.#genesis = payload;
    if (payload.type === "checkpoint") {
      this.counts.checkpoints += 1;
      this.events.accept(payload.meta, block.index, this.#problems.shared);
    }
    return { kind: "opened", payload, plaintext };
  }

  #tell(block: Block, content: BlockContent, readers: Readers | undefined): void {
    this.bytes.add(block, content);
    if (content.kind === "opened") this.counts.opened += 1;
    else this.unopened.add(block.index, block.index);
    const { index, segment, indexInSegment, type } = block;
    const bytes = block.bytes.length;
    this.#input.visitor?.({ index, segment, indexInSegment, type, bytes, content, readers });
  }
}

function opened(
  options: Parameters<typeof openSegmentForReading>[0],
): ReturnType<typeof openSegmentForReading> {
  try {
    return openSegmentForReading(options);
  } catch (error) {
    // Somebody wrote a share that is no key: nothing can be under it.
    if (error instanceof CryptoError) return { kind: "closed" };
    throw error;
  }
}
