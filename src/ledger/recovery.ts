import { equalBytes } from "../base/bytes.ts";
import { erase } from "../crypto/erase.ts";
import { BLOCK_TYPES, type Block, blockLeaf, decodeBlock } from "./block.ts";
import { moveState, other, placeBlock, scrubSlot } from "./commit.ts";
import { LedgerError } from "./errors.ts";
import type { LedgerFiles, OutboxRow, SlotNumber } from "./ports.ts";
import { chainSource, readBlocks } from "./reader.ts";
import { type ChainState, decodeSlot } from "./state.ts";
import { keysAfter, NOT_OF_ONE_MOMENT, successor } from "./succession.ts";

/** What recovery can meet that no honest crash explains. */
export const RECOVERY_CODES = [
  "UNEXPECTED_TAIL",
  "FILE_SHORTER_THAN_STATE",
  "LOST_WRITE_REPAIRED",
  "STATE_ANOMALY",
] as const;

/** One of them, met. Each is to be sealed as an INCIDENT. */
export interface RecoveryFinding {
  readonly code: (typeof RECOVERY_CODES)[number];
  /** For people: lower case, no full stop, no secret. */
  readonly detail: string;
}

/** What is known of the ledger beside its files. */
interface RecoveryOptions {
  /** The leaf hash of block 0, by the license. */
  readonly genesisLeaf?: Uint8Array | undefined;
  /** True where the database is known not to have the newest block. */
  readonly isEnded?: boolean;
}

/** A ledger whose files agree with each other again. */
export interface Recovered {
  readonly state: ChainState;
  /** The slot that holds it; the other is zeros. */
  readonly slot: SlotNumber;
  readonly findings: readonly RecoveryFinding[];
  /** Blocks written again that a crash had left unfinished: 0 or 1. */
  readonly redone: number;
  /** True when the newest block is a RECEIPT, after which a segment begins. */
  readonly afterReceipt: boolean;
}

/**
 * Brings the chain file, the state slots and the outbox together (docs/spec/ledger.md,
 * "Recovery"). What is refused is refused before anything is written. Every step may be cut off
 * and repeated.
 * @throws LedgerError `CHAIN_MISSING`, `CHAIN_KEY_LOST`, `GENESIS_MISMATCH`, `STATE_REGRESSION`,
 * `EVENT_STORE_REGRESSION`.
 */
export function recover(
  files: LedgerFiles,
  outbox: readonly OutboxRow[],
  { genesisLeaf, isEnded = false }: RecoveryOptions,
): Recovered {
  const findings: RecoveryFinding[] = [];
  const { state: found, slot } = chooseSlot(files, findings);
  refuseForeignGenesis(files, found, genesisLeaf);
  const rows = outbox.toSorted((left, right) => left.index - right.index);
  const waiting = waitingRow(found, rows);
  const next = waiting && successor(found, waiting, keysAfter(found, waiting));
  const written = waiting || isEnded ? [] : writtenRows(found, rows);
  // A killed process leaves the newer slot in the page cache only. It must be on the medium before
  // the other goes, or a power cut in between would leave no slot at all.
  files.syncState();
  scrubSlot(files, other(slot));
  const begin = beginOf(files, found, written, findings);
  const standing = keepOffset(files, { state: found, slot }, begin + lengthOf(written));
  repair(files, begin, written, findings);
  const newest = waiting ?? rows.at(-1);
  const afterReceipt = newest !== undefined && typeByteOf(newest) === RECEIPT;
  const reached = waiting && next ? redo(files, standing, waiting.bytes, next) : standing;
  setTailAside(files, reached.state.fileOffset, findings);
  return { ...reached, findings, redone: waiting ? 1 : 0, afterReceipt };
}

const RECEIPT = BLOCK_TYPES.indexOf("receipt") + 1;

interface Chosen {
  readonly state: ChainState;
  readonly slot: SlotNumber;
}

