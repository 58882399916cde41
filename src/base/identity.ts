import type { Brand } from "./brand.ts";

/**
 * A person or machine as the client names it: a login, a host name, a MAC address. It lives in
 * one function call and is never stored, logged or sent.
 */
export type RawIdentity = Brand<string, "RawIdentity">;

/** The keyed, one-way stand-in for a raw identity. The only form that is kept. `privacy` makes it. */
export type Pseudonym = Brand<string, "Pseudonym">;

/** Marks text from outside as naming a person or machine. Only `protocol` and tests call it. */
export function rawIdentity(text: string): RawIdentity {
  return text as RawIdentity;
}

/** `u_` (user), `h_` (host), `d_` (display) or `a_` (address), then 16 bytes as canonical base64url. */
const PSEUDONYM: RegExp = /^[uhda]_[A-Za-z0-9_-]{21}[AQgw]$/;

/**
 * Reads a pseudonym back from where it was kept. A login or host name does not have this form, so
 * a raw identity that strays into a database or a ledger is refused here.
 * @throws RangeError unless `text` has the form of a pseudonym; the text is not repeated.
 */
export function parsePseudonym(text: string): Pseudonym {
  if (!PSEUDONYM.test(text)) throw new RangeError("not a pseudonym");
  return text as Pseudonym;
}
