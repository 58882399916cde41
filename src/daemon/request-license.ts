import { existsSync } from "node:fs";
import { equalBytes, fromBase64Url, fromUtf8, toHex } from "../base/bytes.ts";
import { chainId } from "../base/ids.ts";
import type { UnixMillis } from "../base/time.ts";
import { systemClock } from "../clock/system-clock.ts";
import type { Config } from "../config/config.ts";
import type { Signer } from "../crypto/ed25519.ts";
import { type Block, blockLeaf } from "../ledger/block.ts";
import { LedgerError } from "../ledger/errors.ts";
import type { ByteSource } from "../ledger/ports.ts";
import { chainSource, readBlocks } from "../ledger/reader.ts";
import { type ActivationRequest, writeActivationRequest } from "../license/activation-request.ts";
import { claimOfDaemonKey } from "../license/daemon-key.ts";
import type { HostFingerprint } from "../license/host-fingerprint.ts";
import { PROOFS_PER_REQUEST, type ShownLedger } from "../license/shown-ledger.ts";
import { Frontier } from "../merkle/tree.ts";
import { chainOrigin, signHead } from "../note/checkpoint.ts";
import type { VendorFolder } from "../store/data-folder.ts";
import { ChainSource } from "./chain-source.ts";
import { readHost } from "./host.ts";
import type { InitParts } from "./init-site.ts";
import { readOwnFile } from "./own-file.ts";
import { PRODUCT } from "./product.ts";
import { oneVendor, readSiteFiles } from "./site-files.ts";
import type { VendorDesk } from "./vendor-desk.ts";

/** Newest exports whose size is proven, as the vendor may have acknowledged each without our knowing. */
const EXPORTS = PROOFS_PER_REQUEST - 1;

/**
 * The activation request for the ledger of a vendor, as the text of its file: the genesis block,
 * and the head of size 1 signed by the daemon key. Works beside a running daemon.
 *
 * @param vendor may be left out where the site has one.
 * @throws DaemonError VENDOR_NOT_HERE, VENDOR_NOT_NAMED, SITE_MISSING; LedgerError CHAIN_MISSING.
 */
export function requestLicense(
  config: Config,
  vendor?: string,
  parts: Partial<InitParts> = {},
): Promise<string> {
  return new Promise((resolve) => {
    const { siteKey, vendors } = readSiteFiles(config.dataDir);
    const byName = new Map(vendors.map((known) => [known.file.name, known]));
    const { file, folder } = oneVendor(byName, vendor);
    const clock = parts.clock ?? systemClock();
    resolve(
      writeRequest({
        vendor: file.name,
        folder,
        genesis: firstBlockAt(folder.chain),
        signer: siteKey.signer,
        host: (parts.host ?? readHost)(),
        createdAt: clock.now().wall,
      }),
    );
  });
}

/**
 * The same of a ledger that goes on, which it shows: its newest head, the newest receipt, and proofs
 * that the head goes on from what the vendor has, or may have, acknowledged. Where the file is damaged
 * nothing can be proven, and the proofs are missing.
 */
export function requestRenewal(desk: VendorDesk): string {
  const { core, heads } = desk;
  const { folder, store, siteKey, files, host, time } = core;
  const last = store.lastReceipt(desk.name);
  const receipt = last && { receiptNo: last.receiptNo, size: last.size, nonce: last.nonce };
  const sizes = [
    ...new Set([...(last ? [last.size] : []), ...store.exportedSizes(desk.name, EXPORTS)]),
  ];
  const { head, proofs } = heads.proof(sizes);
  return writeRequest({
    vendor: desk.name,
    folder,
    genesis: firstBlockIn(chainSource(files)),
    signer: siteKey.signer,
    host,
    createdAt: time.now().wall,
    shown: {
      head,
      receipt: receipt ?? null,
      proofs: sizes.flatMap((size, at) => {
        const hashes = proofs[at];
        return hashes ? [{ size, hashes: hashes.map(fromBase64Url) }] : [];
      }),
    },
  });
}

interface RequestParts {
  readonly vendor: string;
  readonly folder: VendorFolder;
  readonly genesis: Block;
  readonly signer: Signer;
  readonly host: HostFingerprint;
  readonly createdAt: UnixMillis;
  readonly shown?: ShownLedger;
}

function writeRequest(parts: RequestParts): string {
  const { vendor, folder, genesis, signer, host, createdAt, shown } = parts;
  const id = chainId(toHex(genesis.chainId));
  const origin = chainOrigin(vendor, id);
  const { root, size } = headOfOne(genesis);
  return writeActivationRequest(
    {
      vendor,
      chainId: id,
      daemonKey: signer.publicKey,
      genesisBlock: genesis.bytes,
      head: signHead({ origin, size, root }, { name: origin, signer }),
      host,
      product: PRODUCT,
      createdAt,
      ...certificateOf(folder, signer),
      ...(shown && { shown }),
    },
    signer,
  );
}

/** What the former daemon key has signed for this one, if there was one before. */
function certificateOf(
  { keyCertificate }: VendorFolder,
  { publicKey }: Signer,
): Pick<ActivationRequest, "keyCertificate"> {
  if (!existsSync(keyCertificate)) return {};
  const note = readOwnFile(keyCertificate);
  // An older key may have been put back since.
  if (!equalBytes(claimOfDaemonKey(note).daemonKey, publicKey)) return {};
  return { keyCertificate: fromUtf8(note) };
}

function headOfOne(genesis: Block): { readonly size: number; readonly root: Uint8Array } {
  const frontier = Frontier.empty().append(blockLeaf(genesis.bytes));
  return { size: frontier.size, root: frontier.root() };
}

function firstBlockAt(path: string): Block {
  const source = new ChainSource(path);
  try {
    return firstBlockIn(source);
  } finally {
    source.close();
  }
}

function firstBlockIn(source: ByteSource): Block {
  const first = readBlocks(source).next();
  if (first.done !== true) return first.value.block;
  throw new LedgerError("CHAIN_MISSING", "the ledger file is empty", {
    hint: "restore the data folder from the backup; a new ledger needs a new license",
  });
}
