/**
 * The last look before text leaves for a log: names of fields that commonly carry a person, a
 * machine or a secret. The types keep raw identities out of our own calls; this catches what
 * arrives in an object that somebody else built, such as a failed call's facts.
 */

/** Ends of a field name, in lower case without separators. */
const PERSONAL = [
  "user",
  "username",
  "login",
  "host",
  "hostname",
  "display",
  "email",
  "mail",
  "label",
  "labels",
  "identity",
  "ip",
  "ipaddress",
  "macaddress",
  "remoteaddress",
];
const SECRET = [
  "password",
  "passphrase",
  "secret",
  "token",
  "seed",
  "sitekey",
  "privatekey",
  "secretkey",
  "authorization",
  "cookie",
  "credential",
  "credentials",
];

/** Whether a field of this name may hold a raw identity or a secret: `userName`, `access_token`. */
export function isSensitiveField(name: string): boolean {
  const bare = name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
  return PERSONAL.includes(bare) || SECRET.some((word) => bare.endsWith(word));
}