function chooseSlot(files: LedgerFiles, findings: RecoveryFinding[]): Chosen {
  if (files.chainLength() === 0) {
    throw new LedgerError("CHAIN_MISSING", "the ledger file is missing or empty", {
      hint: "restore the data folder, or activate the site again",
    });
  }
  const first = stateIn(files, 0);
  const second = stateIn(files, 1);
  const newer = second && (!first || second.generation > first.generation) ? 1 : 0;
  const state = newer === 1 ? second : first;
  const older = newer === 1 ? first : second;
  if (!state) throw keyLost();
  if (older) noteAnomaly(state, older, findings);
  return { state, slot: newer };
}

function stateIn(files: LedgerFiles, slot: SlotNumber): ChainState | undefined {
  const bytes = files.readSlot(slot);
  const state = decodeSlot(bytes);
  erase(bytes);
  return state;
}

function noteAnomaly(state: ChainState, older: ChainState, findings: RecoveryFinding[]): void {
  const adjacent =
    state.generation === older.generation + 1 &&
    (state.nextIndex === older.nextIndex + 1 || equalBytes(state.prevLeaf, older.prevLeaf)) &&
    equalBytes(state.chainId, older.chainId);
  erase(older.auth, older.read);
  // Adjacent slots are what a crash between the two writes of a commit leaves, or of `keepOffset`.
  if (!adjacent) {
    findings.push({
      code: "STATE_ANOMALY",
      detail: `two states, for block ${older.nextIndex} and block ${state.nextIndex}`,
    });
  }
}

function refuseForeignGenesis(
  files: LedgerFiles,
  state: ChainState,
  genesisLeaf: Uint8Array | undefined,
): void {
  const first = firstBlock(files);
  const ours =
    first !== undefined &&
    equalBytes(first.chainId, state.chainId) &&
    (genesisLeaf === undefined || equalBytes(blockLeaf(first.bytes), genesisLeaf));
  if (!ours) {
    throw new LedgerError("GENESIS_MISMATCH", "the ledger does not begin with the licensed block", {
      hint: "this is another site's or an older ledger: restore the right one, or activate again",
    });
  }
}

function firstBlock(files: LedgerFiles): Block | undefined {
  try {
    for (const { block } of readBlocks(chainSource(files))) return block;
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
  }
  return undefined;
}

/** The row whose block the state does not know yet. @throws LedgerError `STATE_REGRESSION`. */
function waitingRow(state: ChainState, rows: readonly OutboxRow[]): OutboxRow | undefined {
  const newest = rows.at(-1);
  if (!newest || newest.index < state.nextIndex) return undefined;
  if (newest.index === state.nextIndex) return newest;
  throw new LedgerError(
    "STATE_REGRESSION",
    `the database waits to write block ${newest.index}, the keys stand at ${state.nextIndex}`,
    { hint: NOT_OF_ONE_MOMENT },
  );
}

/**
 * The rows of blocks the state already knows, oldest first: normally one, kept until the next
 * commit so that a block the disk lost in spite of its sync can be written again. A row is taken
 * only if the state's leaf hash, or the block after it, vouches for it.
 *
 * Events, exports and receipts are numbered in the transaction of the block that seals them, so a
 * database without the newest block would give numbers again that are sealed already.
 * @throws LedgerError `EVENT_STORE_REGRESSION`.
 */
function writtenRows(state: ChainState, rows: readonly OutboxRow[]): readonly OutboxRow[] {
  const own: OutboxRow[] = [];
  let leaf = state.prevLeaf;
  for (const row of rows.toReversed()) {
    if (row.index !== state.nextIndex - 1 - own.length || !equalBytes(blockLeaf(row.bytes), leaf)) {
      break;
    }
    own.unshift(row);
    leaf = decodeBlock(row.bytes).prevLeaf;
  }
  // Block 0 never passes through the database.
  if (own.length === 0 && state.nextIndex > 1) throw olderDatabase(state, rows);
  return own;
}

/**
 * Where the first of the rows belongs: they end where the state does. What their `offset` says is
 * history, for a file that lost blocks has been continued before it.
 */
