/** Addresses of machines: found by form, then read strictly, because times and hashes look alike. */

const IPV4 =
  /(?<![\p{L}\p{N}.+])(?:(?:25[0-5]|2[0-4]\d|[01]?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|[01]?\d?\d)(?![\p{L}\p{N}]|\.\d)/gu;
const IPV6 =
  /(?<![\w:.])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,8}(?:\.\d{1,3}){0,3}(?:%[\w-]{1,16}(?:\.\d{1,4})?)?(?![\w:])/gi;

/** Six pairs; with hyphens only where a letter tells them from a date and time. */
const MAC = /(?<![\w:-])[0-9a-f]{2}(?:(?::[0-9a-f]{2}){5}|(?:-[0-9a-f]{2}){5})(?![\w:-])/gi;
const DOTTED_MAC = /(?<![\w.])[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}(?!\w|\.\w)/gi;

/** Network addresses in a text, but for those that name no machine: loopback and "any". */
export function ipAddressesIn(text: string): readonly RegExpExecArray[] {
  return [
    ...[...text.matchAll(IPV4)].filter(([address]) => !NOBODY_4.test(address)),
    ...[...text.matchAll(IPV6)].filter(([address]) => isIpv6(address.replace(/%.*$/, ""))),
  ];
}

/** Hardware addresses in a text. */
export function macAddressesIn(text: string): readonly RegExpExecArray[] {
  return [
    ...[...text.matchAll(MAC)].filter(([mac]) => mac.includes(":") || /[a-f]/i.test(mac)),
    ...[...text.matchAll(DOTTED_MAC)].filter(([mac]) => /[a-f]/i.test(mac) && /\d/.test(mac)),
  ];
}

const NOBODY_4 = /^(?:127\.\d+\.\d+\.\d+|0\.0\.0\.0)$/;
const NOBODY_6 = /^(?:[0:]*:0*[01]?|::ffff:127\.\d+\.\d+\.\d+)$/i;

function isIpv6(text: string): boolean {
  // Without a digit it is more likely two words of a program than an address.
  if (!/\d/.test(text) || NOBODY_6.test(text)) return false;
  const halves = text.split("::");
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  const tail = groups.at(-1)?.includes(".") === true ? groups.pop() : undefined;
  if (groups.includes("") || halves.length > 2) return false;
  if (tail !== undefined && tail.split(".").length !== 4) return false;
  const size = groups.length + (tail === undefined ? 0 : 2);
  return halves.length === 2 ? size < 8 : size === 8;
}
