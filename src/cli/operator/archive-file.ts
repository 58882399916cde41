import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { equalBytes, fromBase64Url, fromHex, toHex } from "../../base/bytes.ts";
import { ChainSource } from "../../daemon/chain-source.ts";
import type { LedgerInspection } from "../../daemon/ledger-inspection.ts";
import {
  type ArchiveHead,
  encodeArchive,
  readArchive,
  readArchiveHead,
} from "../../ledger/archive.ts";
import { LedgerError } from "../../ledger/errors.ts";
import type { ByteSource } from "../../ledger/ports.ts";
import { edgeAt, readBlocks, rootAt } from "../../ledger/reader.ts";
import type { AdminArchivePlan } from "../../protocol/admin/archive.ts";
import { fileSource } from "../shared/file-source.ts";
import { withInput } from "../shared/input-file.ts";
import { streamOutput } from "../shared/output-file.ts";
import { pieceCodec } from "../shared/piece-codec.ts";

/** It is as private as the ledger. */
const PRIVATE = 0o600;

/** Blocks between two words about how far it got. */
const BEAT = 4_096;

/** Told the blocks that are done. */
type Progress = (done: number) => void;

/** An archive that was read back from the disk. */
export interface WrittenArchive {
  readonly file: string;
  /** Bytes of the file, and of the blocks in it. */
  readonly bytes: number;
  readonly raw: number;
}

/** Where an archive of this plan lies: names sort as the blocks do. */
export function archivePath(
  folder: string,
  { vendor, chainId, from, size }: AdminArchivePlan,
): string {
  const [first, last] = [from, size - 1].map((index) => String(index).padStart(9, "0"));
  return join(folder, `${vendor}-${chainId.slice(0, 8)}-${first}-${last}.skarchive`);
}

/**
 * Writes the archive of a plan, unless an earlier call has, and reads it back from the file.
 * @throws CliError OUTPUT_FAILED; LedgerError ARCHIVE_DAMAGED and others for what is there already.
 */
export async function writeArchive(
  file: string,
  chainPath: string,
  plan: AdminArchivePlan,
  progress: { readonly writing: Progress; readonly reading: Progress },
): Promise<WrittenArchive> {
  if (!existsSync(file)) {
    const source = new ChainSource(chainPath);
    try {
      await streamOutput(file, { mode: PRIVATE }, (write) => {
        const blocks = counting(blocksOf(source, plan), progress.writing);
        for (const piece of encodeArchive(headOf(source, plan), blocks, pieceCodec)) write(piece);
        return Promise.resolve();
      });
    } finally {
      source.close();
    }
  }
  return readBack(file, plan, progress.reading);
}

/** What `ledger verify` says about an archive. */
type Compared = Pick<LedgerInspection, "checked" | "problems">;

/**
 * Whether an archive holds blocks of this ledger: its tree must begin and end with roots that the
 * ledger had at those places.
 * @throws CliError FILE_NOT_FOUND, FILE_UNREADABLE.
 */
export function compareArchive(file: string, chainPath: string): Compared {
  const source = new ChainSource(chainPath);
  try {
    return withInput(file, "archive", (fd) => compared(file, fileSource(fd, file), source));
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    return refused(`${file}: ${error.message}`, "MALFORMED");
  } finally {
    source.close();
  }
}

function compared(file: string, archive: ByteSource, ledger: ChainSource): Compared {
  const { from, size, edge } = readArchiveHead(archive);
  const { root } = lookThrough(archive);
  const before = rootAt(ledger, from);
  const after = rootAt(ledger, size);
  const isOurs = before !== undefined && after !== undefined;
  if (isOurs && equalBytes(before, edge.root()) && equalBytes(after, root)) {
    const checked = `${basename(file)}: blocks ${from} to ${size - 1}, against the ledger's tree`;
    return { checked: [checked], problems: [] };
  }
  return refused(`${file} holds other blocks than this ledger had`, "ROOT_MISMATCH");
}

function refused(detail: string, code: "MALFORMED" | "ROOT_MISMATCH"): Compared {
  return { checked: [], problems: [{ code, detail }] };
}

/** Bytes that the blocks of a plan take in the ledger file. */
export function bytesOf(chainPath: string, plan: AdminArchivePlan): number {
  const source = new ChainSource(chainPath);
  try {
    let bytes = 0;
    for (const block of blocksOf(source, plan)) bytes += block.length;
    return bytes;
  } finally {
    source.close();
  }
}

/** The tree over its blocks must be the ledger's own: then every byte of every block is in it. */
function readBack(file: string, plan: AdminArchivePlan, progress: Progress): WrittenArchive {
  return withInput(file, "archive", (fd) => {
    const source = fileSource(fd, file);
    const { from, size, chainId } = readArchiveHead(source);
    const isOurs = from === plan.from && size === plan.size && toHex(chainId) === plan.chainId;
    const { raw, root } = lookThrough(source, progress);
    if (isOurs && equalBytes(root, fromBase64Url(plan.root))) {
      return { file, bytes: source.length, raw };
    }
    throw new LedgerError("ARCHIVE_DAMAGED", `${file} holds other blocks than the ledger`, {
      hint: "move it away, and archive again: the ledger still has its blocks",
    });
  });
}

/** Reads an archive to its end. @throws LedgerError as `readArchive`. */
function lookThrough(
  source: ByteSource,
  progress: Progress = () => undefined,
): { readonly raw: number; readonly root: Uint8Array } {
  const blocks = readArchive(source, pieceCodec);
  let [raw, done] = [0, 0];
  for (;;) {
    const step = blocks.next();
    if (step.done === true) return { raw, root: step.value.root() };
    raw += step.value.bytes.length;
    done += 1;
    if (done % BEAT === 0) progress(done);
  }
}

function headOf(source: ByteSource, { chainId, from, size }: AdminArchivePlan): ArchiveHead {
  return { chainId: fromHex(chainId), from, size, edge: edgeAt(source, from) };
}

function* blocksOf(
  source: ChainSource,
  { from, size }: AdminArchivePlan,
): Generator<Uint8Array, void, undefined> {
  const start = from === 0 ? 0 : source.gap?.offset;
  for (const { block } of readBlocks(source, start)) {
    if (block.index >= size) return;
    yield block.bytes;
  }
}

function* counting(
  blocks: Iterable<Uint8Array>,
  progress: Progress,
): Generator<Uint8Array, void, undefined> {
  let done = 0;
  for (const block of blocks) {
    yield block;
    done += 1;
    if (done % BEAT === 0) progress(done);
  }
}
