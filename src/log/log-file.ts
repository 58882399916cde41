import { closeSync, fstatSync, openSync, renameSync, writeSync } from "node:fs";
import { messageOf } from "../base/errors.ts";
import { LogError } from "./errors.ts";

export interface LogFileOptions {
  readonly path: string;
  /** Bytes; a line that would go beyond begins a new file. */
  readonly maxBytes: number;
  /** Where lines go that the disk refuses: a full disk stops no seat. */
  readonly otherwise: (line: string) => void;
}

/**
 * A log file, and one older one beside it (`seatkeeper.log.1`). Lines are written at once, and not
 * synced: the last ones before a power cut may be missing.
 */
export class LogFile {
  readonly #options: LogFileOptions;
  #fd: number;
  #bytes: number;

  /** @throws LogError LOG_FILE. */
  constructor(options: LogFileOptions) {
    this.#options = options;
    this.#fd = opened(options.path);
    this.#bytes = fstatSync(this.#fd).size;
  }

  write(line: string): void {
    const bytes = Buffer.from(line);
    try {
      if (this.#bytes > 0 && this.#bytes + bytes.length > this.#options.maxBytes) this.#turn();
      this.#bytes += writeSync(this.#fd, bytes);
    } catch {
      this.#options.otherwise(line);
    }
  }

  /** After somebody else has renamed the file. The former one goes on where the path cannot be opened. */
  reopen(): void {
    const fd = opened(this.#options.path);
    closeSync(this.#fd);
    this.#fd = fd;
    this.#bytes = fstatSync(fd).size;
  }

  #turn(): void {
    renameSync(this.#options.path, olderLog(this.#options.path));
    this.reopen();
  }
}

/** Where the lines before those of a log file are. */
export const olderLog = (path: string): string => `${path}.1`;

function opened(path: string): number {
  try {
    return openSync(path, "a", 0o600);
  } catch (cause) {
    throw new LogError("LOG_FILE", `cannot write ${path}: ${messageOf(cause)}`, {
      hint: "make its folder, writable for the daemon, or set log.to: journal",
      cause,
    });
  }
}
