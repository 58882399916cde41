import { equalBytes, fromHex, toHex } from "../base/bytes.ts";
import { CryptoError } from "../crypto/errors.ts";
import { type Block, decodeBlock } from "../ledger/block.ts";
import { type DirectoryRow, encodeDirectoryRow } from "../ledger/directory.ts";
import { type ChainKeys, readCommitment } from "../ledger/keys.ts";
import { decodeSegmentExt, handoffMatches, openSegment } from "../ledger/segment.ts";
import type { AckedLedger, AckedSegment, Activation } from "./known-ledger.ts";
import type { Problems } from "./problems.ts";
import { SegmentKeys } from "./segment-keys.ts";

/** Secret sealing keys by key id, in lower-case hex. */
export type SealingSecrets = ReadonlyMap<string, Uint8Array>;

/** Where a block stands in the line of keys. */
export type Placement =
  | {
      readonly kind: "placed";
      readonly keys: ChainKeys;
      /** Segments that begin before this block and of which the bundle has no block. */
      readonly skipped: readonly DirectoryRow[];
      /** The segment this block opens. */
      readonly opens: { readonly row: DirectoryRow; readonly auth: Uint8Array } | undefined;
    }
  /** The block does not stand where its segment puts it. */
  | { readonly kind: "misplaced" }
  /** Nothing leads here from the activation. */
  | { readonly kind: "unanchored" };

export interface LineageInput {
  readonly activation: Activation;
  readonly acked: AckedLedger | undefined;
  readonly secrets: SealingSecrets;
  /** The rows the bundle brought. A claim each, until a hand-off proves it. */
  readonly directory: readonly DirectoryRow[];
  /** First block of the bundle. */
  readonly fromIndex: number;
}

/**
 * Step V5: the keys of every position, handed from segment to segment. It begins at the vendor's
 * own record and at nothing else; once it breaks, no later segment repairs it, however well that
 * segment agrees with itself.
 */
export class Lineage {
  readonly #input: LineageInput;
  readonly #chainId: Uint8Array;
  readonly #problems: Problems;
  readonly #claimed: Map<number, DirectoryRow>;
  #current: SegmentKeys | undefined;
  #handoffs = 0;

  constructor(input: LineageInput, problems: Problems) {
    this.#input = input;
    this.#chainId = fromHex(input.activation.chainId);
    this.#problems = problems;
    this.#claimed = new Map(input.directory.map((row) => [row.segment, row]));
  }

