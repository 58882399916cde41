import { readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { fromBase64Url, toBase64Url } from "../base/bytes.ts";
import { messageOf, systemCode } from "../base/errors.ts";
import { type Signer, signerFromSeed } from "../crypto/ed25519.ts";
import { randomBytes } from "../crypto/random.ts";
import { putNewFile } from "./durable-file.ts";
import { ClientError } from "./errors.ts";
import { makeFolder } from "./folder.ts";

/**
 * The client key of this installation: read from `path`, or made there on first use. Processes
 * that do this at the same time all end up with the same key.
 * @throws ClientError CLIENT_KEY_FILE.
 */
export async function openClientKey(path: string): Promise<Signer> {
  try {
    return (await readKey(path)) ?? (await makeKey(path));
  } catch (error) {
    if (error instanceof ClientError) throw error;
    throw new ClientError("CLIENT_KEY_FILE", `${path}: ${messageOf(error)}`, {
      hint: "check that this user may read and write the folder, or name another key file",
      cause: error,
    });
  }
}

const LINE = /^seatkeeper client key v1 (?<seed>[\w-]{43})\n$/;
/** A key file has 69 bytes; nothing longer is read. */
const MAX_BYTES = 1_024;

async function readKey(path: string): Promise<Signer | undefined> {
  const about = await stat(path).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  });
  if (about === undefined) return undefined;
  if (!about.isFile() || about.size > MAX_BYTES) throw notAKey(path);
  // Windows keeps no such modes and shows each file as readable by all.
  if ((about.mode & 0o077) !== 0 && !WINDOWS.test(path)) throw readableByOthers(path);
  return signerOf(path, await readFile(path, "latin1"));
}

/** A path with a drive letter or backslash. */
const WINDOWS = /^[A-Za-z]:|\\/;

function signerOf(path: string, text: string): Signer {
  const seed = LINE.exec(text)?.groups?.["seed"];
  if (seed === undefined) throw notAKey(path);
  try {
    return signerFromSeed(fromBase64Url(seed));
  } catch {
    throw notAKey(path);
  }
}

/** The file appears whole or not at all, and stays the one of the process that was there first. */
async function makeKey(path: string): Promise<Signer> {
  await makeFolder(dirname(path));
  await putNewFile(path, `seatkeeper client key v1 ${toBase64Url(randomBytes(32))}\n`);
  const key = await readKey(path);
  if (key === undefined) throw new Error("the key file vanished");
  return key;
}

function notAKey(path: string): ClientError {
  return new ClientError("CLIENT_KEY_FILE", `${path}: not a client key`, {
    hint: "move the file away; a new key is made on the next start",
  });
}

function readableByOthers(path: string): ClientError {
  return new ClientError("CLIENT_KEY_FILE", `${path}: other users may read the client key`, {
    hint: `run: chmod 600 ${path}`,
  });
}
