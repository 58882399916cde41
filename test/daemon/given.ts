import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished, vi } from "vitest";
import { utf8 } from "../../src/base/bytes.ts";
import { type UnixMillis, unixMillis } from "../../src/base/time.ts";
import { systemClock } from "../../src/clock/system-clock.ts";
import { type Config, DEFAULT_CONFIG } from "../../src/config/config.ts";
import { type Signer, signerFromSeed } from "../../src/crypto/ed25519.ts";
import { sha256 } from "../../src/crypto/hash.ts";
import { sealingKeyId } from "../../src/crypto/key-id.ts";
import { randomHex } from "../../src/crypto/random.ts";
import { x25519PublicKey } from "../../src/crypto/x25519.ts";
import { AdminClient } from "../../src/daemon/admin-client.ts";
import { type Daemon, type DaemonParts, startDaemon } from "../../src/daemon/daemon.ts";
import { initSite } from "../../src/daemon/init-site.ts";
import { requestLicense } from "../../src/daemon/request-license.ts";
import type { SiteParts } from "../../src/daemon/site.ts";
import { openGenesis } from "../../src/ledger/genesis.ts";
import {
  type ActivationRequest,
  readActivationRequest,
} from "../../src/license/activation-request.ts";
import { writeIssuer } from "../../src/license/issuer.ts";
import { type LicenseFields, writeLicense } from "../../src/license/license.ts";
import { decodeTerms } from "../../src/license/terms.ts";
import { writeVendorFile } from "../../src/license/vendor-file.ts";
import { createLog } from "../../src/log/log.ts";

const seed = (name: string): Uint8Array => sha256(utf8(`daemon test ${name}`));
const signerOf = (name: string): Signer => signerFromSeed(seed(name));

export const vendor = "acme.example";
export const root: Signer = signerOf("root");
export const issuing: Signer = signerOf("issuing");
export const sealingSecret: Uint8Array = seed("sealing");
const sealingKey = x25519PublicKey(sealingSecret);
export const sealingKid: string = sealingKeyId(sealingKey);

/** 2026-01-01 to 2040-01-01. */
const issuerFrom = unixMillis(1_767_225_600_000);
const issuerUntil = unixMillis(2_208_988_800_000);

export const issuerNote: string = writeIssuer(
  { vendor, key: issuing.publicKey, notBefore: issuerFrom, notAfter: issuerUntil },
  root,
);

export const vendorFile: Uint8Array = utf8(
  writeVendorFile(
    {
      name: vendor,
      rootKey: root.publicKey,
      sealingKeys: [{ kid: sealingKid, key: sealingKey, notBefore: issuerFrom, notAfter: null }],
      issuers: [issuerNote],
      createdAt: issuerFrom,
    },
    root,
  ),
);

const otherRoot = signerOf("other root");

/** Another vendor's, under keys of its own. */
export const otherVendorFile: Uint8Array = utf8(
  writeVendorFile(
    {
      name: "other.example",
      rootKey: otherRoot.publicKey,
      sealingKeys: [{ kid: sealingKid, key: sealingKey, notBefore: issuerFrom, notAfter: null }],
      issuers: [],
      createdAt: issuerFrom,
    },
    otherRoot,
  ),
);

/** A feature with three seats, one with one, and a meter. */
export const usualTerms: object = {
  site: "Example Studio",
  features: [
    { name: "cad.pro", seats: 3, lease_time: "30s" },
    { name: "sim.solver", seats: 1, lease_time: "30s" },
  ],
  meters: [{ name: "render.minutes", unit: "minutes", quota: 1_000, overdraft: "deny" }],
};

export const host: SiteParts["host"] = () => ({ hash: "ab".repeat(32), parts: ["machine-id"] });

/** A folder that is gone after the test. */
export function emptyFolder(): string {
  const path = mkdtempSync(join(tmpdir(), "seatkeeper-daemon-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Everything in one folder, on a free port of the loopback, in plaintext. */
export function configIn(folder: string, more: Partial<Config> = {}): Config {
  return {
    ...DEFAULT_CONFIG,
    dataDir: join(folder, "data"),
    socket: join(folder, "admin.sock"),
    listen: { ...DEFAULT_CONFIG.listen, host: "127.0.0.1", port: 0 },
    tls: { mode: "off" },
    ...more,
  };
}

/** A site that `init` has made and that asked for its license. */
export interface GivenSite {
  readonly config: Config;
  readonly request: ActivationRequest;
}

export async function aSite(
  more: Partial<Config> = {},
  folder: string = emptyFolder(),
): Promise<GivenSite> {
  const config = configIn(folder, more);
  await initSite(config, vendorFile, { host });
  const request = readActivationRequest(await requestLicense(config, undefined, { host }));
  return { config, request };
}

/** What the vendor answers to the request. */
export function licenseFor(
  { request }: GivenSite,
  terms: object = usualTerms,
  more: Partial<LicenseFields> = {},
): Uint8Array {
  return utf8(
    writeLicense(
      {
        licenseId: randomHex(16),
        vendor,
        issuedAt: request.createdAt,
        chainId: request.chainId,
        genesisLeaf: openGenesis(request.genesisBlock, sealingSecret).leaf,
        daemonKey: request.daemonKey,
        hostFingerprint: request.host,
        sealingKeyId: sealingKid,
        issuer: issuerNote,
        terms: decodeTerms(terms),
        ...more,
      },
      issuing,
    ),
  );
}

/** A daemon in this process, and what it has said. */
export interface GivenDaemon extends Daemon {
  readonly site: GivenSite;
  readonly admin: AdminClient;
  readonly log: readonly string[];
  /** What would have ended the process. */
  readonly fatal: readonly unknown[];
}

export async function started(
  site: GivenSite,
  more: Partial<DaemonParts> = {},
): Promise<GivenDaemon> {
  const log: string[] = [];
  const fatal: unknown[] = [];
  const daemon = await startDaemon(site.config, {
    clock: systemClock(),
    host,
    log: createLog({ level: "debug", destination: { write: (line) => void log.push(line) } }),
    fatal: (error) => void fatal.push(error),
    ...more,
  });
  onTestFinished(() => daemon.stop());
  return { ...daemon, site, admin: new AdminClient(site.config.socket), log, fatal };
}

/** A daemon with a license for `terms`. */
export async function aDaemon(
  terms: object = usualTerms,
  more: Partial<Config> = {},
  parts: Partial<DaemonParts> = {},
): Promise<GivenDaemon> {
  const daemon = await started(await aSite(more), parts);
  await daemon.admin.installLicense(licenseFor(daemon.site, terms));
  return daemon;
}

/** 2026-11-22T12:00:00Z. */
export const noon: UnixMillis = unixMillis(1_795_348_800_000);

/**
 * Time stands still at noon until the test moves it. Sockets and files go on: what the daemon does
 * at once needs no time.
 */
export function stopTime(): void {
  vi.useFakeTimers({
    now: noon,
    toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date", "performance"],
  });
  onTestFinished(() => {
    vi.useRealTimers();
  });
}