function beginOf(
  files: LedgerFiles,
  state: ChainState,
  rows: readonly OutboxRow[],
  findings: RecoveryFinding[],
): number {
  const begin = state.fileOffset - lengthOf(rows);
  return files.chainLength() < begin ? cutToLastBlock(files, state, findings) : begin;
}

function lengthOf(rows: readonly OutboxRow[]): number {
  return rows.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

/**
 * The slot must say where a file goes on that lost blocks. A crash before this finds the same file
 * again; after it, blocks that only the rows have, as after any lost write.
 */
function keepOffset(files: LedgerFiles, { state, slot }: Chosen, fileOffset: number): Chosen {
  if (fileOffset === state.fileOffset) return { state, slot };
  const moved = { ...state, generation: state.generation + 1, fileOffset };
  moveState(files, moved, other(slot));
  return { state: moved, slot: other(slot) };
}

/** Makes the file hold every block the state knows, as far as rows remain. */
function repair(
  files: LedgerFiles,
  begin: number,
  rows: readonly OutboxRow[],
  findings: RecoveryFinding[],
): void {
  let end = begin;
  for (const row of rows) {
    if (!holds(files, end, row.bytes)) {
      placeBlock(files, end, row.bytes);
      findings.push({
        code: "LOST_WRITE_REPAIRED",
        detail: `block ${row.index} was not on disk although its write was confirmed`,
      });
    }
    end += row.bytes.length;
  }
}

/** Blocks are missing for good: what follows is written after the last whole one. */
function cutToLastBlock(
  files: LedgerFiles,
  state: ChainState,
  findings: RecoveryFinding[],
): number {
  const length = files.chainLength();
  const end = endOfLastBlock(files);
  if (end < length) files.setAside(end);
  findings.push({
    code: "FILE_SHORTER_THAN_STATE",
    detail: `the ledger file has ${length} bytes instead of ${state.fileOffset}`,
  });
  return end;
}

function endOfLastBlock(files: LedgerFiles): number {
  let end = 0;
  try {
    for (const { block, offset } of readBlocks(chainSource(files))) {
      end = offset + block.bytes.length;
    }
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
  }
  return Math.max(end, files.gap?.offset ?? 0);
}

function holds(files: LedgerFiles, offset: number, bytes: Uint8Array): boolean {
  if (files.chainLength() < offset + bytes.length) return false;
  return equalBytes(files.readChain(offset, bytes.length), bytes);
}

/** Writes the block that was committed but perhaps not finished: the same bytes, the same steps. */
function redo(files: LedgerFiles, standing: Chosen, bytes: Uint8Array, next: ChainState): Chosen {
  const { generation, fileOffset, auth, read } = standing.state;
  const state = { ...next, generation: generation + 1, fileOffset: fileOffset + bytes.length };
  const slot = other(standing.slot);
  placeBlock(files, fileOffset, bytes);
  moveState(files, state, slot);
  erase(auth, read);
  return { state, slot };
}

function setTailAside(files: LedgerFiles, end: number, findings: RecoveryFinding[]): void {
  const extra = files.chainLength() - end;
  if (extra <= 0) return;
  files.setAside(end);
  findings.push({
    code: "UNEXPECTED_TAIL",
    detail: `${extra} bytes after the last block were set aside`,
  });
}

function typeByteOf(row: OutboxRow): number | undefined {
  return row.bytes[5];
}

function olderDatabase(state: ChainState, rows: readonly OutboxRow[]): LedgerError {
  const newest = state.nextIndex - 1;
  const known = rows.at(-1)?.index ?? 0;
  return new LedgerError(
    "EVENT_STORE_REGRESSION",
    `the database does not know block ${newest}, the newest of the ledger: it is older, or another one`,
    { hint: OLDER_DATABASE, facts: { newest, known } },
  );
}

const OLDER_DATABASE =
  "put back the seatkeeper.db that was here when the ledger was last written, with its -wal file; if it is lost, run seatkeeper ledger succeed";

function keyLost(): LedgerError {
  return new LedgerError("CHAIN_KEY_LOST", "ledger.state holds no usable keys", {
    hint: "put the right ledger.state back if it still exists; if it is lost, run seatkeeper ledger succeed",
  });
}
