import type { Database } from "better-sqlite3";
import { type ChainId, chainId } from "../base/ids.ts";
import { type UnixMillis, unixMillis } from "../base/time.ts";
import { type License, readLicense } from "../license/license.ts";
import type { VendorFile } from "../license/vendor-file.ts";

/** A ledger that was activated: what everything later is held against. */
export interface ActivationRecord {
  readonly chainId: ChainId;
  readonly origin: string;
  readonly daemonKey: Uint8Array;
  /** 64 hex digits. */
  readonly hostHash: string;
  readonly hostParts: readonly string[];
  /** Block 0, byte for byte. */
  readonly genesisBlock: Uint8Array;
  readonly genesisLeaf: Uint8Array;
  /** The sealing key of its first segment. */
  readonly sealingKeyId: string;
  /** Name and version of the daemon that asked. */
  readonly product: string;
  readonly activatedAt: UnixMillis;
}

export function findActivation(database: Database, chain: string): ActivationRecord | undefined {
  const row = database
    .prepare<[string], ActivationRow>("SELECT * FROM activations WHERE chain_id = ?")
    .get(chain);
  return row && activationOf(row);
}

export function addActivation(database: Database, record: ActivationRecord): void {
  database
    .prepare(
      `INSERT INTO activations
       VALUES (@chainId, @origin, @daemonKey, @hostHash, @hostParts, @genesisBlock, @genesisLeaf,
               @sealingKeyId, @product, @activatedAt)`,
    )
    .run({
      ...record,
      daemonKey: Buffer.from(record.daemonKey),
      hostParts: record.hostParts.join(" "),
      genesisBlock: Buffer.from(record.genesisBlock),
      genesisLeaf: Buffer.from(record.genesisLeaf),
    });
}

export function addLicense(database: Database, license: License): void {
  const { terms } = license;
  database
    .prepare("INSERT INTO licenses VALUES (?, ?, ?, ?, ?, ?, ?)")
    .run(
      license.licenseId,
      license.chainId,
      terms.site,
      license.issuedAt,
      terms.report?.intervalDays ?? null,
      terms.report?.graceDays ?? null,
      license.text,
    );
  const addName = database.prepare("INSERT OR IGNORE INTO licensed_names VALUES (?, ?, ?)");
  for (const { name } of terms.features) addName.run(license.chainId, "feature", name);
  for (const { name } of terms.meters) addName.run(license.chainId, "meter", name);
}

/**
 * The license issued last for a ledger; each activated ledger has one.
 * @throws LicenseError when the stored text is no longer what was signed.
 */
export function newestLicense(database: Database, chain: ChainId, vendor: VendorFile): License {
  const row = database
    .prepare<[string], { readonly text: string }>(
      "SELECT text FROM licenses WHERE chain_id = ? ORDER BY issued_at DESC, rowid DESC LIMIT 1",
    )
    .get(chain);
  return readLicense(row?.text ?? "", { vendorName: vendor.name, rootKey: vendor.rootKey });
}

interface ActivationRow {
  readonly chain_id: string;
  readonly origin: string;
  readonly daemon_key: Buffer;
  readonly host_hash: string;
  readonly host_parts: string;
  readonly genesis_block: Buffer;
  readonly genesis_leaf: Buffer;
  readonly sealing_kid: string;
  readonly product: string;
  readonly activated_at: number;
}

function activationOf(row: ActivationRow): ActivationRecord {
  return {
    chainId: chainId(row.chain_id),
    origin: row.origin,
    daemonKey: new Uint8Array(row.daemon_key),
    hostHash: row.host_hash,
    hostParts: row.host_parts.split(" ").filter((part) => part !== ""),
    genesisBlock: new Uint8Array(row.genesis_block),
    genesisLeaf: new Uint8Array(row.genesis_leaf),
    sealingKeyId: row.sealing_kid,
    product: row.product,
    activatedAt: unixMillis(row.activated_at),
  };
}
