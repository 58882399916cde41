import { equalBytes, toHex } from "../base/bytes.ts";
import { type ChainId, chainId } from "../base/ids.ts";
import { looksLikeBundle, readBundleBlocks } from "../bundle/bundle.ts";
import { type Framing, inspectFraming } from "../bundle/framing.ts";
import {
  looksLikeArchive,
  type PieceCodec,
  readArchive,
  readArchiveHead,
} from "../ledger/archive.ts";
import type { Block } from "../ledger/block.ts";
import { encodeDirectoryRow } from "../ledger/directory.ts";
import { LedgerError } from "../ledger/errors.ts";
import type { ByteSource } from "../ledger/ports.ts";
import { readBlocks } from "../ledger/reader.ts";
import { decodeSegmentExt } from "../ledger/segment.ts";
import { type Head, openHead } from "../note/checkpoint.ts";
import { NoteError } from "../note/errors.ts";
import type { AuditInput } from "./audit-input.ts";
import { AuditProblems } from "./audit-problems.ts";
import type { AuditReport } from "./audit-report.ts";
import { AuditWalk } from "./audit-walk.ts";
import { type AuditParts, checksOf, uncheckedBy } from "./checks.ts";

/**
 * Opens a usage bundle, a ledger file or an archive with an auditor's key, shows every block, and recomputes all
 * that can be recomputed without the vendor's key (docs/spec/ledger.md, "What an auditor checks").
 * Holds one block at a time. What is wrong with the file is in the report, never an exception.
 */
export function audit(source: ByteSource, input: AuditInput): AuditReport {
  if (looksLikeBundle(source)) return auditBundle(source, input);
  if (input.codec && looksLikeArchive(source)) return auditArchive(source, input, input.codec);
  return auditLedger(source, input);
}

function auditBundle(source: ByteSource, input: AuditInput): AuditReport {
  const problems = new AuditProblems();
  const framing = inspectFraming(source, problems.shared);
  const walk = new AuditWalk(input, framing?.head.fromIndex ?? 0, problems);
  // What is not in order is not read on: its own frame says that it is not what the site wrote.
  const kind = "bundle";
  if (!framing || !problems.none) return reportOf({ kind, source, input, walk, problems });
  compareLicense(input, framing.head.chainId, problems);
  const rows = new Map(framing.head.directory.map((row) => [row.index, row]));
  for (const block of readBundleBlocks(source, framing.head)) {
    walk.visit(block);
    const row = rows.get(block.index);
    if (row && !equalBytes(encodeDirectoryRow(row), rowOf(block))) {
      const detail = "the directory row is not what the block says";
      problems.shared.add("TAMPERED", detail, block.index);
    }
  }
  compareGenesis(input, walk, problems);
  const head = checkEnd(framing, input, walk, problems);
  walk.bytes.addFrame(walk.root !== undefined);
  return reportOf({ kind, source, input, walk, problems, framing, head });
}

/** Its own head and tree are checked on the way; what is not in order is not read on. */
function auditArchive(source: ByteSource, input: AuditInput, codec: PieceCodec): AuditReport {
  const problems = new AuditProblems();
  let walk = new AuditWalk(input, 0, problems);
  let id: ChainId | undefined;
  try {
    const { chainId: chain, from, edge } = readArchiveHead(source);
    walk = new AuditWalk(input, from, problems, edge);
    id = chainId(toHex(chain));
    compareLicense(input, id, problems);
    for (const block of readArchive(source, codec)) walk.visit(block);
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    const code = error.code === "ARCHIVE_UNSUPPORTED" ? "UNSUPPORTED" : "MALFORMED";
    problems.shared.add(code, error.message);
  }
  compareGenesis(input, walk, problems);
  return reportOf({ kind: "archive", source, input, walk, problems, chainId: id });
}

function auditLedger(source: ByteSource, input: AuditInput): AuditReport {
  const problems = new AuditProblems();
  const walk = new AuditWalk(input, 0, problems);
  let chain: Uint8Array | undefined;
  try {
    for (const { block } of readBlocks(source)) {
      chain ??= block.chainId;
      if (!equalBytes(chain, block.chainId)) {
        problems.shared.add("WRONG_CHAIN", "a block belongs to another ledger", block.index);
        break;
      }
      if (block.index < walk.next) {
        const detail = "the block does not follow the one before";
        problems.shared.add("KEY_INDEX_MISMATCH", detail, block.index);
        break;
      }
      walk.visit(block);
      if (source.gap && walk.counts.blocks === 1) walk.pass(source.gap);
    }
    if (!chain) problems.shared.add("MALFORMED", "there is no block");
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    problems.shared.add("MALFORMED", error.message);
  }
  const id = chain && chainId(toHex(chain));
  if (id) compareLicense(input, id, problems);
  compareGenesis(input, walk, problems);
  return reportOf({ kind: "ledger", source, input, walk, problems, chainId: id });
}

