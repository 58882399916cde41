import { concat, equalBytes, fromBase64Url, fromHex, toBase64Url } from "../base/bytes.ts";
import { firstToExport } from "../bundle/bundle.ts";
import type { Clock } from "../clock/clock.ts";
import { createSha256 } from "../crypto/hash.ts";
import { blockLength, decodeHeader, HEADER_BYTES } from "../ledger/block.ts";
import type { BlockTree } from "../ledger/block-tree.ts";
import { encodeLeavesHead } from "../ledger/kept-leaves.ts";
import type { Cut } from "../ledger/ports.ts";
import { Frontier } from "../merkle/tree.ts";
import type { AdminArchivePlan, AdminCut, AdminCutDone } from "../protocol/admin/archive.ts";
import type { DeskCore } from "./desk-core.ts";
import { DaemonError } from "./errors.ts";
import { archivedNote } from "./kept-leaves-check.ts";
import type { VendorDesk } from "./vendor-desk.ts";

const LEAF_BYTES = 32;

/** Pages of leaves that are read between two looks at the sockets: a millisecond or two. */
const PAGES_AT_ONCE = 2;

/**
 * What a receipt has made ready for an archive: all segments before the one that the next export
 * begins with.
 * @throws DaemonError ARCHIVE_UNSOUND for a damaged ledger.
 */
export function planArchive(desk: VendorDesk): Promise<AdminArchivePlan> {
  return desk.alone(() => Promise.resolve(plan(desk)));
}

function plan({ core, name, chainId }: VendorDesk): AdminArchivePlan {
  const { ledger, files } = core;
  const tree = soundTree(core);
  const from = files.gap?.size ?? 0;
  const size = Math.max(lastCut(core), from);
  const root = toBase64Url(tree.rootAt(size));
  const { ackSize: acknowledged, size: blocks } = ledger;
  return { vendor: name, chainId, from, size, root, acknowledged, blocks };
}

/**
 * Cuts everything off the ledger file that is in an archive, and keeps the leaf hashes. Nothing of
 * the file changes before the last step, which takes place whole or not at all.
 * @throws DaemonError ARCHIVE_UNSOUND, ARCHIVE_NOT_OURS; StoreError STORE_UNAVAILABLE: nothing was
 * changed.
 */
export async function cutLedger(desk: VendorDesk, asked: AdminCut): Promise<AdminCutDone> {
  const { core, name } = desk;
  const { size } = asked;
  refuseOther(core, asked);
  if (size <= (core.files.gap?.size ?? 0)) return { vendor: name, size, freed: 0, kept: 0 };
  const leaves = await gather(soundTree(core), asked, core.clock);
  return desk.alone(async () => cut(desk, size, leaves));
}

async function cut(desk: VendorDesk, size: number, leaves: Uint8Array): Promise<AdminCutDone> {
  const { core, name, chainId } = desk;
  const { files, store, log } = core;
  const kept = files.kept?.cuts ?? [];
  const place: Cut = { size, offset: soundTree(core).offsetOf(size) };
  const front = files.gap?.front ?? lengthOfFirst(core);
  const cuts = [...kept.filter((each) => each.size < size), place];
  const before = files.bytesUpTo(files.chainLength());
  files.keepLeaves(leavesFile({ chainId: fromHex(chainId), front, cuts }, leaves));
  // From here on the ledger is not opened without them: a crash before the cut only makes that early.
  await store.commit({ vendor: name, records: [{ kind: "meta", ...archivedNote(chainId, size) }] });
  files.cut(place, front);
  const freed = before - files.bytesUpTo(files.chainLength());
  log.info("ledger.cut", { vendor: name, blocks: size, freed });
  return { vendor: name, size, freed, kept: leaves.length };
}

/** Where the next export begins. What stands before it, no export ever takes again. */
function lastCut({ store, vendor, ledger }: DeskCore): number {
  return firstToExport(store.directory(vendor.name), ledger.ackSize);
}

function soundTree({ tree, vendor }: DeskCore): BlockTree {
  if (tree !== undefined) return tree;
  throw new DaemonError("ARCHIVE_UNSOUND", `the ledger of ${vendor.name} is damaged`, {
    hint: "nothing is removed from it; see seatkeeper ledger verify",
  });
}

/** A cut inside a segment, or before what was acknowledged, or of another ledger. */
function refuseOther(core: DeskCore, { size, root }: AdminCut): void {
  const isEarlier = size <= lastCut(core);
  const begins = core.store.directory(core.vendor.name).some(({ index }) => index === size);
  if (isEarlier && begins && isRoot(soundTree(core), size, root)) return;
  throw new DaemonError("ARCHIVE_NOT_OURS", `the ledger cannot be cut before block ${size}`, {
    hint: "run seatkeeper ledger archive, which asks for the place",
    facts: { size },
  });
}

const isRoot = (tree: BlockTree, size: number, root: string): boolean =>
  equalBytes(tree.rootAt(size), fromBase64Url(root));

/** All leaf hashes before the cut, read while the daemon serves: what is sealed does not change. */
async function gather(
  tree: BlockTree,
  { size, root }: AdminCut,
  clock: Clock,
): Promise<Uint8Array> {
  const leaves = new Uint8Array(size * LEAF_BYTES);
  let edge = Frontier.empty();
  let pages = 0;
  for (const page of tree.pages(size)) {
    leaves.set(concat(...page), edge.size * LEAF_BYTES);
    for (const leaf of page) edge = edge.append(leaf);
    pages += 1;
    // oxlint-disable-next-line no-await-in-loop -- so that others are served in between
    if (pages % PAGES_AT_ONCE === 0) await new Promise<void>((go) => void clock.soon(go));
  }
  if (equalBytes(edge.root(), fromBase64Url(root))) return leaves;
  throw new DaemonError("ARCHIVE_UNSOUND", "the ledger file has changed since the start", {
    hint: "nothing is removed from it; see seatkeeper ledger verify",
  });
}

function* leavesFile(
  head: Parameters<typeof encodeLeavesHead>[0],
  leaves: Uint8Array,
): Generator<Uint8Array, void, undefined> {
  const front = encodeLeavesHead(head);
  const hash = createSha256();
  hash.update(front);
  hash.update(leaves);
  yield front;
  yield leaves;
  yield hash.digest();
}

function lengthOfFirst({ files }: DeskCore): number {
  return blockLength(decodeHeader(files.readChain(0, HEADER_BYTES)));
}
