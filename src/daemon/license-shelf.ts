import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { utf8 } from "../base/bytes.ts";
import { type CodedError, messageOf, systemCode } from "../base/errors.ts";
import { type UnixMillis, unixMillis } from "../base/time.ts";
import { type License, readLicense } from "../license/license.ts";
import { checkBinding, checkNotEnded, type LicenseSite } from "../license/license-checks.ts";
import { isRevoked, refuseRevoked } from "../license/revocation-checks.ts";
import { newestRevocations, type Revocations } from "../license/revocations.ts";
import { newestSealingKey } from "../license/sealing-keys.ts";
import type { VendorFile } from "../license/vendor-file.ts";
import { makeFolder, type VendorFolder, writeFileDurably } from "../store/data-folder.ts";
import { addUp, type Entitlement } from "./entitlement.ts";
import { DaemonError } from "./errors.ts";
import { isCoded } from "./failure-kind.ts";
import { KnownRevocations } from "./known-revocations.ts";
import { readOwnFile } from "./own-file.ts";
import type { StandingIn } from "./standing-in.ts";

/** A license of this vendor that is good, or a file that is not, with the reason. */
export type ShelvedLicense =
  | { readonly kind: "license"; readonly license: License }
  | { readonly kind: "refused"; readonly file: string; readonly problem: CodedError };

/** The licenses of one vendor, as files in one folder. */
export class LicenseShelf {
  readonly #folder: string;
  readonly #lentFolder: string;
  readonly #standingIn: StandingIn | undefined;
  readonly #vendor: VendorFile;
  readonly #revocations: KnownRevocations;
  #shelved: readonly ShelvedLicense[];
  #entitlement: Entitlement = NOTHING;

  /**
   * Reads all files. One that cannot be used is kept in view, and does not keep the others from counting.
   * @param standingIn where the ledger stands in for the one that its licenses name.
   */
  constructor(
    { licenses, lent, revocations }: VendorFolder,
    vendor: VendorFile,
    standingIn?: StandingIn,
  ) {
    this.#folder = licenses;
    this.#lentFolder = lent;
    this.#standingIn = standingIn;
    this.#vendor = vendor;
    this.#revocations = new KnownRevocations(revocations, vendor);
    this.#shelved = this.#readAll();
  }

  get all(): readonly ShelvedLicense[] {
    return this.#shelved.map((shelved) =>
      shelved.kind === "license" ? { ...shelved, license: this.#held(shelved.license) } : shelved,
    );
  }

  /**
   * Those that are good, in the order of their issue: some may not have started yet, or have ended. What is
   * lent here is as it holds here.
   */
  get licenses(): readonly License[] {
    return this.all
      .flatMap((shelved) => (shelved.kind === "license" ? [shelved.license] : []))
      .toSorted((left, right) => left.issuedAt - right.issuedAt);
  }

  /** Those in force that name this site's own ledger. */
  get own(): readonly License[] {
    return this.licenses.filter((license) => !this.#isLent(license));
  }

  /** What they allow together, as of the last `refresh`. */
  get entitlement(): Entitlement {
    return this.#entitlement;
  }

  /** Adds them up anew. */
  refresh(now: UnixMillis): Entitlement {
    this.#entitlement = addUp(
      this.licenses.map((license) => license.terms),
      now,
    );
    return this.#entitlement;
  }

