import { constants, webcrypto, X509Certificate } from "node:crypto";
import { days, type UnixMillis, unixMillis } from "../base/time.ts";
import { CryptoError } from "./errors.ts";
import { randomHex } from "./random.ts";

/** A self-signed certificate and its secret key, both PEM. */
export interface MadeCertificate {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/**
 * A TLS server certificate (RFC 5280) for one site, signed by its own fresh ECDSA P-256 key. No
 * authority vouches for it: the daemon signs its fingerprint, and the license vouches for the daemon.
 * @param options.names DNS names and IP addresses, at least one; the first is the subject's name.
 * @param options.days how long it is valid, from `notBefore` on.
 * @throws RangeError for a name that is neither.
 */
export async function makeCertificate(options: {
  readonly names: readonly string[];
  readonly notBefore: UnixMillis;
  readonly days: number;
}): Promise<MadeCertificate> {
  const alternatives = options.names.map(alternativeName);
  // Loaded here alone: the daemon starts often, a certificate is made once.
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  const keys = await webcrypto.subtle.generateKey(KEYS, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    // RFC 5280 bounds a common name at 64 characters; what counts are the alternative names.
    name: [{ CN: [(options.names[0] ?? "").slice(0, 64)] }],
    notBefore: dateOf(options.notBefore),
    notAfter: dateOf(options.notBefore + days(options.days)),
    signingAlgorithm: { ...KEYS, hash: "SHA-256" },
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(alternatives),
    ],
  });
  const secret = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    certificatePem: `${certificate.toString("pem")}\n`,
    keyPem: `${x509.PemConverter.encode(secret, "PRIVATE KEY")}\n`,
  };
}

/**
 * SHA-256 of the DER of the first certificate in a PEM text: 64 hex digits, as `challenge` names it.
 * @throws CryptoError `CERTIFICATE_FORMAT` when there is none.
 */
export function certificateFingerprint(pemText: string): string {
  return certificateIn(pemText).fingerprint256.replaceAll(":", "").toLowerCase();
}

/**
 * When the first certificate in a PEM text ends.
 * @throws CryptoError `CERTIFICATE_FORMAT` when there is none.
 */
export function certificateEnd(pemText: string): UnixMillis {
  // oxlint-disable-next-line no-restricted-globals -- reads a given moment, not the present one
  return unixMillis(Date.parse(certificateIn(pemText).validTo));
}

/** Whether a certificate, PEM, may sign others; false also for what is no certificate. */
export function isAuthority(pemText: string): boolean {
  try {
    return new X509Certificate(pemText).ca;
  } catch {
    return false;
  }
}

/** An option for TLS servers: each connection begins with a whole handshake, and a proof of its key. */
export const NO_RESUMPTION: number = constants.SSL_OP_NO_TICKET;

function certificateIn(pemText: string): X509Certificate {
  try {
    return new X509Certificate(pemText);
  } catch (cause) {
    throw new CryptoError("CERTIFICATE_FORMAT", "this is not a certificate in pem form", {
      cause,
      hint: "give the server's certificate, followed by its chain if there is one",
    });
  }
}

const KEYS = { name: "ECDSA", namedCurve: "P-256" } as const;

/** 16 random bytes, the first of them from 1 to 127: positive, and in the one form DER has for it. */
function serialNumber(): string {
  const first = (Number.parseInt(randomHex(1), 16) % 127) + 1;
  return first.toString(16).padStart(2, "0") + randomHex(15);
}

type AlternativeName = { readonly type: "dns" | "ip"; readonly value: string };

function alternativeName(name: string): AlternativeName {
  const address = addressIn(name);
  if (address !== undefined) return { type: "ip", value: address };
  if (!DNS_NAME.test(name)) throw new RangeError("neither a dns name nor an ip address");
  return { type: "dns", value: name };
}

const DNS_NAME = /^(?=.{1,253}$)(?:\*\.)?[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/i;

/** An address in its shortest form: the URL parser knows every way to write one, the generator not. */
function addressIn(name: string): string | undefined {
  if (/^[\d.]+$/.test(name) && URL.canParse(`http://${name}`))
    return new URL(`http://${name}`).hostname;
  if (!/[:]|^[\d.]+$/.test(name)) return undefined;
  if (!URL.canParse(`http://[${name}]`)) throw new RangeError("not an ip address");
  return new URL(`http://[${name}]`).hostname.slice(1, -1);
}

/** The generator takes dates; this is a given moment, not the present one. */
function dateOf(moment: number): Date {
  // oxlint-disable-next-line no-restricted-globals
  return new Date(moment);
}
