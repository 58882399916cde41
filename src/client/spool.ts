import { readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, systemCode } from "../base/errors.ts";
import type { ChainId } from "../base/ids.ts";
import { randomHex } from "../crypto/random.ts";
import type { UsageRecord } from "../protocol/requests.ts";
import { ClientError } from "./errors.ts";
import { makeFolder } from "./folder.ts";
import { isGone, ownProcessTag, PROCESS_TAG } from "./process-tag.ts";
import { SpoolFile } from "./spool-file.ts";
import { readLines, writeLine } from "./spool-line.ts";

/** A record that is safe on disk and that no daemon has answered. */
export interface SpooledRecord {
  /** Its number in the spool file. */
  readonly at: number;
  readonly record: UsageRecord;
  /** The only ledger it may be counted in: its daemon may have it already. */
  readonly chain: ChainId | undefined;
}

/** A file that is longer is exchanged for one with the unanswered records alone. */
const LONG_FILE = 16 * 1_024 * 1_024;

/** A file that is longer takes no more records. */
const LONGEST_FILE = 64 * 1_024 * 1_024;

/**
 * Usage on disk, for one instance of one client key and vendor. Its file is named after the
 * process, so that no two share one; whoever finds one whose process is gone renames it to its
 * own name, which only one of several can, and goes on with what is in it.
 */
export class Spool {
  readonly #folder: string;
  #file: SpoolFile | undefined;
  #opening: Promise<void> | undefined;
  /** Files that a full disk kept from being exchanged. */
  readonly #older: SpoolFile[] = [];
  readonly #open = new Map<number, SpooledRecord>();
  readonly #adds = new Set<Promise<readonly SpooledRecord[]>>();
  #next = 1;

