import { equalBytes } from "../base/bytes.ts";
import { type Block, blockLeaf } from "../ledger/block.ts";
import type { DirectoryRow } from "../ledger/directory.ts";
import { genesisReadKey } from "../ledger/keys.ts";
import type { Payload } from "../ledger/payload.ts";
import { readersOf } from "../ledger/readers.ts";
import { decodeSegmentExt } from "../ledger/segment.ts";
import { isAuthentic, openPayload, type PositionKeys } from "./block-opening.ts";
import type { BundleHead } from "./bundle.ts";
import { EventIds } from "./event-ids.ts";
import { History } from "./history.ts";
import type { AckedSegment, HistoryState, SeenHead } from "./known-ledger.ts";
import { LeafTrack } from "./leaf-track.ts";
import type { Lineage } from "./lineage.ts";
import { MissingRanges } from "./missing-ranges.ts";
import { OwnLeaves } from "./own-leaves.ts";
import type { Problems } from "./problems.ts";
import type { VerifyInput } from "./verify-input.ts";

const BEFORE_FIRST: HistoryState = {
  exportNo: 0,
  receiptNo: 0,
  hostHash: null,
  clocks: null,
  auditors: [],
};

/** Steps V5, V6 and V10 for every block, in one pass that holds one block and the tree's edge. */
export class BlockWalk {
  readonly lineage: Lineage;
  readonly track: LeafTrack;
  readonly events: EventIds;
  readonly history: History;
  readonly missing: MissingRanges = new MissingRanges();
  /** How many blocks were checked in which way, for the report. */
  readonly counts = {
    tags: 0,
    links: 0,
    payloads: 0,
    checkpoints: 0,
    acknowledged: 0,
    unproven: 0,
  };
  readonly #input: VerifyInput;
  readonly #head: BundleHead;
  readonly #own: OwnLeaves;
  readonly #problems: Problems;
  readonly #ackedSize: number;
  readonly #seenRoots: ReadonlyMap<number, readonly Uint8Array[]>;
  /** False after a block that is not what was sealed at its place. */
  #previousSound = true;

  constructor(input: VerifyInput, lineage: Lineage, head: BundleHead, problems: Problems) {
    this.lineage = lineage;
    this.#input = input;
    this.#head = head;
    this.#problems = problems;
    this.#ackedSize = input.acked?.state.size ?? 0;
    this.#seenRoots = rootsBySize(input.seenHeads ?? []);
    this.#own = new OwnLeaves(input.activation, input.acked);
    this.track = new LeafTrack(this.#own, (segment) => input.visitor?.segment?.(segment));
    this.events = new EventIds(this.#lastEventBefore());
    const state = input.acked?.state.history ?? BEFORE_FIRST;
    const { receipts, now, license } = input;
    const auditorAllowed = license?.auditorAllowed;
    this.history = new History({ state, receipts, now, auditorAllowed }, problems);
  }

  /** @param base the segment in which the block before the bundle's first one lies. */
  begin(base: AckedSegment): void {
    const { fromIndex } = this.#head;
    const own = fromIndex > 0 ? this.#input.acked?.segmentAt(fromIndex) : undefined;
    if (fromIndex === 0) this.track.open(base.row, 0);
    else if (own?.row.index === fromIndex) this.track.startAt(own);
    else this.track.resume(base);
  }

  visit(block: Block): void {
    if (block.index === 0) {
      this.#visitGenesis(block);
      return;
    }
    const placement = this.lineage.place(block);
    if (placement.kind === "unanchored") {
      this.counts.unproven += 1;
    } else if (placement.kind === "misplaced") {
      this.#problems.add(
        "KEY_INDEX_MISMATCH",
        "the block is not at its segment's place",
        block.index,
      );
      this.#advance(block, false, []);
      this.#append(block, false);
    } else {
      const { keys, skipped, opens } = placement;
      this.#visitPlaced(block, { ...keys, newAuth: opens?.auth }, skipped, opens?.row);
    }
  }

  /** After the last block: what the bundle should still have had. */
  finish(): void {
    const { size } = this.#head;
    if (this.lineage.isAnchored && this.track.next < size) {
      this.#miss(size);
      this.track.skipTo(size, [], undefined);
      this.#previousSound = true;
    }
    this.track.close();
    this.events.finish();
    this.history.finish(size);
  }

  #visitGenesis(block: Block): void {
    const keys = this.lineage.genesisKeys();
    if (!keys) return;
    const read = genesisReadKey(keys.read);
    const sound = isAuthentic(block, { auth: undefined, read, newAuth: keys.auth }, this.#problems);
    this.#append(block, sound);
    if (sound) this.#open(block, read);
  }

  #visitPlaced(
    block: Block,
    keys: PositionKeys,
    skipped: readonly DirectoryRow[],
    opens: DirectoryRow | undefined,
  ): void {
    const sound = isAuthentic(block, keys, this.#problems);
    this.#advance(block, sound, skipped);
    if (opens) this.track.open(opens, this.events.last);
    this.#append(block, sound);
    if (sound) this.#open(block, keys.read);
    else this.events.lose();
  }

  /** Passes over missing blocks and checks the link to the block before. */
  #advance(block: Block, sound: boolean, skipped: readonly DirectoryRow[]): void {
    const isGap = block.index > this.track.next;
    if (isGap) {
      this.#miss(block.index);
      this.track.skipTo(block.index, skipped, sound ? block.prevLeaf : undefined);
    }
    const { lastLeaf } = this.track;
    if (!sound || lastLeaf === undefined || !(isGap || this.#previousSound)) return;
    this.counts.links += 1;
    if (equalBytes(lastLeaf, block.prevLeaf)) return;
    // The leaf before is the vendor's own or that of an authentic block: two histories meet here.
    const verdict = isGap ? "FORK" : "TAMPERED";
    this.#problems.add(
      verdict,
      "the block continues another block than the one before",
      block.index,
    );
  }

  #append(block: Block, sound: boolean): void {
    const leaf = blockLeaf(block.bytes);
    const own = this.#own.at(block.index);
    if (own && equalBytes(own, leaf)) this.counts.acknowledged += 1;
    else if (own && sound) {
      this.#problems.add("FORK", "another block was acknowledged at this place", block.index);
    }
    this.track.add(leaf);
    this.#previousSound = sound;
    if (sound) this.counts.tags += 1;
    this.#compareHeads();
  }

