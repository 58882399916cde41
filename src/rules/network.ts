/** An IPv4 or IPv6 address as its bytes. An IPv4 address inside IPv6 (`::ffff:10.0.0.1`) is IPv4. */
export type Address = readonly number[];

/** The addresses whose first `prefix` bits are those of `base`. */
export interface Network {
  /** 4 bytes or 16. */
  readonly base: Address;
  readonly prefix: number;
}

export type ReadNetwork =
  | { readonly kind: "network"; readonly network: Network }
  | { readonly kind: "refused"; readonly reason: string };

/**
 * Reads `10.1.0.0/16`, `2001:db8::/32` or one address. Bits behind the prefix must be zero: who
 * writes `10.1.2.0/16` may have meant another network.
 */
export function readNetwork(text: string): ReadNetwork {
  const [written = "", length, ...rest] = text.split("/");
  const address = /%/.test(text) ? undefined : bytesOf(written);
  if (address === undefined || rest.length > 0) return refused(EXPECTED);
  const bits = address.length * 8;
  if (length !== undefined && !/^(?:0|[1-9]\d{0,2})$/.test(length)) return refused(EXPECTED);
  const prefix = length === undefined ? bits : Number(length);
  if (prefix > bits) return refused(`the prefix is at most ${bits} here`);
  const network = inner(address, prefix);
  if (network === undefined) return refused("write it as IPv4; it reaches beyond ::ffff:0:0/96");
  const stray = network.base.findIndex((byte, at) => (byte & ~maskOf(network.prefix, at)) !== 0);
  if (stray === -1) return { kind: "network", network };
  return refused(
    `there are bits behind the prefix; ${textOf(network)} is meant, or another prefix`,
  );
}

/** The address a connection comes from; `undefined` for anything else. A zone (`%eth0`) is left out. */
export function readAddress(text: string): Address | undefined {
  const bytes = bytesOf(text.split("%")[0] ?? "");
  return bytes === undefined ? undefined : inner(bytes, bytes.length * 8)?.base;
}

/** Whether the network has the address. One family never contains the other. */
export function isInNetwork({ base, prefix }: Network, address: Address): boolean {
  return (
    base.length === address.length &&
    base.every((byte, at) => ((byte ^ (address[at] ?? 0)) & maskOf(prefix, at)) === 0)
  );
}

const EXPECTED = "expected a network such as 10.1.0.0/16 or 2001:db8::/32";

const refused = (reason: string): ReadNetwork => ({ kind: "refused", reason });

/** The bits of byte `at` that belong to the prefix. */
function maskOf(prefix: number, at: number): number {
  const bits = Math.min(8, Math.max(0, prefix - at * 8));
  return (0xff << (8 - bits)) & 0xff;
}

/** IPv4 out of `::ffff:0:0/96`; `undefined` when the prefix ends before the IPv4 part. */
function inner(base: Address, prefix: number): Network | undefined {
  const mapped =
    base.length === 16 &&
    base.slice(0, 10).every((byte) => byte === 0) &&
    base[10] === 0xff &&
    base[11] === 0xff;
  if (!mapped) return { base, prefix };
  return prefix < 96 ? undefined : { base: base.slice(12), prefix: prefix - 96 };
}

function bytesOf(text: string): Address | undefined {
  return text.includes(":") ? ipv6(text) : ipv4(text);
}

function ipv4(text: string): Address | undefined {
  const parts = text.split(".");
  // No leading zeros: some programs read them as octal.
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part))) return;
  const bytes = parts.map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : undefined;
}

function ipv6(text: string): Address | undefined {
  const halves = text.split("::");
  const [head = "", tail] = halves;
  if (halves.length > 2) return undefined;
  const left = groupsOf(head, tail === undefined);
  const right = tail === undefined ? [] : groupsOf(tail, true);
  if (left === undefined || right === undefined) return undefined;
  const missing = 16 - left.length - right.length;
  if (tail === undefined ? missing !== 0 : missing < 2) return undefined;
  return [...left, ...Array.from({ length: missing }, () => 0), ...right];
}

/** The bytes of `2001:db8` or, at the end of an address, `ffff:10.0.0.1`. */
function groupsOf(text: string, isEnd: boolean): Address | undefined {
  if (text === "") return [];
  const bytes: number[] = [];
  const groups = text.split(":");
  for (const [index, group] of groups.entries()) {
    const isLast = isEnd && index === groups.length - 1;
    const read = isLast && group.includes(".") ? ipv4(group) : hexGroup(group);
    if (read === undefined) return undefined;
    bytes.push(...read);
  }
  return bytes;
}

function hexGroup(text: string): Address | undefined {
  if (!/^[0-9A-Fa-f]{1,4}$/.test(text)) return undefined;
  const value = Number.parseInt(text, 16);
  return [value >> 8, value & 0xff];
}

/** The network with zeros behind its prefix, for people. */
function textOf({ base, prefix }: Network): string {
  const bytes = base.map((byte, at) => byte & maskOf(prefix, at));
  if (bytes.length === 4) return `${bytes.join(".")}/${prefix}`;
  const groups = Array.from({ length: 8 }, (_, at) =>
    (((bytes[at * 2] ?? 0) << 8) | (bytes[at * 2 + 1] ?? 0)).toString(16),
  );
  // The trailing zeros are the usual case; `::` stands for them.
  const kept = groups.join(":").replace(/(?::0)+$/, "::");
  return `${kept === "0::" ? "::" : kept}/${prefix}`;
}
