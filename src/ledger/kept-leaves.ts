import { concat, equalBytes, readUint, u16, u32, u64, utf8 } from "../base/bytes.ts";
import { createSha256 } from "../crypto/hash.ts";
import { LedgerError } from "./errors.ts";
import type { ByteSource, Cut } from "./ports.ts";

/** What `ledger.skc.leaves` says in front of its hashes. */
export interface LeavesHead {
  /** 16 bytes. */
  readonly chainId: Uint8Array;
  /** Bytes of block 0, which stays in the ledger file. */
  readonly front: number;
  /** The oldest first; never empty. The last one says how many hashes follow. */
  readonly cuts: readonly Cut[];
}

/** Cuts of one ledger: more than one a day for a century. */
const MAX_CUTS = 65_536;
const LEAF_BYTES = 32;
const DIGEST_BYTES = 32;
const FIXED_BYTES = 30;
/** Bytes hashed at a time. */
const PIECE = 1_048_576;

/** Everything of the file in front of the hashes (docs/spec/ledger.md, "Kept leaves"). */
export function encodeLeavesHead({ chainId, front, cuts }: LeavesHead): Uint8Array {
  const rows = cuts.map(({ size, offset }) => concat(u64(size), u64(offset)));
  return concat(MAGIC, u16(VERSION), chainId, u32(front), u32(cuts.length), ...rows);
}

/** The leaf hashes of blocks that are in archives. They lie on the disk; none is held in memory. */
export class KeptLeaves implements LeavesHead {
  readonly chainId: Uint8Array;
  readonly front: number;
  readonly cuts: readonly Cut[];
  readonly #source: ByteSource;
  readonly #at: number;

  private constructor(source: ByteSource, head: LeavesHead, at: number) {
    this.chainId = head.chainId;
    this.front = head.front;
    this.cuts = head.cuts;
    this.#source = source;
    this.#at = at;
  }

  /**
   * Reads the whole file once, to see that it is as it was written.
   * @throws LedgerError `LEDGER_LEAVES_DAMAGED`, `LEDGER_UNSUPPORTED`.
   */
  static open(source: ByteSource): KeptLeaves {
    const { length } = source;
    if (length < FIXED_BYTES + 16 + DIGEST_BYTES) throw damaged(`has ${length} bytes`);
    const fixed = source.read(0, FIXED_BYTES);
    if (!equalBytes(fixed.subarray(0, 4), MAGIC)) throw damaged("does not begin with SKL1");
    const version = readUint(fixed, 4, 2);
    if (version !== VERSION) {
      throw new LedgerError("LEDGER_UNSUPPORTED", `leaf hashes of version ${version}`, {
        hint: "install the release that archived the ledger, or a newer one",
      });
    }
    const count = readUint(fixed, 26, 4);
    const at = FIXED_BYTES + 16 * count;
    if (count < 1 || count > MAX_CUTS || at > length) throw damaged(`names ${count} cuts`);
    const cuts = readCuts(source.read(FIXED_BYTES, 16 * count));
    const size = cuts.at(-1)?.size ?? 0;
    if (length !== at + size * LEAF_BYTES + DIGEST_BYTES) throw damaged(`has ${length} bytes`);
    refuseChanged(source);
    const head = { chainId: fixed.slice(6, 22), front: readUint(fixed, 22, 4), cuts };
    return new KeptLeaves(source, head, at);
  }

  /** Leaf hashes of blocks `from` up to but not including `to`. @throws RangeError beyond the last. */
  leaves(from: number, to: number): readonly Uint8Array[] {
    if (to <= from) return [];
    const bytes = this.#source.read(this.#at + from * LEAF_BYTES, (to - from) * LEAF_BYTES);
    return Array.from({ length: to - from }, (_, n) =>
      bytes.subarray(n * LEAF_BYTES, (n + 1) * LEAF_BYTES),
    );
  }
}

const MAGIC = utf8("SKL1");
const VERSION = 1;

function readCuts(bytes: Uint8Array): readonly Cut[] {
  const cuts: Cut[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    if (readUint(bytes, at, 2) !== 0 || readUint(bytes, at + 8, 2) !== 0) {
      throw damaged("has a number of 2^48 or above");
    }
    const cut = { size: readUint(bytes, at, 8), offset: readUint(bytes, at + 8, 8) };
    const before = cuts.at(-1) ?? { size: 1, offset: 0 };
    if (cut.size <= before.size || cut.offset <= before.offset) {
      throw damaged("has cuts out of order");
    }
    cuts.push(cut);
  }
  return cuts;
}

function refuseChanged(source: ByteSource): void {
  const end = source.length - DIGEST_BYTES;
  const hash = createSha256();
  for (let at = 0; at < end; at += PIECE) hash.update(source.read(at, Math.min(PIECE, end - at)));
  if (equalBytes(hash.digest(), source.read(end, DIGEST_BYTES))) return;
  throw damaged("is not as it was written");
}

function damaged(what: string): LedgerError {
  return new LedgerError("LEDGER_LEAVES_DAMAGED", `the file of kept leaf hashes ${what}`, {
    hint: "put ledger.skc.leaves back from the newest backup",
  });
}