  /** V9 on the way: the root at each size that is known from elsewhere. */
  #compareHeads(): void {
    const { acked } = this.#input;
    const { next } = this.track;
    const seen = this.#seenRoots.get(next) ?? [];
    if (next !== this.#ackedSize && seen.length === 0) return;
    const root = this.track.root;
    if (!root || this.#problems.has("TAMPERED")) return;
    if (acked && next === this.#ackedSize && !equalBytes(acked.state.root, root)) {
      this.#problems.add("FORK", "the acknowledged root is another one", next - 1);
    }
    if (seen.some((other) => !equalBytes(other, root))) {
      this.#problems.add("CLONE_SUSPECTED", "another head of this size was seen", next - 1);
    }
  }

  #open(block: Block, read: Uint8Array): void {
    const content = openPayload(block, read, this.#problems);
    if (!content) {
      this.events.lose();
      return;
    }
    const { payload } = content;
    this.counts.payloads += 1;
    if (payload.type === "checkpoint") {
      this.counts.checkpoints += 1;
      this.events.accept(payload.meta, block.index, this.#problems);
    }
    this.#deliver(block, payload);
  }

  #deliver(block: Block, payload: Payload): void {
    const { index, segment } = block;
    const isNew = index >= this.#ackedSize;
    if (isNew && block.type === "segment") {
      this.history.acceptReaders(readersOf(decodeSegmentExt(block.ext)), index);
    }
    if (isNew) this.history.accept(payload, index);
    // A block that was lost when its neighbours were acknowledged counts when it is found again.
    if (isNew || !this.#own.has(index)) {
      this.#input.visitor?.block?.({ index, segment, payload });
    }
  }

  #miss(upTo: number): void {
    const expected = Math.min(this.#head.fromIndex, this.#ackedSize);
    const first = Math.max(this.track.next, expected);
    if (first >= upTo) return;
    this.missing.add(first, upTo - 1);
    this.events.lose();
  }

  #lastEventBefore(): number | null {
    const { acked } = this.#input;
    const { fromIndex } = this.#head;
    if (fromIndex === 0 || acked === undefined) return 0;
    if (fromIndex >= acked.state.size) return acked.state.lastEventId;
    const segment = acked.segmentAt(fromIndex);
    return segment?.row.index === fromIndex ? segment.lastEventId : null;
  }
}

function rootsBySize(heads: readonly SeenHead[]): ReadonlyMap<number, readonly Uint8Array[]> {
  const roots = new Map<number, Uint8Array[]>();
  for (const { size, root } of heads) roots.set(size, [...(roots.get(size) ?? []), root]);
  return roots;
}
