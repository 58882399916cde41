import { equalBytes, toHex } from "../base/bytes.ts";
import { type ChainId, chainId } from "../base/ids.ts";
import { selectBlocks, writeBundle } from "../bundle/bundle.ts";
import { blockLeaf, decodeBlock } from "../ledger/block.ts";
import type { DirectoryRow } from "../ledger/directory.ts";
import { LedgerError } from "../ledger/errors.ts";
import type { ByteSink, OutboxRow } from "../ledger/ports.ts";
import { archivedLeaves, chainSource, readBlocks } from "../ledger/reader.ts";
import { type OpenOptions, SealedLedger } from "../ledger/sealed-ledger.ts";
import { decodeSegmentExt } from "../ledger/segment.ts";
import { Frontier } from "../merkle/tree.ts";
import { chainOrigin, signHead } from "../note/checkpoint.ts";
import type { RealLedgerFiles } from "../store/ledger-files.ts";
import { DaemonError } from "./errors.ts";
import type { SiteKey } from "./site-key.ts";

/** Why a ledger cannot be continued where it lies. */
export const ENDINGS = ["CHAIN_KEY_LOST", "STATE_REGRESSION", "EVENT_STORE_REGRESSION"] as const;

/** Why one ends that could be continued: the key that signs for it is to sign no more. */
export const REPLACED = "DAEMON_KEY_REPLACED";

export type EndingCode = (typeof ENDINGS)[number] | typeof REPLACED;

/** Where a ledger ended, and what can be proven about it. */
export interface EndedLedger {
  readonly chainId: ChainId;
  readonly size: number;
  readonly root: Uint8Array;
  /** The tip proof; zeros where the keys are lost. */
  readonly tip: Uint8Array;
  readonly code: EndingCode;
  /** The segments that its blocks open. */
  readonly rows: readonly DirectoryRow[];
}

/**
 * What there is of a ledger that is not to be continued. A block that was committed and is not in the
 * file yet is written first.
 * @param whole why one ends that could be continued; without it, such a one is refused.
 * @throws DaemonError SUCCESSION_NEEDLESS for one that can be continued; LedgerError CHAIN_MISSING,
 * GENESIS_MISMATCH.
 */
export function endLedger(
  files: RealLedgerFiles,
  outbox: readonly OutboxRow[],
  options: OpenOptions,
  whole?: EndingCode,
): EndedLedger {
  const code = endingOf(files, outbox, options) ?? whole ?? refuseNeedless();
  const ledger = withItsKeys(code, files, outbox, options);
  if (ledger === undefined) finishNewest(files, outbox);
  const blocks = lookThrough(files);
  const { chainId: chain, size, root } = ledger ?? blocks;
  return {
    chainId: chain,
    size,
    root,
    tip: ledger?.tip() ?? new Uint8Array(32),
    code,
    rows: blocks.rows,
  };
}

function endingOf(
  files: RealLedgerFiles,
  outbox: readonly OutboxRow[],
  options: OpenOptions,
): EndingCode | undefined {
  try {
    SealedLedger.open(files, outbox, options);
    return undefined;
  } catch (error) {
    const found = ENDINGS.find((code) => error instanceof LedgerError && error.code === code);
    if (found === undefined) throw error;
    return found;
  }
}

/** The ledger with the keys that prove its end; undefined where they are lost. */
function withItsKeys(
  code: EndingCode,
  files: RealLedgerFiles,
  outbox: readonly OutboxRow[],
  options: OpenOptions,
): SealedLedger | undefined {
  if (code === "EVENT_STORE_REGRESSION")
    return SealedLedger.open(files, [], { ...options, isEnded: true }).ledger;
  if (code === REPLACED) return SealedLedger.open(files, outbox, options).ledger;
  return undefined;
}

function refuseNeedless(): never {
  throw new DaemonError("SUCCESSION_NEEDLESS", "the ledger can be continued", {
    hint: "start the daemon with seatkeeper serve",
  });
}

/** The bytes of the newest block were fixed by a COMMIT, and a crash may have kept them from the file. */
function finishNewest(files: RealLedgerFiles, outbox: readonly OutboxRow[]): void {
  const { size, leaf, end } = lookThrough(files);
  const row = outbox.find(({ index }) => index === size);
  if (row === undefined || leaf === undefined) return;
  if (!equalBytes(decodeBlock(row.bytes).prevLeaf, leaf)) return;
  files.appendAt(end, row.bytes);
  files.syncChain();
}

interface Blocks {
  readonly chainId: ChainId;
  readonly size: number;
  readonly root: Uint8Array;
  readonly rows: readonly DirectoryRow[];
  /** Leaf of the newest block, and where it ends. */
  readonly leaf: Uint8Array | undefined;
  readonly end: number;
}

/** All whole blocks of the file. The root is over those that are there. */
function lookThrough(files: RealLedgerFiles): Blocks {
  let frontier = Frontier.empty();
  let id = "";
  let size = 0;
  let end = 0;
  let leaf: Uint8Array | undefined;
  const rows: DirectoryRow[] = [];
  try {
    for (const { block, offset } of readBlocks(chainSource(files))) {
      if (frontier.size === 1) frontier = passArchived(frontier, files);
      id = toHex(block.chainId);
      size = block.index + 1;
      end = offset + block.bytes.length;
      leaf = blockLeaf(block.bytes);
      frontier = frontier.append(leaf);
      if (block.type === "segment") {
        const { enc, readCommit, handoff } = decodeSegmentExt(block.ext);
        rows.push({ segment: block.segment, index: block.index, enc, readCommit, handoff });
      }
    }
  } catch (error) {
    // A torn last block is what a crash leaves.
    if (!(error instanceof LedgerError) || size === 0) throw error;
  }
  return { chainId: chainId(id), size, root: frontier.root(), rows, leaf, end };
}

/** Blocks that are in archives count by their leaf hashes. */
function passArchived(edge: Frontier, { gap }: RealLedgerFiles): Frontier {
  let frontier = edge;
  if (gap) for (const leaf of archivedLeaves(gap)) frontier = frontier.append(leaf);
  return frontier;
}

/** The bundle of what the vendor has not acknowledged, with the head that the daemon signs for it. */
export function writeLastBundle(
  sink: ByteSink,
  files: RealLedgerFiles,
  ended: EndedLedger,
  signed: { readonly vendor: string; readonly siteKey: SiteKey; readonly ackSize: number },
): void {
  const { chainId: chain, size, root, tip, rows } = ended;
  const origin = chainOrigin(signed.vendor, chain);
  const { signer } = signed.siteKey;
  const selected = selectBlocks(chainSource(files), rows, signed.ackSize);
  writeBundle(sink, {
    chainId: chain,
    size,
    root,
    tip,
    ...selected,
    directory: rows.filter(({ index }) => index >= selected.fromIndex),
    checkpoint: signHead({ origin, size, root }, { name: origin, signer }),
  });
}
