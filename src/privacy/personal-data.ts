import { cardsIn, ibansIn } from "./account-numbers.ts";
import { ipAddressesIn, macAddressesIn } from "./addresses.ts";
import { NATIONAL_IDS } from "./national-ids.ts";

/** What of a person or a machine a text can be seen to hold. */
type PersonalKind = "email" | "phone" | "ip" | "mac" | "card" | "iban" | "national-id";

/** A text in which each piece of personal data is its kind in brackets: `[email]`. */
export interface Redacted {
  readonly text: string;
  /** How many pieces there were; what they were is told nowhere. */
  readonly pieces: number;
}

/**
 * Finds personal data by form and check digits and takes it out of a text. It cannot know a name:
 * logins and host names are kept out by the types, this is for what arrives inside other texts. Ids
 * of Seatkeeper, hashes, dates, versions and names of features stay as they are.
 *
 * The time it takes grows with the length of the text alone, whatever is in it; an ordinary text is
 * looked over four times and nothing more.
 */
export function redactPersonalData(text: string): Redacted {
  const finds = findsIn(text);
  if (finds.length === 0) return { text, pieces: 0 };
  let clean = "";
  let at = 0;
  let pieces = 0;
  for (const { kind, from, to } of finds) {
    // Digits of a card may look like a phone number too: the first and longest is the one.
    if (from < at) continue;
    clean += `${text.slice(at, from)}[${kind}]`;
    at = to;
    pieces += 1;
  }
  return { text: clean + text.slice(at), pieces };
}

interface Find {
  readonly kind: PersonalKind;
  readonly from: number;
  /** Behind the last character. */
  readonly to: number;
}

/** A regular expression's match, or what is like it. */
interface Match {
  readonly 0: string;
  readonly index: number;
}

/** Local parts of RFC 5322 without quotes, before a domain or an address; not `package@1.2.3-rc.one`. */
const EMAIL =
  /[\p{L}\p{N}._%+'-]{1,64}@(?!\d+\.\d+\.\d+-)(?:(?:[\p{L}\p{N}-]{1,63}\.){1,8}\p{L}{2,24}|\[?\d{1,3}(?:\.\d{1,3}){3}\]?)(?![\p{L}\p{N}-])/gu;

/** As they are written for people; a row of digits alone is no phone number. */
const PHONES: readonly RegExp[] = [
  // International, E.164: +49 30 1234567.
  /(?<![\w+])\+[1-9](?:[ ()./-]{0,2}\d){7,14}(?!\w)/g,
  // With the prefix 00: 0049 30 1234567.
  /(?<![\w.-])00[1-9]\d{0,2}[ /-]\d(?:[ /-]?\d){5,11}(?!\w)/g,
  // With a national prefix: 030/1234567, (030) 123 4567.
  /(?<![\w.-])(?:\(0\d{1,5}\) ?|0\d{2,4}[ /])\d{3,4}[ -]?\d{3,5}(?![\w-])/g,
  // North America: 555-234-5678, (555) 234-5678.
  /(?<![\w.-])(?:\([2-9]\d\d\) ?|[2-9]\d\d-)[2-9]\d\d-\d{4}(?![\w-])/g,
];

/** One of these is in every number that is looked for, and seldom in anything else. */
const DIGITS = /\d(?:[ ()./-]{0,2}\d){5}/;
const LETTERS_AND_DIGITS = /[A-Z]\d\d(?:[A-Z]\d\d[A-Z]| ?[A-Z0-9]{4})/;

const UUID = /\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/gi;

function findsIn(text: string): readonly Find[] {
  const hasAt = text.includes("@");
  const hasDigits = DIGITS.test(text);
  const hasLetters = LETTERS_AND_DIGITS.test(text);
  const hasAddress = ADDRESS.test(text);
  if (!hasAt && !hasDigits && !hasLetters && !hasAddress) return [];
  // Ids of five groups are read by nobody as numbers; the places stay the same.
  const plain = text.replaceAll(UUID, (id) => "u".repeat(id.length));
  const finds: Find[] = [];
  if (hasAt) finds.push(...named("email", plain.matchAll(EMAIL)));
  if (hasAddress) {
    finds.push(...named("ip", ipAddressesIn(plain)), ...named("mac", macAddressesIn(plain)));
  }
  if (hasDigits || hasLetters) finds.push(...numbersIn(plain));
  return finds.toSorted((one, other) => one.from - other.from || other.to - one.to);
}

/** Two colons or dots among hexadecimal digits, or two pairs of them with a hyphen. */
const ADDRESS =
  /::|[0-9a-f]:[0-9a-f]{1,4}:|\d\.\d{1,3}\.\d|[0-9a-f]{4}\.[0-9a-f]{4}\.|[0-9a-f]{2}-[0-9a-f]{2}-/i;

function numbersIn(text: string): readonly Find[] {
  return [
    ...named("card", cardsIn(text)),
    ...named("iban", ibansIn(text)),
    ...NATIONAL_IDS.flatMap(({ form, holds }) =>
      named(
        "national-id",
        [...text.matchAll(form)].filter(([id]) => holds(id.replaceAll(/[ .+-]/g, ""))),
      ),
    ),
    ...PHONES.flatMap((form) => named("phone", text.matchAll(form))),
  ];
}

const named = (kind: PersonalKind, matches: Iterable<Match>): readonly Find[] =>
  Array.from(matches, ({ 0: found, index }) => ({ kind, from: index, to: index + found.length }));
