import { CliError } from "./errors.ts";
import { readInput } from "./input-file.ts";

/** Signed files that somebody names on a command line: what they begin with, and their name for people. */
const SIGNED = {
  vendor: "vendor file",
  request: "activation request",
  license: "license",
  receipt: "receipt",
  "borrow-release": "release",
} as const;

/** What else might be given by mistake. */
const OTHERS: readonly (readonly [beginning: string, is: string])[] = [
  ["SKX1", "a usage bundle"],
  ["SKB1", "a ledger"],
  ["SQLite format 3", "a database"],
  ["seatkeeper key file ", "a key file"],
  ["-----BEGIN ", "a PEM file"],
];

/**
 * The bytes of a signed file. Nothing in it is believed yet; an empty file and a file that says of
 * itself that it is something else are named here, where the path is known.
 * @throws CliError FILE_UNREADABLE, and as `readInput`.
 */
export function readSignedInput(path: string, kind: keyof typeof SIGNED): Uint8Array {
  const wanted = SIGNED[kind];
  const bytes = readInput(path, wanted);
  if (bytes.length === 0) {
    throw new CliError("FILE_UNREADABLE", `${wanted} ${path} is empty`, {
      hint: "copy the file again, whole and unchanged",
      facts: { path },
    });
  }
  const found = kindOf(bytes);
  if (found === undefined || found === articled(wanted)) return bytes;
  throw new CliError("FILE_UNREADABLE", `${path} is ${found}, not ${articled(wanted)}`, {
    hint: `give the ${wanted} instead`,
    facts: { path },
  });
}

/** What the file says it is; undefined when that is for its reader to find out. */
function kindOf(bytes: Uint8Array): string | undefined {
  const beginning = Buffer.from(bytes.subarray(0, 64)).toString("latin1");
  const other = OTHERS.find(([start]) => beginning.startsWith(start));
  if (other !== undefined) return other[1];
  const kind = /^seatkeeper ([a-z-]+) v\d/.exec(beginning)?.[1];
  const signed = Object.entries(SIGNED).find(([each]) => each === kind);
  return signed && articled(signed[1]);
}

const articled = (name: string): string => `${/^[aeiou]/.test(name) ? "an" : "a"} ${name}`;
