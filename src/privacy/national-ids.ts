import {
  passesLuhn,
  passesMod11And2,
  passesMod11And10,
  passesVerhoeff,
  weighted,
} from "./check-digits.ts";

/** How a state numbers its people. */
interface NationalId {
  /** Finds candidates; `g`, and standing alone. */
  readonly form: RegExp;
  /** Whether a candidate, without its separators, is such a number. */
  readonly holds: (bare: string) => boolean;
}

/**
 * Numbers whose check digits are documented, or whose written form nothing else has. Plain numbers of
 * nine digits or fewer (BSN, SIN) are not looked for: one in eleven of all numbers would be one.
 */
export const NATIONAL_IDS: readonly NationalId[] = [
  // Belgium: national register number, 97 less the rest; people born from 2000 on count with a 2 in front.
  {
    form: /(?<![\w.])\d\d\.\d\d\.\d\d-\d{3}\.\d\d(?!\w)/g,
    holds: (id) =>
      ["", "2"].some(
        (century) => 97 - (Number(century + id.slice(0, 9)) % 97) === Number(id.slice(9)),
      ),
  },
  // Brazil: CPF, two digits modulo 11.
  {
    form: /(?<![\w.])\d{3}\.\d{3}\.\d{3}-\d\d(?!\w)/g,
    holds: (id) => new Set(id).size > 1 && [9, 10].every((at) => id[at] === cpfDigit(id, at)),
  },
  // China: resident identity number, GB 11643-1999.
  {
    form: /(?<![A-Za-z0-9.])[1-9]\d{16}[\dX](?!\w)/g,
    holds: (id) => isDay(id.slice(10, 14)) && /^(?:19|20)/.test(id.slice(6)) && passesMod11And2(id),
  },
  // Finland: henkilötunnus, modulo 31.
  {
    form: /(?<![\w.+-])\d{6}[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y](?![\w-])/g,
    holds: (id) => {
      const digits = id.slice(0, 6) + id.slice(-4, -1);
      return isDay(id.slice(2, 4) + id.slice(0, 2)) && MOD_31[Number(digits) % 31] === id.at(-1);
    },
  },
  // France: numéro de sécurité sociale, 97 less the rest; Corsica counts as 19 and 18.
  {
    form: /(?<![A-Za-z0-9.])[12] ?\d\d ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d(?!\w)/g,
    holds: (id) => {
      const body = id.slice(0, 13).replace("2A", "19").replace("2B", "18");
      return 97 - (Number(body) % 97) === Number(id.slice(13));
    },
  },
  // Germany: Steuer-Identifikationsnummer; of its first ten digits one comes twice or three times.
  {
    form: /(?<![A-Za-z0-9.])[1-9]\d(?:\d{9}| \d{3} \d{3} \d{3})(?!\w)/g,
    holds: (id) => [8, 9].includes(new Set(id.slice(0, 10)).size) && passesMod11And10(id),
  },
  // India: Aadhaar, as it is printed.
  { form: /(?<![\w.-])[2-9]\d{3} \d{4} \d{4}(?!\w)/g, holds: passesVerhoeff },
  // Italy: codice fiscale.
  {
    form: /(?<!\w)[A-Z]{6}\d\d[A-EHLMPRST]\d\d[A-Z]\d{3}[A-Z](?!\w)/g,
    holds: (id) => id.at(-1) === fiscalLetter(id.slice(0, 15)),
  },
  // Norway: fødselsnummer, two digits modulo 11.
  {
    form: /(?<![A-Za-z0-9.])[0-3]\d{5} ?\d{5}(?!\w)/g,
    holds: (id) =>
      isDay(id.slice(2, 4) + id.slice(0, 2)) &&
      weighted(id, [3, 7, 6, 1, 8, 9, 4, 5, 2, 1]) % 11 === 0 &&
      weighted(id, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0,
  },
  // Poland: PESEL; the century is in the month.
  {
    form: /(?<![A-Za-z0-9.])\d{11}(?!\w)/g,
    holds: (id) =>
      isDay(String(Number(id.slice(2, 4)) % 20).padStart(2, "0") + id.slice(4, 6)) &&
      weighted(id, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 === 0,
  },
  // Spain: DNI and NIE, modulo 23.
  {
    form: /(?<![\w.-])[\dXYZ]\d{7}-?[A-HJ-NP-TV-Z](?![\w-])/g,
    holds: (id) => {
      const digits = id.slice(0, 8).replace("X", "0").replace("Y", "1").replace("Z", "2");
      return "TRWAGMYFPDXBNJZSQVHLCKE"[Number(digits) % 23] === id.at(-1);
    },
  },
  // Sweden: personnummer, Luhn over ten digits.
  {
    form: /(?<![\w.+-])(?:19|20)?\d{6}[-+]\d{4}(?![\w-])/g,
    holds: (id) => isDay(id.slice(-8, -4)) && passesLuhn(id.slice(-10)),
  },
  // Switzerland: AHV number, an EAN-13.
  {
    form: /(?<![\w.])756\.\d{4}\.\d{4}\.\d\d(?!\w)/g,
    holds: (id) => weighted(id, [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]) % 10 === 0,
  },
  // United States: social security number. It has no check digit, but areas that were never given out.
  { form: /(?<![\w.-])(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?![\w-])/g, holds: () => true },
];

const MOD_31 = "0123456789ABCDEFHJKLMNPRSTUVWXY";

/** Whether `MMDD` can be a birthday. */
const isDay = (monthAndDay: string): boolean =>
  /^(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$/.test(monthAndDay);

function cpfDigit(id: string, at: number): string {
  const weights = Array.from({ length: at }, (_, position) => at + 1 - position);
  return String(((weighted(id, weights) * 10) % 11) % 10);
}

/** What a letter or digit at an odd place counts, places counted from 1 (D.M. 23 December 1976). */
const ODD = [
  1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
];

function fiscalLetter(body: string): string | undefined {
  const sum = Array.from(body, (sign) =>
    /\d/.test(sign) ? Number(sign) : Number.parseInt(sign, 36) - 10,
  )
    .map((value, at) => (at % 2 === 0 ? (ODD[value] ?? 0) : value))
    .reduce((total, each) => total + each, 0);
  return "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[sum % 26];
}
