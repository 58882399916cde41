import { webcrypto } from "node:crypto";
import { toHex } from "../../src/base/bytes.ts";
import { randomBytes } from "../../src/crypto/random.ts";

await import("reflect-metadata");
const x509 = await import("@peculiar/x509");

const KEYS = { name: "ECDSA", namedCurve: "P-256" } as const;
const SIGNING = { ...KEYS, hash: "SHA-256" } as const;
const DAY = 86_400_000;

/** The extended key usage of servers: no certificate for a client. */
export const SERVER_USE: string = x509.ExtendedKeyUsage.serverAuth;

const CLIENT_USE: string = x509.ExtendedKeyUsage.clientAuth;

/** A certificate and its key, both PEM. */
export interface ShownCertificate {
  readonly cert: string;
  readonly key: string;
  readonly serial: string;
}

/** A site's own authority for the certificates of its workstations: fresh keys for each test. */
export class Authority {
  /** PEM. */
  readonly certificate: string;
  readonly #keys: CryptoKeyPair;
  readonly #subject: string;

  static async named(name: string): Promise<Authority> {
    const keys = await newKeys();
    const own = await x509.X509CertificateGenerator.createSelfSigned({
      serialNumber: serialNumber(),
      name: [{ CN: [name] }],
      ...during(-DAY, 365 * DAY),
      signingAlgorithm: SIGNING,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(
          x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
          true,
        ),
      ],
    });
    return new Authority(`${own.toString("pem")}\n`, keys, own.subject);
  }

  private constructor(certificate: string, keys: CryptoKeyPair, subject: string) {
    this.certificate = certificate;
    this.#keys = keys;
    this.#subject = subject;
  }

  /** @param use what the certificate is for, as its extended key usage says. */
  async certified(
    name: string,
    { from = -DAY, to = 30 * DAY, use = CLIENT_USE } = {},
  ): Promise<ShownCertificate> {
    const { publicKey, privateKey } = await newKeys();
    const serial = serialNumber();
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: serial,
      subject: [{ CN: [name] }],
      issuer: this.#subject,
      ...during(from, to),
      signingAlgorithm: SIGNING,
      publicKey,
      signingKey: this.#keys.privateKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.ExtendedKeyUsageExtension([use]),
      ],
    });
    const secret = await webcrypto.subtle.exportKey("pkcs8", privateKey);
    return {
      cert: `${certificate.toString("pem")}\n`,
      key: `${x509.PemConverter.encode(secret, "PRIVATE KEY")}\n`,
      serial,
    };
  }

  /** A list of what this authority has revoked, PEM. */
  async revocationList(
    revoked: readonly Pick<ShownCertificate, "serial">[],
    { from = -DAY, to = 30 * DAY } = {},
  ): Promise<string> {
    const { notBefore: thisUpdate, notAfter: nextUpdate } = during(from, to);
    const list = await x509.X509CrlGenerator.create({
      issuer: this.#subject,
      thisUpdate,
      nextUpdate,
      signingAlgorithm: SIGNING,
      signingKey: this.#keys.privateKey,
      entries: revoked.map(({ serial }) => ({
        serialNumber: serial,
        revocationDate: thisUpdate,
      })),
    });
    return `${x509.PemConverter.encode(list.rawData, "X509 CRL")}\n`;
  }
}

const newKeys = (): Promise<CryptoKeyPair> =>
  webcrypto.subtle.generateKey(KEYS, true, ["sign", "verify"]);

/** Positive, and in the one form DER has for it. */
const serialNumber = (): string => `1f${toHex(randomBytes(15))}`;

/** Milliseconds from now. */
function during(from: number, to: number): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now + from), notAfter: new Date(now + to) };
}
