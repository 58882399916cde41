import { existsSync } from "node:fs";
import { equalBytes, fromUtf8, toHex } from "../base/bytes.ts";
import { chainId } from "../base/ids.ts";
import { systemClock } from "../clock/system-clock.ts";
import type { Config } from "../config/config.ts";
import type { Signer } from "../crypto/ed25519.ts";
import { type Block, blockLeaf } from "../ledger/block.ts";
import { LedgerError } from "../ledger/errors.ts";
import { readBlocks } from "../ledger/reader.ts";
import { type ActivationRequest, writeActivationRequest } from "../license/activation-request.ts";
import { claimOfDaemonKey } from "../license/daemon-key.ts";
import { Frontier } from "../merkle/tree.ts";
import { chainOrigin, signHead } from "../note/checkpoint.ts";
import type { VendorFolder } from "../store/data-folder.ts";
import { ChainSource } from "./chain-source.ts";
import { readHost } from "./host.ts";
import type { InitParts } from "./init-site.ts";
import { readOwnFile } from "./own-file.ts";
import { PRODUCT } from "./product.ts";
import { type KnownVendor, oneVendor, readSiteFiles } from "./site-files.ts";
import type { SiteKey } from "./site-key.ts";

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
    const clock = parts.clock ?? systemClock();
    const host = parts.host ?? readHost;
    resolve(writeRequest(oneVendor(byName, vendor), siteKey, { clock, host }));
  });
}

function writeRequest(
  { file, folder }: KnownVendor,
  { signer }: SiteKey,
  parts: InitParts,
): string {
  const genesis = firstBlockOf(folder.chain);
  const id = chainId(toHex(genesis.chainId));
  const origin = chainOrigin(file.name, id);
  const { root, size } = headOfOne(genesis);
  return writeActivationRequest(
    {
      vendor: file.name,
      chainId: id,
      daemonKey: signer.publicKey,
      genesisBlock: genesis.bytes,
      head: signHead({ origin, size, root }, { name: origin, signer }),
      host: parts.host(),
      product: PRODUCT,
      createdAt: parts.clock.now().wall,
      ...certificateOf(folder, signer),
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

function firstBlockOf(path: string): Block {
  const source = new ChainSource(path);
  try {
    const first = readBlocks(source).next();
    if (first.done !== true) return first.value.block;
    throw new LedgerError("CHAIN_MISSING", `the ledger ${path} is empty`, {
      hint: "restore the data folder from the backup; a new ledger needs a new license",
    });
  } finally {
    source.close();
  }
}
