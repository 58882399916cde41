import { existsSync, readdirSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { randomHex } from "../crypto/random.ts";
import { type VendorFolder, vendorFolder } from "../store/data-folder.ts";
import { MIGRATIONS } from "../store/schema.ts";
import { type BackupEntry, isPackable, packed } from "./backup-form.ts";
import {
  type BackupManifest,
  encodeManifest,
  type LeftOut,
  MANIFEST_NAME,
} from "./backup-manifest.ts";
import { DaemonError } from "./errors.ts";
import { OpenedFile } from "./opened-file.ts";
import { PRODUCT } from "./product.ts";
import type { Site } from "./site.ts";
import type { VendorDesk } from "./vendor-desk.ts";

/** What no backup holds, in the words of its manifest. */
const LEFT_OUT: readonly LeftOut[] = [
  {
    what: "ledger.state",
    why: "its keys move on with every block; a copy of old ones would let the past be written anew",
  },
  {
    what: "the configuration, and files that it names",
    why: "they lie outside the data folder; keep them with your other configuration",
  },
  {
    what: "ledger.skc.tail-*, and what is not Seatkeeper's",
    why: "neither is part of the site",
  },
];

/** A backup of one moment. The site goes on while its pieces are taken. */
export interface OpenBackup {
  /** The whole file. To be taken once. */
  readonly pieces: Iterable<Uint8Array>;
  /** Gives back what the pieces are read from. */
  close(): void;
}

/** Bytes read at a time. */
const PIECE = 1_048_576;

/**
 * Seals what waits, and takes down everything that a site is made from as it is between two
 * decisions: what is in the ledgers is not in the database as waiting, and the other way round.
 * @throws DaemonError BACKUP_NOT_SEALED when the disk does not take what waits; StoreError.
 */
export function openBackup(site: Site): Promise<OpenBackup> {
  return holding([...site.desks.values()], () => snapshot(site));
}

/** Runs `work` while no desk decides anything. Always in this order, so that two never wait for each other. */
async function holding<Result>(desks: readonly VendorDesk[], work: () => Result): Promise<Result> {
  const [first, ...others] = desks;
  if (first === undefined) return work();
  return first.alone(async () => {
    await sealAll(first);
    return holding(others, work);
  });
}

/**
 * What waits in the database is sealed by the ledger that goes on here. In a restored site it would
 * be sealed once more, by another ledger.
 */
async function sealAll(desk: VendorDesk): Promise<void> {
  await desk.sealPending();
  if (desk.core.writer.pending === 0) return;
  throw new DaemonError("BACKUP_NOT_SEALED", `usage of ${desk.name} waits and cannot be sealed`, {
    hint: "check free space of the data folder, then try again",
  });
}

/** Without a pause: nothing else happens in the process until it returns. */
function snapshot(site: Site): OpenBackup {
  const opened: OpenedFile[] = [];
  const open = (path: string): OpenedFile => {
    const file = new OpenedFile(path);
    opened.push(file);
    return file;
  };
  const close = (): void => {
    for (const file of opened) file.close();
  };
  try {
    return { pieces: packed(entriesOf(site, open)), close };
  } catch (error) {
    close();
    throw error;
  }
}

/** In the order of the file. The site's key is last: a folder without it is no site yet. */
function entriesOf(site: Site, open: (path: string) => OpenedFile): readonly BackupEntry[] {
  const { data } = site;
  const desks = [...site.desks.values()];
  const named = (path: string): BackupEntry => entry(relative(data.path, path), open(path));
  return [
    held(MANIFEST_NAME, encodeManifest(manifestOf(site, desks))),
    entry(relative(data.path, data.database), databaseCopy(site, open)),
    ...[data.tlsCertificate, data.tlsKey].filter((path) => existsSync(path)).map(named),
    ...desks.flatMap(({ name, core }) => {
      const folder = vendorFolder(data, name);
      const chain = relative(data.path, folder.chain);
      return [
        ...filesIn(folder).map(named),
        // What a later block adds is not of this moment.
        entry(chain, open(folder.chain), core.files.bytesUpTo(core.ledger.length)),
      ];
    }),
    named(data.siteKey),
  ];
}

/** It is read after its name is gone, so that a crash leaves nothing behind. */
function databaseCopy({ store, data }: Site, open: (path: string) => OpenedFile): OpenedFile {
  const path = `${data.database}.backup-${randomHex(4)}`;
  try {
    store.copyTo(path);
    return open(path);
  } finally {
    rmSync(path, { force: true });
  }
}

function manifestOf(site: Site, desks: readonly VendorDesk[]): BackupManifest {
  return {
    madeAt: site.time.now().wall,
    program: PRODUCT.version,
    schema: MIGRATIONS.length,
    ledgers: desks.map(({ name, core, notary }) => ({
      vendor: name,
      head: notary.head(),
      tip: core.ledger.tip(),
    })),
    leftOut: LEFT_OUT,
  };
}

/** Everything of a vendor but the ledger and its keys: vendor file, licenses, and ended ledgers. */
function filesIn({ path, chain, state }: VendorFolder): readonly string[] {
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((found) => found.isFile() && !/\.(?:new|tail-\d+)$/.test(found.name))
    .map((found) => join(found.parentPath, found.name))
    .filter((file) => file !== chain && file !== state && isPackable(relative(path, file)))
    .toSorted();
}

function held(name: string, bytes: Uint8Array): BackupEntry {
  return { name, size: bytes.length, pieces: [bytes] };
}

function entry(name: string, file: OpenedFile, size: number = file.length): BackupEntry {
  return { name, size, pieces: piecesOf(file, size) };
}

function* piecesOf(file: OpenedFile, size: number): Generator<Uint8Array, void, undefined> {
  for (let at = 0; at < size; at += PIECE) yield file.read(at, Math.min(PIECE, size - at));
}
