import { concat, equalBytes, fromUtf8, readUint, u16, u64, utf8 } from "../base/bytes.ts";
import { createSha256 } from "../crypto/hash.ts";
import type { ByteSource } from "../ledger/ports.ts";
import { DaemonError } from "./errors.ts";

/** A file on its way into a backup. */
export interface BackupEntry {
  /** Its place in the data folder, with `/` between folders. */
  readonly name: string;
  /** Bytes that `pieces` give together. */
  readonly size: number;
  readonly pieces: Iterable<Uint8Array>;
}

/** A file in a backup. */
export interface PackedFile extends ByteSource {
  readonly name: string;
}

/** `SKBK`. */
const MAGIC = Uint8Array.of(0x53, 0x4b, 0x42, 0x4b);
const VERSION = 1;
const HASH_BYTES = 32;

/** Files in a backup at most: a vendor has a handful of licenses. */
const MAX_FILES = 10_000;
/** Bytes of a file's name at most. */
const MAX_NAME_BYTES = 512;
/** Bytes hashed at a time. */
const PIECE = 1_048_576;

/** Folders and a name, none of which begins with a dot: none can lead out of the data folder. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*(?:\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/;

/** Whether a file of this name, relative to a folder, can be in a backup. */
export function isPackable(name: string): boolean {
  return NAME.test(name);
}

/**
 * A backup piece by piece (docs/spec/backup.md): each file under its name, and a hash behind all.
 * @yields pieces of any length.
 * @throws RangeError for an entry that gives another number of bytes than it says.
 */
export function* packed(entries: Iterable<BackupEntry>): Generator<Uint8Array, void, undefined> {
  const hash = createSha256();
  const hashed = (bytes: Uint8Array): Uint8Array => {
    hash.update(bytes);
    return bytes;
  };
  yield hashed(concat(MAGIC, u16(VERSION)));
  for (const { name, size, pieces } of entries) {
    const label = utf8(name);
    yield hashed(concat(u16(label.length), label, u64(size)));
    let written = 0;
    for (const piece of pieces) {
      written += piece.length;
      yield hashed(piece);
    }
    if (written !== size) throw new RangeError(`${name} has ${written} bytes instead of ${size}`);
  }
  yield hashed(u16(0));
  yield hash.digest();
}

/**
 * The files of a backup, after its hash was found right. Reads it once from beginning to end.
 * @throws DaemonError BACKUP_DAMAGED, BACKUP_FORMAT.
 */
export function unpacked(source: ByteSource): ReadonlyMap<string, PackedFile> {
  refuseOther(source);
  refuseDamage(source);
  const files = new Map<string, PackedFile>();
  let offset = MAGIC.length + 2;
  for (;;) {
    const length = readUint(part(source, offset, 2), 0, 2);
    offset += 2;
    if (length === 0) break;
    if (length > MAX_NAME_BYTES || files.size >= MAX_FILES) throw malformed("claims too much");
    const name = nameIn(part(source, offset, length));
    const size = readUint(part(source, offset + length, 8), 0, 8);
    offset += length + 8;
    if (files.has(name)) throw malformed(`has ${name} twice`);
    if (size > source.length - offset) throw malformed(`ends inside ${name}`);
    files.set(name, partOf(source, name, offset, size));
    offset += size;
  }
  if (offset + HASH_BYTES !== source.length) throw malformed("has bytes behind its end");
  return files;
}

function partOf(source: ByteSource, name: string, start: number, size: number): PackedFile {
  return {
    name,
    length: size,
    read(offset, length) {
      if (offset < 0 || offset + length > size) throw new RangeError(`beyond the end of ${name}`);
      return source.read(start + offset, length);
    },
  };
}

function refuseOther(source: ByteSource): void {
  const begins = source.length > MAGIC.length + 2 + HASH_BYTES;
  if (!begins || !equalBytes(source.read(0, MAGIC.length), MAGIC)) {
    throw new DaemonError("BACKUP_FORMAT", "the file is no backup of a site", {
      hint: "give the file that seatkeeper backup wrote",
    });
  }
  const version = readUint(source.read(MAGIC.length, 2), 0, 2);
  if (version === VERSION) return;
  throw new DaemonError("BACKUP_FORMAT", `the backup has format ${version}`, {
    hint: "restore it with the release that wrote it, or a newer one",
    facts: { version, known: VERSION },
  });
}

function refuseDamage(source: ByteSource): void {
  const end = source.length - HASH_BYTES;
  const hash = createSha256();
  for (let at = 0; at < end; at += PIECE) hash.update(source.read(at, Math.min(PIECE, end - at)));
  if (!equalBytes(hash.digest(), source.read(end, HASH_BYTES))) {
    throw malformed("is not what was written: it was cut or changed");
  }
}

function part(source: ByteSource, offset: number, length: number): Uint8Array {
  if (offset + length > source.length - HASH_BYTES) throw malformed("ends too early");
  return source.read(offset, length);
}

function nameIn(bytes: Uint8Array): string {
  const name = fromUtf8OrNothing(bytes);
  if (NAME.test(name)) return name;
  throw malformed("has a file whose name is none");
}

function fromUtf8OrNothing(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes);
  } catch {
    return "";
  }
}

function malformed(what: string): DaemonError {
  return new DaemonError("BACKUP_DAMAGED", `the backup ${what}`, {
    hint: "copy it again from where it was written, or take an older one",
  });
}
