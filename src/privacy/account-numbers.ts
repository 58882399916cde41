import { passesLuhn, passesMod97 } from "./check-digits.ts";

/** Thirteen to nineteen digits in one, or in the groups that are printed on cards. */
const CARD =
  /(?<![A-Za-z0-9.])(?:\d{13,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?|\d{4}([ -])\d{6}\2\d{4,5})(?![A-Za-z0-9])/g;

/**
 * First digits and length of cards in use: Visa, Mastercard, American Express, Diners Club, JCB,
 * Discover, UnionPay. Moments in milliseconds or microseconds, which begin with 1 or 2, are none.
 */
const CARDS: readonly RegExp[] = [
  /^4(?:\d{12}|\d{15}|\d{18})$/,
  /^(?:5[1-5]|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d+$/,
  /^3[47]\d{13}$/,
  /^3(?:0[0-5]|[689]\d)\d{11,16}$/,
  /^35(?:2[89]|[3-8]\d)\d{12,15}$/,
  /^6(?:011|5\d\d|4[4-9]\d|2\d\d)\d{12,15}$/,
];
const MASTERCARD_DIGITS = 16;

/** Card numbers in a text: length, first digits and check digit are those of a card. */
export function cardsIn(text: string): readonly RegExpExecArray[] {
  return [...text.matchAll(CARD)].filter(([found]) => {
    const digits = found.replaceAll(/\D/g, "");
    const kind = CARDS.findIndex((form) => form.test(digits));
    if (kind === -1 || (kind === 1 && digits.length !== MASTERCARD_DIGITS)) return false;
    return passesLuhn(digits);
  });
}

/** Characters of an IBAN by country (ISO 13616, IBAN registry). */
const IBAN_LENGTHS: Readonly<Record<number, string>> = {
  15: "NO",
  16: "BE",
  18: "DK FI FO GL NL",
  19: "MK SI",
  20: "AT BA EE KZ LT LU XK",
  21: "CH HR LI LV",
  22: "BG BH DE GB GE IE ME RS",
  23: "AE GI IL TL",
  24: "AD CZ ES MD PK RO SA SE SK TN",
  25: "LY PT",
  26: "IS TR",
  27: "FR GR IT MC MR SM",
  28: "AL AZ BY CY DO GT HU LB PL SV",
  29: "BR EG PS QA UA",
  30: "JO KW MU",
  31: "MT SC",
  33: "RU",
};
const LENGTH_OF: ReadonlyMap<string, number> = new Map(
  Object.entries(IBAN_LENGTHS).flatMap(([length, countries]) =>
    countries.split(" ").map((country): [string, number] => [country, Number(length)]),
  ),
);

const IBAN_START = /(?<![A-Za-z0-9_-])[A-Z]{2}\d\d(?= ?[A-Z0-9])/g;

/** A piece of text and where it begins. */
interface Found {
  readonly 0: string;
  readonly index: number;
}

/** IBANs in a text, in one or in groups of four, of the length of their country. */
export function ibansIn(text: string): readonly Found[] {
  return [...text.matchAll(IBAN_START)].flatMap(({ 0: start, index }) => {
    const length = LENGTH_OF.get(start.slice(0, 2));
    if (length === undefined) return [];
    const form = new RegExp(`^(?:[A-Z0-9] ?){${length - 1}}[A-Z0-9](?![A-Za-z0-9])`);
    // As long as can be with a space after each character.
    const found = form.exec(text.slice(index, index + 2 * length + 1))?.[0];
    if (found === undefined || !passesMod97(found.replaceAll(" ", ""))) return [];
    return [{ 0: found, index }];
  });
}
