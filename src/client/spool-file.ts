import { constants } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { utf8 } from "../base/bytes.ts";
import { messageOf, systemCode } from "../base/errors.ts";
import { syncFolder } from "./durable-file.ts";
import { ClientError } from "./errors.ts";

interface Write {
  readonly text: string;
  resolve(): void;
  reject(error: ClientError): void;
}

/**
 * A file that only grows, until it is emptied. Texts that come while the disk is busy are written
 * together and share one fsync.
 */
export class SpoolFile {
  readonly #path: string;
  #file: FileHandle | undefined;
  #length = 0;
  /** What was not taken back after a failed write. Nothing is written behind it. */
  #isDirty = false;
  #writes: Write[] = [];
  #writing: Promise<void> | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  get length(): number {
    return this.#length;
  }

  /**
   * Resolves once the text is on the disk. When it rejects, nothing of it is.
   * @throws ClientError USAGE_SPOOL.
   */
  append(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#writes.push({ text, resolve, reject });
      this.#writing ??= this.#writeAll();
    });
  }

  /** Nothing in it is needed any more. Passed over while something is being written. */
  empty(): void {
    const file = this.#file;
    if (file === undefined || this.#writing !== undefined) return;
    this.#length = 0;
    this.#isDirty = true;
    // What cannot be emptied now is emptied before the next write.
    const emptied = this.#clean(file).catch(() => {});
    this.#writing = emptied.then(() => this.#writeAll());
  }

  /** When the last write is through. Removes the file, or leaves it under another name. */
  async close(leaveAs: string | undefined): Promise<void> {
    await this.#writing;
    const file = this.#file;
    this.#file = undefined;
    if (file === undefined) return;
    await file.close();
    if (leaveAs === undefined) await rm(this.#path, { force: true });
    else await rename(this.#path, leaveAs);
  }

  async #writeAll(): Promise<void> {
    while (this.#writes.length > 0) {
      const group = this.#writes;
      this.#writes = [];
      try {
        // oxlint-disable-next-line no-await-in-loop -- one write after the other
        await this.#write(utf8(group.map(({ text }) => text).join("")));
        for (const write of group) write.resolve();
      } catch (error) {
        const refusal = spoolError(this.#path, error);
        for (const write of group) write.reject(refusal);
      }
    }
    this.#writing = undefined;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    this.#file ??= await this.#make();
    const file = this.#file;
    if (this.#isDirty) await this.#clean(file);
    this.#isDirty = true;
    try {
      await writeWhole(file, bytes, this.#length);
      await file.datasync();
    } catch (error) {
      // Also what did reach the disk is taken back: who is told "no" must not be counted.
      await this.#clean(file).catch(() => {});
      throw error;
    }
    this.#length += bytes.length;
    this.#isDirty = false;
  }

  async #clean(file: FileHandle): Promise<void> {
    await file.truncate(this.#length);
    await file.datasync();
    this.#isDirty = false;
  }

  async #make(): Promise<FileHandle> {
    const { O_CREAT, O_EXCL, O_RDWR } = constants;
    // oxlint-disable-next-line no-bitwise -- flags of open(2)
    const file = await open(this.#path, O_CREAT | O_EXCL | O_RDWR, 0o600);
    await syncFolder(dirname(this.#path));
    return file;
  }
}

async function writeWhole(file: FileHandle, bytes: Uint8Array, from: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const rest = bytes.length - done;
    // oxlint-disable-next-line no-await-in-loop -- a short write is continued where it stopped
    const { bytesWritten } = await file.write(bytes, done, rest, from + done);
    done += bytesWritten;
  }
}

function spoolError(path: string, error: unknown): ClientError {
  const reason = systemCode(error) ?? messageOf(error);
  return new ClientError("USAGE_SPOOL", `${path}: cannot keep usage on disk: ${reason}`, {
    hint: "make room on the disk, and check that this user may write there",
    facts: { path, reason },
    cause: error,
  });
}
