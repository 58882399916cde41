import { utf8 } from "../../src/base/bytes.ts";
import type { Pseudonym } from "../../src/base/identity.ts";
import { clientKey } from "../../src/base/ids.ts";
import { type UnixMillis, unixMillis } from "../../src/base/time.ts";
import type { UsageEvent } from "../../src/base/usage-event.ts";
import { signerFromSeed } from "../../src/crypto/ed25519.ts";
import { sha256 } from "../../src/crypto/hash.ts";
import { sealingKeyId } from "../../src/crypto/key-id.ts";
import { x25519PublicKey } from "../../src/crypto/x25519.ts";
import type { Clocks } from "../../src/ledger/payload.ts";
import { writeIssuer } from "../../src/license/issuer.ts";

export const noon: UnixMillis = unixMillis(Date.UTC(2026, 10, 22, 12));
export const minute = 60_000;
const ada = "u_AAAAAAAAAAAAAAAAAAAAAA" as Pseudonym;

/** 32 bytes that are the same in every run. */
export const seeded = (name: string): Uint8Array => sha256(utf8(name));

export const vendorName = "acme.example";
export const root = signerFromSeed(seeded("root key"));
export const issuerKey = signerFromSeed(seeded("issuer key"));
export const issuer: string = writeIssuer(
  { vendor: vendorName, key: issuerKey.publicKey, notBefore: noon, notAfter: null },
  root,
);
export const sealingSecret: Uint8Array = seeded("sealing key");
export const sealingKey: Uint8Array = x25519PublicKey(sealingSecret);
export const secrets: ReadonlyMap<string, Uint8Array> = new Map([
  [sealingKeyId(sealingKey), sealingSecret],
]);

export const clocksAt = (wall: number, fields: Partial<Clocks> = {}): Clocks => ({
  wall: unixMillis(wall),
  mono: wall - noon,
  bootId: "boot-1",
  highWater: unixMillis(wall),
  boottime: wall - noon,
  clientSkewMedian: null,
  ...fields,
});

export const usage = (id: number, units = 1): UsageEvent => ({
  id,
  type: "usage",
  wall: noon,
  meter: "render.minutes",
  units,
  usedAt: noon,
  user: ada,
  client: clientKey("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
});

export const auditorSecret: Uint8Array = seeded("auditor key");
export const auditorKey: Uint8Array = x25519PublicKey(auditorSecret);
