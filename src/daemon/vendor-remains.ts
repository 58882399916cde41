import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { equalBytes } from "../base/bytes.ts";
import { erase } from "../crypto/erase.ts";
import { type Block, blockLeaf } from "../ledger/block.ts";
import { LedgerError } from "../ledger/errors.ts";
import { SLOT_BYTES } from "../ledger/ports.ts";
import { readBlocks } from "../ledger/reader.ts";
import { decodeSlot } from "../ledger/state.ts";
import { type License, readLicense } from "../license/license.ts";
import type { VendorFile } from "../license/vendor-file.ts";
import type { VendorFolder } from "../store/data-folder.ts";
import { ChainSource } from "./chain-source.ts";
import { isCoded } from "./failure-kind.ts";
import { readOwnFile } from "./own-file.ts";

/**
 * Whether a vendor's folder without a vendor file holds no more than a crash of `init` leaves: at
 * most one block, no license, nothing unknown. Only that may be thrown away; whatever cannot be
 * read is taken for something.
 */
export function isCrashOfInit(folder: VendorFolder): boolean {
  if (!existsSync(folder.path)) return true;
  const made = [folder.licenses, folder.chain, folder.state, `${folder.vendorFile}.new`];
  return (
    readdirSync(folder.path).every((name) => made.includes(join(folder.path, name))) &&
    licenseNames(folder).length === 0 &&
    hasOneBlockAtMost(folder.chain) &&
    !hasLaterState(folder.state)
  );
}

/**
 * The first block of the ledger in the folder, if an installed license proves that the ledger is
 * this vendor's: one that the vendor's root key vouches for and that names this block.
 */
export function ledgerProvenBy(folder: VendorFolder, vendor: VendorFile): Block | undefined {
  const genesis = firstBlock(folder.chain);
  if (genesis === undefined) return undefined;
  const leaf = blockLeaf(genesis.bytes);
  const proven = licenseNames(folder).some((name) => {
    const license = licenseIn(join(folder.licenses, name), vendor);
    return license !== undefined && equalBytes(license.genesisLeaf, leaf);
  });
  return proven ? genesis : undefined;
}

function licenseNames({ licenses }: VendorFolder): readonly string[] {
  return existsSync(licenses) ? readdirSync(licenses) : [];
}

function licenseIn(path: string, { name, rootKey }: VendorFile): License | undefined {
  try {
    return readLicense(readOwnFile(path), { vendorName: name, rootKey });
  } catch (error) {
    if (!isCoded(error)) throw error;
    return undefined;
  }
}

function hasOneBlockAtMost(chain: string): boolean {
  if (!existsSync(chain) || statSync(chain).size === 0) return true;
  const first = firstBlock(chain);
  return first !== undefined && statSync(chain).size === first.bytes.length;
}

/** The first block, or undefined where there is none that is whole. */
function firstBlock(chain: string): Block | undefined {
  if (!existsSync(chain)) return undefined;
  const source = new ChainSource(chain);
  try {
    const first = readBlocks(source).next();
    return first.done === true ? undefined : first.value.block;
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    return undefined;
  } finally {
    source.close();
  }
}

/** The ledger may be gone and its keys still tell that it was longer. */
function hasLaterState(path: string): boolean {
  if (!existsSync(path)) return false;
  const bytes = readOwnFile(path);
  const slots = [bytes.subarray(0, SLOT_BYTES), bytes.subarray(SLOT_BYTES, 2 * SLOT_BYTES)];
  const states = slots.map(decodeSlot).filter((state) => state !== undefined);
  for (const { auth, read } of states) erase(auth, read);
  erase(bytes);
  return states.some(({ nextIndex }) => nextIndex > 1);
}