  /**
   * The vendor's key for the next segment: the newest license's, or the vendor file's newest. A
   * license brings the vendor file that has its key, where the site's own is older.
   */
  sealingKey(): Uint8Array {
    const { licenses } = this;
    const carried = licenses.flatMap(({ vendorFile }) => vendorFile ?? []);
    return newestSealingKey([this.#vendor, ...carried], licenses.at(-1)?.sealingKeyId).key;
  }

  /** Sets those aside that are for another machine or ledger, or that the vendor has revoked. */
  bind(site: LicenseSite): void {
    this.#revocations.take(newestIn(this.#shelved));
    this.#shelved = this.#bound(this.#shelved, site, this.#revocations.newest);
    // What was lent must not come back when these have ended.
    if (this.#standingIn !== undefined && this.own.length > 0) {
      rmSync(this.#lentFolder, { recursive: true, force: true });
    }
  }

  /** What the vendor does not stand by any more, as far as it has come here. */
  get revocations(): Revocations | undefined {
    return this.#revocations.newest;
  }

  /**
   * Keeps a list that came with a receipt, and sets aside what it revokes. An older one than is
   * known changes nothing.
   * @returns whether it is news.
   */
  revoke(list: Revocations | undefined, site: LicenseSite): boolean {
    if (!this.#revocations.take(list)) return false;
    this.bind(site);
    return true;
  }

  /**
   * Reads all files again, and changes nothing yet. A file that was refused before may stay so.
   * @throws DaemonError LICENSE_FILE_REFUSED for one that was in force or not there before.
   */
  look(site: LicenseSite): readonly ShelvedLicense[] {
    const read = this.#readAll();
    const list = newestRevocations([this.#revocations.newest, newestIn(read)]);
    const found = this.#bound(read, site, list);
    for (const shelved of found) {
      // What the vendor has revoked ends, as it should: the file is as it was.
      if (shelved.kind !== "refused" || isRevoked(shelved.problem)) continue;
      if (!this.#isRefused(shelved.file)) throw badFile(shelved);
    }
    return found;
  }

  /** Takes into use what `look` has found. */
  put(found: readonly ShelvedLicense[]): void {
    this.#revocations.take(newestIn(found));
    this.#shelved = found;
  }

  /** A license of this vendor, wherever it is for. @throws LicenseError, NoteError. */
  opened(bytes: Uint8Array): License {
    return readLicense(bytes, { vendorName: this.#vendor.name, rootKey: this.#vendor.rootKey });
  }

  /**
   * Checks a license and keeps it durably. The same file again changes nothing.
   * @throws LicenseError, NoteError, and DaemonError LICENSE_INSTALLED for another text under the
   * id of an installed license.
   */
  install(bytes: Uint8Array, site: LicenseSite, now: UnixMillis): License {
    const license = this.opened(bytes);
    this.#admit(license, site, newestRevocations([this.revocations, license.revocations]));
    checkNotEnded(license, now);
    const twin = this.licenses.find(({ licenseId }) => licenseId === license.licenseId);
    if (twin !== undefined && twin.text !== license.text) {
      throw new DaemonError("LICENSE_INSTALLED", `license ${license.licenseId} is installed`, {
        hint: "the vendor must issue the changed license under an id of its own",
      });
    }
    if (twin !== undefined) return twin;
    const folder = this.#isLent(license) ? this.#lentFolder : this.#folder;
    makeFolder(folder);
    writeFileDurably(join(folder, fileName(license)), utf8(license.text), 0o600);
    this.#shelved = this.#withoutLent([
      ...this.#shelved.filter(
        (other) => other.kind === "license" || other.file !== fileName(license),
      ),
      { kind: "license", license },
    ]);
    // The license brings its list again at the next start, should we not come to this.
    this.bind(site);
    return license;
  }

  #isRefused(file: string): boolean {
    return this.#shelved.some((shelved) => shelved.kind === "refused" && shelved.file === file);
  }

  #readAll(): readonly ShelvedLicense[] {
    const folders = [this.#folder, ...(this.#standingIn === undefined ? [] : [this.#lentFolder])];
    return this.#withoutLent(
      folders.flatMap((folder) => licenseFiles(folder).map((file) => this.#read(folder, file))),
    );
  }

  /** What was lent until the vendor's answer has no place beside it: one would count seats twice. */
  #withoutLent(shelved: readonly ShelvedLicense[]): readonly ShelvedLicense[] {
    const isOwn = (each: ShelvedLicense): boolean =>
      each.kind === "license" && !this.#isLent(each.license);
    if (!shelved.some(isOwn)) return shelved;
    return shelved.filter((each) => each.kind === "refused" || isOwn(each));
  }

  #isLent(license: License): boolean {
    return this.#standingIn?.isLent(license) === true;
  }

  #held(license: License): License {
    return this.#standingIn?.held(license) ?? license;
  }

  #read(folder: string, file: string): ShelvedLicense {
    try {
      const license = this.opened(readOwnFile(join(folder, file)));
      refuseOtherName(file, license);
      return { kind: "license", license };
    } catch (error) {
      return { kind: "refused", file, problem: codedOnly(error) };
    }
  }

  #bound(
    shelved: readonly ShelvedLicense[],
    site: LicenseSite,
    list: Revocations | undefined,
  ): readonly ShelvedLicense[] {
    return shelved.map((each) => {
      if (each.kind === "refused") return each;
      try {
        this.#admit(each.license, site, list);
        return each;
      } catch (error) {
        return { kind: "refused", file: fileName(each.license), problem: codedOnly(error) };
      }
    });
  }

  #admit(license: License, site: LicenseSite, list: Revocations | undefined): void {
    refuseRevoked(license, this.#vendor.rootKey, list);
    checkBinding(license, site);
  }
}

function newestIn(shelved: readonly ShelvedLicense[]): Revocations | undefined {
  return newestRevocations(
    shelved.map((each) => (each.kind === "license" ? each.license.revocations : undefined)),
  );
}

/** One name for each license, so that no copy of a file counts its seats again. */
function refuseOtherName(file: string, license: License): void {
  if (file === fileName(license)) return;
  throw new DaemonError("LICENSE_FILE_NAME", `the file holds license ${license.licenseId}`, {
    hint: `take it out of the data folder; seatkeeper license install keeps a license as ${fileName(license)}`,
  });
}

function badFile({ file, problem }: Extract<ShelvedLicense, { kind: "refused" }>): DaemonError {
  return new DaemonError("LICENSE_FILE_REFUSED", `license file ${file}: ${problem.message}`, {
    hint: problem.hint ?? "take the file out of the data folder, or put the right one there",
    facts: { file, problem: problem.code },
    cause: problem,
  });
}

function licenseFiles(folder: string): readonly string[] {
  return namesIn(folder)
    .filter((file) => file.endsWith(SUFFIX))
    .toSorted();
}

/** A folder that is gone holds no license; the next installation makes it again. */
function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    if (systemCode(cause) === "ENOENT") return [];
    throw new DaemonError("SITE_FILE_UNREADABLE", `cannot read ${folder}: ${messageOf(cause)}`, {
      hint: "it must be a folder that belongs to the owner of the data folder",
      cause,
    });
  }
}

const SUFFIX = ".sklic";
const NOTHING = addUp([], unixMillis(0));

const fileName = (license: License): string => `${license.licenseId}${SUFFIX}`;

function codedOnly(error: unknown): CodedError {
  if (isCoded(error)) return error;
  throw error;
}
