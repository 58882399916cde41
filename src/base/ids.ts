import type { Brand } from "./brand.ts";

/** 16 random bytes in lower-case hex: one grant of seats. */
export type LeaseId = Brand<string, "LeaseId">;

/** The Ed25519 public key of one installation on one workstation: 32 bytes as base64url (43 characters). */
export type ClientKey = Brand<string, "ClientKey">;

/** 16 random bytes in lower-case hex: one running process of a client installation. */
export type InstanceId = Brand<string, "InstanceId">;

/** 16 random bytes in lower-case hex: one sealed ledger. */
export type ChainId = Brand<string, "ChainId">;

/** A client's own name for one request: 1 to 64 characters of `A-Z a-z 0-9 _ . : -`. */
export type IdempotencyKey = Brand<string, "IdempotencyKey">;

export const leaseId = (text: string): LeaseId => matching(text, HEX_16, "lease id") as LeaseId;
export const clientKey = (text: string): ClientKey =>
  matching(text, BASE64URL_32, "client key") as ClientKey;
export const instanceId = (text: string): InstanceId =>
  matching(text, HEX_16, "instance id") as InstanceId;
export const chainId = (text: string): ChainId => matching(text, HEX_16, "chain id") as ChainId;
export const idempotencyKey = (text: string): IdempotencyKey =>
  matching(text, IDEMPOTENCY_KEY, "idempotency key") as IdempotencyKey;

export const HEX_16: RegExp = /^[0-9a-f]{32}$/;
export const BASE64URL_32: RegExp = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;
export const IDEMPOTENCY_KEY: RegExp = /^[A-Za-z0-9_.:-]{1,64}$/;

/** Names of features, meters and pools: what a vendor may call its things. */
export const PRODUCT_NAME: RegExp = /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/;

function matching(text: string, pattern: RegExp, what: string): string {
  if (!pattern.test(text)) throw new RangeError(`not a ${what}`);
  return text;
}
