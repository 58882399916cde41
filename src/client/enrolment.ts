import { readFile, stat } from "node:fs/promises";
import { messageOf } from "../base/errors.ts";
import { ENROLMENT_TOKEN, isTokenFor } from "../crypto/enrolment-token.ts";
import { ClientError } from "./errors.ts";
import type { ServerAddress } from "./server-address.ts";

/** What a site gave this workstation to prove who it is. */
export interface EnrolmentOptions {
  /** The token itself; several for several servers. */
  readonly token?: string | readonly string[];
  /** A file with one token per line, one for each server; `#` begins a comment. Only its owner may read it. */
  readonly tokenFile?: string;
  /** Lets a token go to another machine without TLS: whoever reads it there can use it. */
  readonly allowPlaintextToken?: boolean;
}

/**
 * Finds the token for each server. A token names the daemon that it is for, and no other is shown it.
 * The file is read anew for each connection, so that a new token needs no restart.
 */
export class Enrolment {
  readonly #given: readonly string[];
  readonly #file: string | undefined;
  readonly #isPlaintextAllowed: boolean;

  constructor({ token = [], tokenFile, allowPlaintextToken = false }: EnrolmentOptions) {
    this.#given = typeof token === "string" ? [token] : token;
    this.#file = tokenFile;
    this.#isPlaintextAllowed = allowPlaintextToken;
  }

  /** @throws ClientError TOKEN_UNUSABLE. */
  async check(): Promise<void> {
    await this.#tokens();
  }

  /**
   * The token for the daemon that has proven this key on this connection; undefined where there is none.
   * @throws ClientError TOKEN_UNUSABLE, TOKEN_PLAINTEXT.
   */
  async tokenFor(daemonKey: string, address: ServerAddress): Promise<string | undefined> {
    const token = (await this.#tokens()).find((each) => isTokenFor(each, daemonKey));
    if (token === undefined) return undefined;
    if (address.secure || address.isLoopback || this.#isPlaintextAllowed) return token;
    throw new ClientError(
      "TOKEN_PLAINTEXT",
      `the token would travel to ${address.url} in the clear`,
      {
        hint: "reach the server by wss://, or allow the token over plaintext on purpose",
      },
    );
  }

  async #tokens(): Promise<readonly string[]> {
    const inFile = this.#file === undefined ? [] : await linesOf(this.#file);
    const tokens = [...this.#given, ...inFile];
    // Nothing of it is repeated: with a slip of the pen it is still most of a secret.
    if (!tokens.every((each) => ENROLMENT_TOKEN.test(each))) {
      throw unusable(this.#file ?? "the token", "is not an enrolment token");
    }
    return tokens;
  }
}

/** A hundred servers' tokens, and comments. */
const MAX_BYTES = 16_384;

async function linesOf(path: string): Promise<readonly string[]> {
  const text = await textOf(path);
  return text
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim())
    .filter((line) => line !== "");
}

async function textOf(path: string): Promise<string> {
  try {
    const about = await stat(path);
    if (!about.isFile() || about.size > MAX_BYTES) throw unusable(path, "is not a file of tokens");
    // Windows keeps no such modes and shows each file as readable by all.
    if ((about.mode & 0o077) !== 0 && !WINDOWS.test(path)) {
      throw unusable(path, "can be read by other users", `run: chmod 600 ${path}`);
    }
    return await readFile(path, "latin1");
  } catch (error) {
    if (error instanceof ClientError) throw error;
    throw unusable(path, messageOf(error), "check the name of the token file", error);
  }
}

/** A path with a drive letter or backslash. */
const WINDOWS = /^[A-Za-z]:|\\/;

function unusable(
  where: string,
  what: string,
  hint = "write what seatkeeper tokens create printed, one token per line",
  cause?: unknown,
): ClientError {
  return new ClientError("TOKEN_UNUSABLE", `${where}: ${what}`, { hint, cause });
}
