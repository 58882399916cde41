import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { systemCode } from "../base/errors.ts";
import { type Revocations, readRevocations } from "../license/revocations.ts";
import { readVendorFile, type VendorFile } from "../license/vendor-file.ts";
import { readIfThere, reporting, syncFolder, writeDurably } from "./durable-file.ts";
import { VendorError } from "./errors.ts";

/**
 * The vendor's folder: the public vendor file, `keys/` with the sealed secrets, and `vendor.db`.
 * Whoever has the folder and its passphrase is the vendor.
 */
export interface VendorFolder {
  readonly path: string;
  readonly vendorFilePath: string;
  readonly vendor: VendorFile;
  /** What the vendor does not stand by any more; undefined before the first. */
  readonly revocations: Revocations | undefined;
}

/** Which secret a key file holds. */
export type KeyRole = "root" | "issuing" | "sealing";

export const revocationsPath = (folder: string): string => join(folder, "revocations.note");

export const databasePath = (folder: string): string => join(folder, "vendor.db");

/** `keys/root.skkey`; a sealing key's id is part of its name, as there may be several in time. */
export function keyPath(folder: string, role: KeyRole, keyId?: string): string {
  return join(folder, "keys", `${role}${keyId === undefined ? "" : `-${keyId}`}.skkey`);
}

/** `acme.skvendor` for `acme.example`. */
export function vendorFileName(name: string): string {
  return `${name.split(".")[0] ?? name}.skvendor`;
}

/**
 * Opens the folder that `init` made.
 * @throws VendorError `VENDOR_MISSING`, and what `readVendorFile` and `readRevocations` throw for
 * changed files.
 */
export function openFolder(path: string): VendorFolder {
  const files = entriesOf(path).filter((name) => name.endsWith(".skvendor"));
  const [file] = files;
  if (file === undefined) {
    throw new VendorError("VENDOR_MISSING", `${path} is not a vendor folder`, {
      hint: "name it with --dir, or make one with seatkeeper-vendor init",
    });
  }
  if (files.length > 1) {
    throw new VendorError("VENDOR_MISSING", `${path} has several vendor files`, {
      hint: "keep one vendor per folder; move the other files away",
    });
  }
  const vendorFilePath = join(path, file);
  const vendor = readVendorFile(readIfThere(vendorFilePath) ?? "");
  return { path, vendorFilePath, vendor, revocations: revocationsIn(path, vendor) };
}

function revocationsIn(path: string, { name, rootKey }: VendorFile): Revocations | undefined {
  const text = readIfThere(revocationsPath(path));
  return text === undefined ? undefined : readRevocations(text, { vendorName: name, rootKey });
}

/**
 * Fills a folder beside its final place and moves it there as the last step, so that an
 * interrupted `init` leaves no half vendor behind.
 * @throws VendorError `VENDOR_EXISTS` when there is anything at `path` already.
 */
export function makeFolder(path: string, fill: (draft: string) => void): void {
  const target = resolve(path);
  if (entriesOf(target).length > 0) throw exists(path);
  reporting(path, () => {
    mkdirSync(dirname(target), { recursive: true });
    const draft = mkdtempSync(join(dirname(target), `.${basename(target)}.init-`));
    try {
      mkdirSync(join(draft, "keys"), { mode: 0o700 });
      fill(draft);
      syncFolder(join(draft, "keys"));
      syncFolder(draft);
      moveInto(draft, target, path);
      syncFolder(dirname(target));
    } catch (error) {
      rmSync(draft, { recursive: true, force: true });
      throw error;
    }
  });
}

export function writeKeyFile(path: string, text: string): void {
  writeDurably(path, text, 0o600);
}

/** All key files of a folder. */
export function keyFiles(folder: VendorFolder): readonly string[] {
  const keys = join(folder.path, "keys");
  return entriesOf(keys)
    .filter((name) => name.endsWith(".skkey"))
    .map((name) => join(keys, name));
}

/** A folder that another process made meanwhile is not empty: the rename fails and nothing is lost. */
function moveInto(draft: string, target: string, spoken: string): void {
  try {
    renameSync(draft, target);
  } catch (error) {
    if (systemCode(error) === "ENOTEMPTY" || systemCode(error) === "EEXIST") throw exists(spoken);
    throw error;
  }
}

function entriesOf(path: string): readonly string[] {
  return reporting(path, () => {
    try {
      return readdirSync(path);
    } catch (error) {
      if (systemCode(error) === "ENOENT") return [];
      throw error;
    }
  });
}

function exists(path: string): VendorError {
  return new VendorError("VENDOR_EXISTS", `${path} is not empty`, {
    hint: "choose a new folder; an existing vendor is never overwritten",
  });
}
