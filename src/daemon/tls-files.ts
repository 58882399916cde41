import { readFileSync } from "node:fs";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import { messageOf } from "../base/errors.ts";
import type { Config } from "../config/config.ts";
import type { DataFolder } from "../store/data-folder.ts";
import { DaemonError } from "./errors.ts";

/** PEM texts. */
export interface TlsTexts {
  /** The certificate, followed by its chain. */
  readonly certificate: string;
  readonly key: string;
}

/**
 * What the configuration names, read now; undefined is plaintext.
 * @throws DaemonError TLS_FILES.
 */
export function readTlsFiles({ tls }: Config, data: DataFolder): TlsTexts | undefined {
  if (tls.mode === "off") return undefined;
  const own = { certificate: data.tlsCertificate, key: data.tlsKey };
  const { certificate, key } = tls.mode === "files" ? tls : own;
  const texts = { certificate: readTls(certificate), key: readTls(key) };
  refuseStrangers(texts, certificate, key);
  return texts;
}

/** For a server, under which the certificate is shown. */
export const secureContext = ({ certificate, key }: TlsTexts): SecureContextOptions => ({
  cert: certificate,
  key,
  minVersion: "TLSv1.3",
});

/** A key that is another certificate's would only show when the first client comes. */
function refuseStrangers({ certificate, key }: TlsTexts, ...paths: [string, string]): void {
  try {
    createSecureContext({ cert: certificate, key });
  } catch (cause) {
    const [certificatePath, keyPath] = paths;
    throw new DaemonError("TLS_FILES", `${certificatePath} and ${keyPath} are no pair`, {
      hint: "give the certificate (PEM, followed by its chain) and the key that it was made for",
      cause,
    });
  }
}

function readTls(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new DaemonError("TLS_FILES", `cannot read ${path}: ${messageOf(cause)}`, {
      hint: "check tls in the configuration; seatkeeper init makes the self-made certificate",
      cause,
    });
  }
}