  /**
   * Steps V2 and V5: takes up the keys of the segment that holds the block before the bundle's first.
   * @returns that segment as the vendor knows it; undefined when its keys cannot be had.
   */
  begin(): AckedSegment | undefined {
    const { acked, fromIndex } = this.#input;
    const genesis = genesisSegment(this.#input.activation);
    const base = (fromIndex > 0 ? acked?.segmentAt(fromIndex - 1) : undefined) ?? genesis;
    this.#compareOwn(base.row.segment, genesis);
    const seeds = this.#open(base.row, undefined);
    if (seeds === undefined) return undefined;
    this.#current = new SegmentKeys(base.row.segment, base.row.index, seeds);
    return base;
  }

  get isAnchored(): boolean {
    return this.#current !== undefined;
  }

  /** Hand-offs that were verified. */
  get handoffs(): number {
    return this.#handoffs;
  }

  /** The keys of block 0. Only before any other block was placed. */
  genesisKeys(): ChainKeys | undefined {
    return this.#current?.moveTo(this.#current.start + 1);
  }

  /** Leads the keys to a block. Blocks are given in order. */
  place(block: Block): Placement {
    const skipped: DirectoryRow[] = [];
    const before = block.type === "segment" ? block.segment - 1 : block.segment;
    while (this.#current && this.#current.segment < before) {
      const row = this.#enter(this.#current.segment + 1, block.index, undefined);
      if (row) skipped.push(row);
    }
    const current = this.#current;
    if (!current) return { kind: "unanchored" };
    if (current.segment !== before) return { kind: "misplaced" };
    if (block.type === "segment") return this.#placeSegment(block, current, skipped);
    if (block.index - current.start !== block.indexInSegment) return { kind: "misplaced" };
    return { kind: "placed", keys: current.moveTo(block.index), skipped, opens: undefined };
  }

  /** The auth key of the place behind the last block, if the line reaches it. */
  tipKey(size: number): Uint8Array | undefined {
    return this.#current?.reaches(size) === true ? this.#current.authAt(size) : undefined;
  }

  /** Directory rows of segments that no block belongs to. */
  get unmet(): readonly DirectoryRow[] {
    return [...this.#claimed.values()];
  }

  #placeSegment(block: Block, current: SegmentKeys, skipped: readonly DirectoryRow[]): Placement {
    if (!current.reaches(block.index)) return this.#break(block.index);
    // The SEGMENT block itself is sealed with the old keys, so they are needed once more.
    const { auth, read } = current.moveTo(block.index);
    const keys = { auth: auth.slice(), read: read.slice() };
    const row = this.#enter(block.segment, block.index, block);
    if (!row || !this.#current) return { kind: "unanchored" };
    if (row.index !== block.index) return { kind: "misplaced" };
    const seed = this.#current.authAt(block.index + 1);
    return { kind: "placed", keys, skipped, opens: { row, auth: seed } };
  }

  /**
   * Goes over into a segment, if something the current one vouches for leads there: the SEGMENT
   * block itself, the vendor's own row, or the bundle's.
   */
  #enter(segment: number, upTo: number, block: Block | undefined): DirectoryRow | undefined {
    const candidates = [
      block && rowOf(block),
      this.#input.acked?.segment(segment)?.row,
      this.#claimed.get(segment),
    ];
    const row = candidates.find((candidate) => candidate && this.#isHandedOff(candidate, upTo));
    if (!row) {
      this.#break(upTo);
      return undefined;
    }
    this.#handoffs += 1;
    this.#compareClaim(row);
    const seeds = this.#open(row, block);
    this.#current = seeds && new SegmentKeys(segment, row.index, seeds);
    return row;
  }

  #isHandedOff(row: DirectoryRow, upTo: number): boolean {
    const current = this.#current;
    if (!current?.reaches(row.index) || row.index > upTo) return false;
    const { segment, index, enc, readCommit, handoff } = row;
    const next = { chainId: this.#chainId, segment, index, enc, readCommit };
    return handoffMatches(current.authAt(index), next, handoff);
  }

  /** Seeds by HPKE. Only for what a hand-off or the vendor's own record vouches for. */
  #open(row: DirectoryRow, block: Block | undefined): ChainKeys | undefined {
    const { secrets } = this.#input;
    const kid = block && toHex(decodeSegmentExt(block.ext).vendorKid);
    const named = kid === undefined ? undefined : secrets.get(kid);
    // A row does not name the key, and the name in a block is not proven yet: the commitment tells.
    for (const secret of named ? [named, ...secrets.values()] : secrets.values()) {
      const seeds = this.#seeds(row, secret);
      if (seeds && equalBytes(readCommitment(seeds.read), row.readCommit)) return seeds;
    }
    const verdict = named ? "READ_COMMIT_MISMATCH" : "UNKNOWN_SEALING_KEY";
    const key = kid === undefined ? "" : ` (sealed to key ${kid})`;
    this.#problems.add(verdict, `no key opens segment ${row.segment}${key}`, row.index);
    return undefined;
  }

  #seeds(row: DirectoryRow, secret: Uint8Array): ChainKeys | undefined {
    try {
      const { enc, segment } = row;
      return openSegment({ secret, enc, chainId: this.#chainId, segment });
    } catch (error) {
      if (error instanceof CryptoError) return undefined;
      throw error;
    }
  }

  /** The bundle's rows are redundant where better is known, but a false one shows that somebody wrote it. */
  #compareClaim(truth: DirectoryRow): void {
    const claim = this.#claimed.get(truth.segment);
    this.#claimed.delete(truth.segment);
    if (claim && !isSameRow(claim, truth)) {
      this.#problems.add(
        "TAMPERED",
        `the directory row of segment ${truth.segment} is false`,
        truth.index,
      );
    }
  }

  /** Compares the rows up to the first segment of the bundle with the vendor's own. */
  #compareOwn(upTo: number, genesis: AckedSegment): void {
    for (const claim of this.#input.directory) {
      if (claim.segment > upTo) return;
      const own = claim.segment === 0 ? genesis : this.#input.acked?.segment(claim.segment);
      if (claim.segment === 0 && !isSameRow(claim, genesis.row)) {
        this.#problems.add("GENESIS_MISMATCH", "the directory begins with another ledger", 0);
      } else if (own) this.#compareClaim(own.row);
      this.#claimed.delete(claim.segment);
    }
  }

  #break(index: number): { readonly kind: "unanchored" } {
    this.#problems.add("UNANCHORED", "no hand-off leads to this segment", index);
    this.#current = undefined;
    return { kind: "unanchored" };
  }
}

/** Segment 0 as the activation record tells it. Never taken from a bundle. */
function genesisSegment(activation: Activation): AckedSegment {
  const row = rowOf(decodeBlock(activation.genesisBlock));
  return { row, frontier: [], lastEventId: 0, leaves: new Uint8Array(0), lost: [] };
}

function rowOf(block: Block): DirectoryRow {
  const { enc, readCommit, handoff } = decodeSegmentExt(block.ext);
  return { segment: block.segment, index: block.index, enc, readCommit, handoff };
}

function isSameRow(left: DirectoryRow, right: DirectoryRow): boolean {
  return equalBytes(encodeDirectoryRow(left), encodeDirectoryRow(right));
}
