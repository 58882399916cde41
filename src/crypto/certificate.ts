import { generateKeyPair, type KeyObject, sign, X509Certificate } from "node:crypto";
import { promisify } from "node:util";
import { concat, fromHex, toBase64, utf8 } from "../base/bytes.ts";
import { days, isoTime, type UnixMillis, unixMillis } from "../base/time.ts";
import { derBits, derElement, derInteger, derOctets, derOid, derSequence, derSet } from "./der.ts";
import { CryptoError } from "./errors.ts";
import { randomBytes } from "./random.ts";

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
  const notAfter = unixMillis(options.notBefore + days(options.days));
  const { publicKey, privateKey } = await makeKeyPair("ec", { namedCurve: "prime256v1" });
  const body = certificateBody(options.names, options.notBefore, notAfter, publicKey);
  const certificate = derSequence(
    body,
    ECDSA_WITH_SHA256,
    derBits(new Uint8Array(sign("sha256", body, privateKey))),
  );
  return {
    certificatePem: pem("CERTIFICATE", certificate),
    keyPem: privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
  };
}

/**
 * SHA-256 of the DER of the first certificate in a PEM text: 64 hex digits, as `challenge` names it.
 * @throws CryptoError `CERTIFICATE_FORMAT` when there is none.
 */
export function certificateFingerprint(pemText: string): string {
  try {
    return new X509Certificate(pemText).fingerprint256.replaceAll(":", "").toLowerCase();
  } catch (cause) {
    throw new CryptoError("CERTIFICATE_FORMAT", "this is not a certificate in pem form", {
      cause,
      hint: "give the server's certificate, followed by its chain if there is one",
    });
  }
}

const makeKeyPair = promisify(generateKeyPair);

const ECDSA_WITH_SHA256 = derSequence(derOid("1.2.840.10045.4.3.2"));
const VERSION_3 = derElement(0xa0, derInteger(Uint8Array.of(2)));
const TRUE = derElement(0x01, Uint8Array.of(0xff));

/** Random and positive: 16 bytes are well within the 20 that RFC 5280, section 4.1.2.2, allows. */
const SERIAL_BYTES = 16;

/** `TBSCertificate` of RFC 5280, section 4.1. */
function certificateBody(
  names: readonly string[],
  notBefore: UnixMillis,
  notAfter: UnixMillis,
  publicKey: KeyObject,
): Uint8Array {
  const subject = commonName(names[0] ?? "");
  return derSequence(
    VERSION_3,
    derInteger(randomBytes(SERIAL_BYTES)),
    ECDSA_WITH_SHA256,
    subject,
    derSequence(time(notBefore), time(notAfter)),
    subject,
    new Uint8Array(publicKey.export({ format: "der", type: "spki" })),
    extensions(names),
  );
}

function extensions(names: readonly string[]): Uint8Array {
  const serverAuth = derSequence(derOid("1.3.6.1.5.5.7.3.1"));
  // Seven unused bits, then bit 0: digitalSignature.
  const digitalSignature = derElement(0x03, Uint8Array.of(7, 0x80));
  const list = derSequence(
    derSequence(derOid("2.5.29.19"), TRUE, derOctets(derSequence())),
    derSequence(derOid("2.5.29.15"), TRUE, derOctets(digitalSignature)),
    derSequence(derOid("2.5.29.37"), derOctets(serverAuth)),
    derSequence(derOid("2.5.29.17"), derOctets(derSequence(...names.map(generalName)))),
  );
  return derElement(0xa3, list);
}

/** RFC 5280 bounds a common name at 64 characters; what counts is the alternative name. */
function commonName(name: string): Uint8Array {
  const text = derElement(0x0c, utf8(name.slice(0, 64)));
  return derSequence(derSet(derSequence(derOid("2.5.4.3"), text)));
}

/** Two digits of the year until 2049, four from then on (RFC 5280, section 4.1.2.5). */
function time(moment: UnixMillis): Uint8Array {
  const digits = isoTime(moment).slice(0, 19).replaceAll(/[-:T]/g, "");
  return Number(digits.slice(0, 4)) < 2050
    ? derElement(0x17, utf8(`${digits.slice(2)}Z`))
    : derElement(0x18, utf8(`${digits}Z`));
}

function generalName(name: string): Uint8Array {
  const address = ipv4(name) ?? ipv6(name);
  if (address) return derElement(0x87, address);
  if (!DNS_NAME.test(name)) throw new RangeError("neither a dns name nor an ip address");
  return derElement(0x82, utf8(name));
}

const DNS_NAME = /^(?=.{1,253}$)(?:\*\.)?[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/i;

function ipv4(name: string): Uint8Array | undefined {
  const parts = /^\d{1,3}(?:\.\d{1,3}){3}$/.test(name) ? name.split(".").map(Number) : [];
  if (parts.length !== 4) return undefined;
  if (parts.some((part) => part > 255)) throw new RangeError("not an ip address");
  return Uint8Array.from(parts);
}

/** The URL parser knows every way to write an address; what it gives back has only one gap. */
function ipv6(name: string): Uint8Array | undefined {
  if (!name.includes(":")) return undefined;
  const url = URL.canParse(`http://[${name}]`) ? new URL(`http://[${name}]`) : undefined;
  if (!url) throw new RangeError("not an ip address");
  const [head = "", tail = ""] = url.hostname.slice(1, -1).split("::");
  const [left, right] = [groups(head), groups(tail)];
  return concat(left, new Uint8Array(16 - left.length - right.length), right);
}

function groups(text: string): Uint8Array {
  return fromHex(
    text
      .split(":")
      .map((group) => (group === "" ? "" : group.padStart(4, "0")))
      .join(""),
  );
}

function pem(label: string, der: Uint8Array): string {
  const lines = toBase64(der).match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
