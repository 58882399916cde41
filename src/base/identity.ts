import type { Brand } from "./brand.ts";

/**
 * A person or machine as the client names it: a login, a host name, a MAC address. It lives in
 * one function call and is never stored, logged or sent.
 */
export type RawIdentity = Brand<string, "RawIdentity">;

/** The keyed, one-way stand-in for a raw identity. The only form that is kept. Made by `privacy` alone. */
export type Pseudonym = Brand<string, "Pseudonym">;

/** Marks text from outside as naming a person or machine. Only `protocol` and tests call it. */
export function rawIdentity(text: string): RawIdentity {
  return text as RawIdentity;
}
