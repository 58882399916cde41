import { readFile, stat } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { messageOf } from "../base/errors.ts";
import { ClientError } from "./errors.ts";
import { badOption } from "./option-error.ts";

/** What a site gave this workstation to be let in at all, where it asks for a certificate over TLS. */
export interface CertificateFiles {
  /** The certificate, PEM, followed by its chain. */
  readonly certFile: string;
  /** Its key, PEM, without a passphrase. Only its owner may read it. */
  readonly keyFile: string;
}

/** PEM texts, as TLS shows them. */
export interface ShownPair {
  readonly cert: string;
  readonly key: string;
}

/**
 * The client certificate. Its files are read anew for each connection, so that a renewed one needs no
 * restart. It goes to whichever server asks: it proves nothing without its key, which stays here.
 */
export class ClientCertificate {
  readonly #files: CertificateFiles | undefined;

  /** @throws ClientError CLIENT_OPTION. */
  constructor(files: CertificateFiles | undefined) {
    if (files !== undefined) demandFiles(files);
    this.#files = files;
  }

  /**
   * What to show; undefined where there is nothing.
   * @throws ClientError CLIENT_CERTIFICATE.
   */
  async read(): Promise<ShownPair | undefined> {
    if (this.#files === undefined) return undefined;
    const { certFile, keyFile } = this.#files;
    const cert = await textOf(certFile);
    await refuseOpenKey(keyFile);
    const pair = { cert, key: await textOf(keyFile) };
    try {
      createSecureContext(pair);
    } catch (cause) {
      throw unusable(`${certFile} and ${keyFile}`, "are no pair", PAIR, cause);
    }
    return pair;
  }
}

const PAIR = "give the certificate, as PEM, and the key that it was made for, without a passphrase";

/** A chain of certificates, and what openssl writes beside them. */
const MAX_BYTES = 262_144;

/** What a program in JavaScript may have passed. */
function demandFiles(files: unknown): void {
  const { certFile, keyFile } = (files ?? {}) as { certFile?: unknown; keyFile?: unknown };
  if ([certFile, keyFile].every((path) => typeof path === "string" && path !== "")) return;
  const rule = "must be { certFile, keyFile }, the names of two files";
  throw badOption("clientCertificate", rule, "name both, or leave it out");
}

async function textOf(path: string): Promise<string> {
  try {
    const about = await stat(path);
    if (about.isFile() && about.size <= MAX_BYTES) return await readFile(path, "utf8");
  } catch (error) {
    throw unusable(path, messageOf(error), "check the name of the file", error);
  }
  throw unusable(path, "is not a PEM file", PAIR);
}

async function refuseOpenKey(path: string): Promise<void> {
  const about = await stat(path).catch(() => undefined);
  // Windows keeps no such modes and shows each file as readable by all.
  if (about === undefined || (about.mode & 0o077) === 0 || WINDOWS.test(path)) return;
  throw unusable(path, "can be read by other users", `run: chmod 600 ${path}`);
}

/** A path with a drive letter or backslash. */
const WINDOWS = /^[A-Za-z]:|\\/;

function unusable(where: string, what: string, hint: string, cause?: unknown): ClientError {
  return new ClientError("CLIENT_CERTIFICATE", `${where}: ${what}`, { hint, cause });
}
