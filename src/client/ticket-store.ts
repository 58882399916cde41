import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, systemCode } from "../base/errors.ts";
import type { LeaseId } from "../base/ids.ts";
import { putFile } from "./durable-file.ts";
import { ClientError } from "./errors.ts";
import { makeFolder } from "./folder.ts";
import { type KeptTicket, readTicketFile, writeTicketFile } from "./ticket-file.ts";
import { isLocked, lockTicket } from "./ticket-lock.ts";

const NAME = /^[0-9a-f]{32}\.ticket$/;

/**
 * The borrowed seats of one vendor and client key: one file each, named after the lease, replaced as
 * a whole and readable for its user alone.
 */
export class TicketStore {
  readonly #folder: string;

  /** @param folder made when the first ticket comes. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** All that can be read; files of another kind are passed over. @throws ClientError TICKET_FILE. */
  async all(): Promise<readonly KeptTicket[]> {
    const names = await readdir(this.#folder).catch((error: unknown) => {
      if (systemCode(error) === "ENOENT") return [];
      throw fileError(this.#folder, error);
    });
    const found = await Promise.all(
      names.filter((name) => NAME.test(name)).map((name) => this.#read(join(this.#folder, name))),
    );
    return found.filter((kept) => kept !== undefined);
  }

  /** Resolves once it is on the disk. @throws ClientError TICKET_FILE: then what was there is there still. */
  async put(lease: LeaseId, kept: KeptTicket): Promise<void> {
    try {
      await makeFolder(this.#folder);
      await putFile(this.#path(lease), writeTicketFile(kept));
    } catch (error) {
      throw fileError(this.#path(lease), error);
    }
  }

  /**
   * Changes what is there, if there is anything: another process may have replaced or removed it.
   * @throws ClientError TICKET_FILE.
   */
  async change(lease: LeaseId, edit: (now: KeptTicket) => KeptTicket): Promise<void> {
    const now = await this.#read(this.#path(lease));
    if (now !== undefined) await this.put(lease, edit(now));
  }

  /** Whatever stands there is of no use any more. @throws ClientError TICKET_FILE. */
  async drop(lease: LeaseId): Promise<void> {
    try {
      await rm(this.#path(lease), { force: true });
    } catch (error) {
      throw fileError(this.#path(lease), error);
    }
  }

  /**
   * Takes the right to use the seat here.
   * @returns gives it back; `undefined` when a process of this computer uses it.
   * @throws ClientError TICKET_FILE.
   */
  async lock(lease: LeaseId): Promise<(() => Promise<void>) | undefined> {
    try {
      return await lockTicket(this.#lockPath(lease));
    } catch (error) {
      throw fileError(this.#lockPath(lease), error);
    }
  }

  isInUse(lease: LeaseId): Promise<boolean> {
    return isLocked(this.#lockPath(lease));
  }

  async #read(path: string): Promise<KeptTicket | undefined> {
    const text = await readFile(path, "utf8").catch((error: unknown) => {
      // Given back by another process in this very moment.
      if (systemCode(error) === "ENOENT") return "";
      throw fileError(path, error);
    });
    return readTicketFile(text);
  }

  #path(lease: LeaseId): string {
    return join(this.#folder, `${lease}.ticket`);
  }

  #lockPath(lease: LeaseId): string {
    return join(this.#folder, `${lease}.lock`);
  }
}

function fileError(path: string, error: unknown): ClientError {
  const reason = systemCode(error) ?? messageOf(error);
  return new ClientError("TICKET_FILE", `${path}: cannot keep borrowed seats on disk: ${reason}`, {
    hint: "make room on the disk, and check that this user may write there",
    facts: { path, reason },
    cause: error,
  });
}
