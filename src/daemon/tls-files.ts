import { readFileSync } from "node:fs";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import { messageOf } from "../base/errors.ts";
import type { Config } from "../config/config.ts";
import { isAuthority } from "../crypto/certificate.ts";
import type { DataFolder } from "../store/data-folder.ts";
import type { CertificateDemand } from "./certificate-demand.ts";
import { DaemonError } from "./errors.ts";

/** PEM texts. */
export interface TlsTexts {
  /** The certificate, followed by its chain. */
  readonly certificate: string;
  readonly key: string;
  /** What is asked of workstations; undefined asks for no certificate. */
  readonly demand: CertificateDemand | undefined;
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
  return { ...texts, demand: readDemand(tls) };
}

/** For a server, under which the certificate is shown. */
export const secureContext = ({
  certificate,
  key,
}: Pick<TlsTexts, "certificate" | "key">): SecureContextOptions => ({
  cert: certificate,
  key,
  minVersion: "TLSv1.3",
});

/** A key that is another certificate's would only show when the first client comes. */
function refuseStrangers(
  { certificate, key }: Pick<TlsTexts, "certificate" | "key">,
  ...paths: [string, string]
): void {
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

function readDemand(tls: Config["tls"]): CertificateDemand | undefined {
  const { clientCa, clientCrl, clientCertificates = "required" } = tls;
  if (clientCa === undefined) return undefined;
  const authorities = readAuthorities(clientCa);
  const revocations = clientCrl === undefined ? [] : readRevocations(clientCrl);
  return { authorities, revocations, isRequired: clientCertificates === "required" };
}

/** OpenSSL would pass over what it cannot read, and then let nobody in. */
function readAuthorities(path: string): readonly string[] {
  const blocks = blocksOf(readTls(path), "CERTIFICATE");
  if (blocks.length > 0 && blocks.every(isAuthority)) return blocks;
  throw new DaemonError("TLS_FILES", `${path} (tls.client_ca) has no certificates of authorities`, {
    hint: "give the certificates, as PEM, of the authorities that sign those of workstations, and no others",
  });
}

function readRevocations(path: string): readonly string[] {
  const blocks = blocksOf(readTls(path), "X509 CRL");
  try {
    if (blocks.length === 0) throw new TypeError("no X509 CRL in it");
    createSecureContext({ crl: [...blocks] });
    return blocks;
  } catch (cause) {
    throw new DaemonError("TLS_FILES", `${path} (tls.client_crl) has no revocation lists`, {
      hint: "give one list, as PEM, of each authority in tls.client_ca, or null",
      cause,
    });
  }
}

/** The blocks of one kind in a PEM text; what stands between them is for people. */
function blocksOf(text: string, kind: "CERTIFICATE" | "X509 CRL"): readonly string[] {
  const block = new RegExp(`-----BEGIN ${kind}-----[^-]*-----END ${kind}-----`, "g");
  return text.match(block) ?? [];
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