function compareLicense({ license }: AuditInput, found: ChainId, problems: AuditProblems): void {
  if (!license || license.chainId === found) return;
  problems.shared.add("WRONG_CHAIN", `the license is for ledger ${license.chainId}`);
}

function compareGenesis({ license }: AuditInput, walk: AuditWalk, problems: AuditProblems): void {
  if (!license) return;
  const { genesisLeaf, genesis } = walk;
  if (genesisLeaf && !equalBytes(genesisLeaf, license.genesisLeaf)) {
    problems.shared.add("GENESIS_MISMATCH", "block 0 is not the one that was licensed", 0);
  }
  if (genesis && !equalBytes(genesis.daemonKey, license.daemonKey)) {
    problems.shared.add("GENESIS_MISMATCH", "block 0 names another daemon than the license", 0);
  }
}

/** The head and the root behind the blocks; the head if its daemon signed it. */
function checkEnd(
  { head: { size }, tail }: Framing,
  { license }: AuditInput,
  walk: AuditWalk,
  problems: AuditProblems,
): Head | undefined {
  if (walk.next < size) {
    const detail = `blocks ${walk.next} to ${size - 1} are missing`;
    problems.shared.add("BLOCKS_MISSING", detail, walk.next);
  }
  const root = walk.next === size ? walk.root : undefined;
  if (root && !equalBytes(root, tail.root)) {
    problems.shared.add("ROOT_MISMATCH", "the root is not that of the blocks");
  }
  const signer = license ?? walk.genesis;
  if (!signer) return undefined;
  try {
    const verifier = { name: signer.origin, publicKey: signer.daemonKey };
    const head = openHead(tail.checkpoint, verifier);
    if (head.size === size && equalBytes(head.root, tail.root)) return head;
    problems.shared.add("BAD_CHECKPOINT_SIGNATURE", "the head is signed for another ledger end");
  } catch (error) {
    if (!(error instanceof NoteError)) throw error;
    problems.shared.add("BAD_CHECKPOINT_SIGNATURE", `the head is refused: ${error.message}`);
  }
  return undefined;
}

function rowOf(block: Block): Uint8Array {
  if (block.type !== "segment") return new Uint8Array(0);
  const { enc, readCommit, handoff } = decodeSegmentExt(block.ext);
  const { segment, index } = block;
  return encodeDirectoryRow({ segment, index, enc, readCommit, handoff });
}

/** Bytes that are accounted for: of an archive, those of its blocks, whichever way they are packed. */
function lengthIn(kind: AuditReport["kind"], { length, gap }: ByteSource, walk: AuditWalk): number {
  if (kind === "archive") return walk.counts.bytes;
  return gap ? length - gap.offset + gap.front : length;
}

/** Everything a report is made from. */
interface Looked extends Omit<AuditParts, "framing" | "head"> {
  readonly source: ByteSource;
  readonly problems: AuditProblems;
  readonly framing?: Framing;
  readonly head?: Head | undefined;
  /** Of a ledger file: what its blocks say. A bundle says it itself. */
  readonly chainId?: ChainId | undefined;
}

function reportOf(looked: Looked): AuditReport {
  const { kind, source, input, walk, problems, framing, head, chainId: id } = looked;
  walk.finish();
  const { blocks, opened } = walk.counts;
  if (input.secret && opened === 0 && problems.none) {
    const detail = `no block is sealed for ${walk.auditor}: it has checked nothing that is sealed`;
    problems.add("NOTHING_READABLE", detail);
  }
  const parts = { kind, input, walk, framing, head };
  return {
    kind,
    chainId: framing?.head.chainId ?? id,
    auditor: walk.auditor,
    fromIndex: framing?.head.fromIndex ?? walk.from,
    size: framing?.head.size ?? walk.next,
    blocks,
    opened,
    sealed: blocks - opened,
    sealedRanges: walk.unopened.listed,
    readers: walk.readers.changes,
    root: walk.root,
    head,
    bytes: walk.bytes.count(lengthIn(kind, source, walk)),
    checked: checksOf(parts),
    unchecked: uncheckedBy(parts),
    problems: problems.listed,
    problemCount: problems.count,
  };
}