  /** @param folder of one vendor and client key. Made when the first record comes. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * What instances that are gone have left, now safe in this one's file.
   * @throws ClientError USAGE_SPOOL: then it stays where it is, for a later start.
   */
  async adopt(): Promise<readonly SpooledRecord[]> {
    const adopted: SpooledRecord[] = [];
    for (const name of await this.#leftovers()) {
      // oxlint-disable-next-line no-await-in-loop -- each is safe here before the next is touched
      adopted.push(...(await this.#adoptFile(name)));
    }
    return adopted;
  }

  /** Resolves once the record is on disk. @throws ClientError USAGE_SPOOL: then nothing of it is. */
  async add(record: UsageRecord): Promise<SpooledRecord> {
    const [added] = await this.#addAll([{ record, chain: undefined }]);
    if (added === undefined) throw new TypeError("a record was added");
    return added;
  }

  /**
   * From now on the records may be in that ledger. On disk before the daemon can have them.
   * @throws ClientError USAGE_SPOOL.
   */
  async bind(records: readonly SpooledRecord[], chain: ChainId): Promise<void> {
    const loose = records.filter((record) => record.chain === undefined);
    if (loose.length === 0) return;
    const file = await this.#opened();
    await file.append(writeLine({ kind: "bind", chain, at: loose.map(({ at }) => at) }));
    for (const record of loose) this.#open.set(record.at, { ...record, chain });
  }

  /**
   * The daemon has answered. Lost in a crash or on a full disk this is no harm: the records are
   * sent again, under their keys, and not counted again.
   */
  answered(records: readonly SpooledRecord[]): void {
    for (const { at } of records) this.#open.delete(at);
    const file = this.#file;
    if (file === undefined) return;
    if (this.#open.size === 0 && this.#adds.size === 0) return file.empty();
    file.append(writeLine({ kind: "done", at: records.map(({ at }) => at) })).catch(() => {});
    if (file.length > LONG_FILE && this.#adds.size === 0) void this.#exchange(file);
  }

  /** Nothing is added any more. A file with unanswered records waits for the next instance. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#adds);
    const files = [...this.#older, ...(this.#file === undefined ? [] : [this.#file])];
    for (const file of files) {
      const leftover = join(this.#folder, `left.${randomHex(16)}.spool`);
      // oxlint-disable-next-line no-await-in-loop -- one or two files
      await file.close(this.#open.size === 0 ? undefined : leftover).catch(() => {});
    }
  }

  async #exchange(file: SpoolFile): Promise<void> {
    const fresh = new SpoolFile(join(this.#folder, await ownName()));
    // What is on its way to the old file is not in memory yet: another answer will exchange it.
    if (this.#adds.size > 0 || this.#file !== file) return;
    this.#file = fresh;
    try {
      await fresh.append(contentOf([...this.#open.values()]));
      await file.close(undefined);
    } catch {
      this.#older.push(file);
    }
  }

  #addAll(records: readonly Omit<SpooledRecord, "at">[]): Promise<readonly SpooledRecord[]> {
    const adding = this.#write(records).finally(() => this.#adds.delete(adding));
    this.#adds.add(adding);
    return adding;
  }

  async #write(records: readonly Omit<SpooledRecord, "at">[]): Promise<readonly SpooledRecord[]> {
    const file = await this.#opened();
    if (file.length > LONGEST_FILE) throw full(this.#folder);
    const added = records.map((record, index) => ({ ...record, at: this.#next + index }));
    this.#next += added.length;
    await file.append(contentOf(added));
    for (const record of added) this.#open.set(record.at, record);
    return added;
  }

  async #opened(): Promise<SpoolFile> {
    this.#opening ??= this.#makeFile().catch((error: unknown) => {
      this.#opening = undefined;
      throw unusable(this.#folder, error);
    });
    await this.#opening;
    if (this.#file === undefined) throw new TypeError("the spool has a file once it is opened");
    return this.#file;
  }

  async #makeFile(): Promise<void> {
    await makeFolder(this.#folder);
    this.#file = new SpoolFile(join(this.#folder, await ownName()));
  }

  async #leftovers(): Promise<readonly string[]> {
    const names = await readdir(this.#folder).catch((error: unknown) => {
      if (systemCode(error) === "ENOENT") return [];
      throw unusable(this.#folder, error);
    });
    const left = await Promise.all(names.map(isLeftover));
    return names.filter((_, index) => left[index]).toSorted();
  }

  async #adoptFile(name: string): Promise<readonly SpooledRecord[]> {
    const mine = join(this.#folder, await ownName());
    try {
      await rename(join(this.#folder, name), mine);
    } catch (error) {
      // Another process was there first.
      if (systemCode(error) === "ENOENT") return [];
      throw unusable(this.#folder, error);
    }
    const open = openRecords(await readFile(mine, "utf8"));
    // A crash between the two lines leaves both files: the keys are the same, so each counts once.
    const added = open.length === 0 ? [] : await this.#addAll(open);
    await rm(mine, { force: true });
    return added;
  }
}

/** The records of a file that no daemon has answered, in their order. */
export function openRecords(text: string): readonly SpooledRecord[] {
  const open = new Map<number, SpooledRecord>();
  for (const line of readLines(text)) {
    if (line.kind === "add") {
      open.set(line.at, { at: line.at, record: line.record, chain: undefined });
      continue;
    }
    for (const at of line.at) {
      const record = open.get(at);
      if (line.kind === "done") open.delete(at);
      else if (record !== undefined) open.set(at, { ...record, chain: line.chain });
    }
  }
  return [...open.values()];
}

function contentOf(records: readonly SpooledRecord[]): string {
  return records
    .flatMap(({ at, record, chain }) => [
      writeLine({ kind: "add", at, record }),
      ...(chain === undefined ? [] : [writeLine({ kind: "bind", chain, at: [at] })]),
    ])
    .join("");
}

const ownName = async (): Promise<string> => `${await ownProcessTag()}.${randomHex(16)}.spool`;

const NAME = /^(?<owner>.+)\.[0-9a-f]{32}\.spool$/;

/** Left on purpose, or by a process that is gone. */
async function isLeftover(name: string): Promise<boolean> {
  const owner = NAME.exec(name)?.groups?.["owner"];
  if (owner === undefined) return false;
  return owner === "left" || (PROCESS_TAG.test(owner) && (await isGone(owner)));
}

function full(folder: string): ClientError {
  return new ClientError("USAGE_BACKLOG", `${folder}: too much usage waits for the server`, {
    hint: "check that the license server can be reached",
  });
}

function unusable(folder: string, error: unknown): ClientError {
  if (error instanceof ClientError) return error;
  return new ClientError("USAGE_SPOOL", `${folder}: ${messageOf(error)}`, {
    hint: "check that this user may read and write the folder",
    cause: error,
  });
}
