/**
 * Check digits: what tells a card or identity number from any other digits. All take digits as
 * text; a text of another form gives a wrong answer, never an error.
 */

/** ISO/IEC 7812-1, annex B: the last digit of a card number. */
export function passesLuhn(digits: string): boolean {
  const sum = digitsOf(digits)
    .toReversed()
    .map((digit, at) => (at % 2 === 0 ? digit : digit * 2 - (digit > 4 ? 9 : 0)))
    .reduce((total, each) => total + each, 0);
  return sum % 10 === 0;
}

/** ISO 7064, MOD 97-10, as IBANs use it: four characters go to the end, letters become 10 to 35. */
export function passesMod97(iban: string): boolean {
  let rest = 0;
  for (const sign of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(sign, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}

/** ISO 7064, MOD 11,10: the last digit of a German tax id. */
export function passesMod11And10(digits: string): boolean {
  let product = 10;
  for (const digit of digitsOf(digits.slice(0, -1))) {
    const sum = (digit + product) % 10;
    product = ((sum === 0 ? 10 : sum) * 2) % 11;
  }
  return (product + Number(digits.at(-1))) % 10 === 1;
}

/** ISO 7064, MOD 11-2: the last digit, or X for 10, of a Chinese resident number. */
export function passesMod11And2(text: string): boolean {
  const rest = digitsOf(text.slice(0, -1)).reduce((sum, digit) => ((sum + digit) * 2) % 11, 0);
  const check = (12 - rest) % 11;
  return text.endsWith(check === 10 ? "X" : String(check));
}

/** The sum of each digit times its weight; digits without a weight do not count. */
export function weighted(digits: string, weights: readonly number[]): number {
  const values = digitsOf(digits);
  return weights.reduce((sum, weight, at) => sum + weight * (values[at] ?? 0), 0);
}

/** J. Verhoeff, "Error detecting decimal codes" (1969): multiplication in the group D5. */
const D5 = [
  "0123456789",
  "1234067895",
  "2340178956",
  "3401289567",
  "4012395678",
  "5987604321",
  "6598710432",
  "7659821043",
  "8765932104",
  "9876543210",
] as const;
const VERHOEFF_TURNS = [
  "0123456789",
  "1576283094",
  "5803796142",
  "8916043527",
  "9453126870",
  "4286573901",
  "2793806415",
  "7046913258",
] as const;

/** The last digit of an Indian Aadhaar number. */
export function passesVerhoeff(digits: string): boolean {
  const check = digitsOf(digits)
    .toReversed()
    .map((digit, at) => Number(VERHOEFF_TURNS[at % 8]?.[digit]))
    .reduce((sum, digit) => Number(D5[sum]?.[digit]), 0);
  return check === 0;
}

const digitsOf = (text: string): readonly number[] => Array.from(text, Number);
