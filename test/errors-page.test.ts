import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { AUDIT_CODES } from "../src/audit/audit-report.ts";
import { DENIAL_REASONS } from "../src/base/denial.ts";
import { BUNDLE_CODES, RECEIPT_CODES } from "../src/bundle/errors.ts";
import { FINDING_KINDS } from "../src/bundle/finding.ts";
import { VERDICTS } from "../src/bundle/verdict.ts";
import { CLI_CODES } from "../src/cli/shared/errors.ts";
import { CLIENT_CODES } from "../src/client/errors.ts";
import { CLOCK_CODES } from "../src/clock/errors.ts";
import { CONFIG_CODES } from "../src/config/errors.ts";
import { CRYPTO_CODES } from "../src/crypto/errors.ts";
import { DAEMON_CODES, SUCCESSION_CODES } from "../src/daemon/errors.ts";
import { INCIDENT_CODES } from "../src/daemon/incident-codes.ts";
import { EMERGENCY_CODES } from "../src/daemon/standing-in.ts";
import { TWIN_CODES } from "../src/daemon/twin-watch.ts";
import { LEDGER_CODES } from "../src/ledger/errors.ts";
import { PUBLIC_PROBLEM_CODES } from "../src/ledger/public-check.ts";
import { RECOVERY_CODES } from "../src/ledger/recovery.ts";
import { LICENSE_CODES, TERMS_CODES } from "../src/license/errors.ts";
import { LOG_CODES } from "../src/log/errors.ts";
import { NOTE_CODES } from "../src/note/errors.ts";
import { OPTIONS_CODES } from "../src/options/errors.ts";
import { FLEXNET } from "../src/options/flexnet.ts";
import { RLM } from "../src/options/rlm.ts";
import { PROTOCOL_CODES } from "../src/protocol/errors.ts";
import { WIRE_CODES } from "../src/protocol/wire-codes.ts";
import { STORE_CODES } from "../src/store/errors.ts";
import { SYSTEMD_CODES } from "../src/systemd/errors.ts";
import { TRAIL_CODES } from "../src/trail/errors.ts";
import { VENDOR_CODES } from "../src/vendor/errors.ts";
import { EVIDENCE_CODES } from "../src/vendor/evidence.ts";

const root = new URL("..", import.meta.url).pathname;

/** Every list of codes there is, under the name by which its module exports it. */
const LISTS: Readonly<Record<string, readonly string[]>> = {
  AUDIT_CODES,
  BUNDLE_CODES,
  CLIENT_CODES,
  CLI_CODES,
  CLOCK_CODES,
  CONFIG_CODES,
  CRYPTO_CODES,
  DAEMON_CODES,
  DENIAL_REASONS,
  EVIDENCE_CODES,
  EMERGENCY_CODES,
  FINDING_KINDS: Object.keys(FINDING_KINDS),
  INCIDENT_CODES,
  LEDGER_CODES,
  LICENSE_CODES,
  LOG_CODES,
  NOTE_CODES,
  OPTIONS_CODES,
  PROTOCOL_CODES,
  PUBLIC_PROBLEM_CODES,
  RECEIPT_CODES,
  RECOVERY_CODES,
  STORE_CODES,
  SUCCESSION_CODES,
  SYSTEMD_CODES,
  TERMS_CODES,
  TWIN_CODES,
  TRAIL_CODES,
  VENDOR_CODES,
  VERDICTS,
  WIRE_CODES: Object.keys(WIRE_CODES),
};

/** Codes that several lists have on purpose: one meaning, one heading. */
const SHARED: Readonly<Record<string, readonly string[]>> = {
  BLOCKS_MISSING: ["PUBLIC_PROBLEM_CODES", "VERDICTS"],
  FORK: ["EVIDENCE_CODES", "VERDICTS"],
  GENESIS_MISMATCH: ["LEDGER_CODES", "PUBLIC_PROBLEM_CODES", "VERDICTS"],
  HASH_CHAIN_BROKEN: ["AUDIT_CODES", "PUBLIC_PROBLEM_CODES"],
  MALFORMED: ["PUBLIC_PROBLEM_CODES", "VERDICTS"],
  ROOT_MISMATCH: ["PUBLIC_PROBLEM_CODES", "VERDICTS"],
  STORE_UNAVAILABLE: ["DENIAL_REASONS", "STORE_CODES"],
  WRONG_CHAIN: ["PUBLIC_PROBLEM_CODES", "VERDICTS"],
};

/** Words of the protocol that later daemons will say and that clients of today understand. */
const RESERVED: readonly string[] = [];

const CODES: ReadonlySet<string> = new Set(Object.values(LISTS).flat());
const UPPER_SNAKE = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/;

const page = readFileSync(`${root}docs/ERRORS.md`, "utf8");
const sections = page
  .split(/^(?=##+ )/m)
  .filter((part) => part.startsWith("### "))
  .map((part) => {
    const [heading = "", ...body] = part.trimEnd().split("\n");
    return { heading: heading.slice(4), body: body.filter((line) => line !== "") };
  });

const sources = new Map(
  readdirSync(`${root}src`, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => [file, withoutComments(readFileSync(`${root}src/${file}`, "utf8"))]),
);

const CONSTANTS: ReadonlySet<string> = new Set(
  [...sources.values()].flatMap((text) =>
    [...text.matchAll(/\bconst ([A-Z][A-Z0-9_]+)\b/g)].map(([, name = ""]) => name),
  ),
);

describe("docs/ERRORS.md", () => {
  it("has exactly one heading for each code, and no other", () => {
    expect(sections.map(({ heading }) => heading).toSorted()).toEqual([...CODES].toSorted());
  });

  it("explains each code in one to four lines", () => {
    const odd = sections.filter(({ body }) => body.length < 1 || body.length > 4);
    expect(odd).toEqual([]);
  });

  it("calls those denials reserved that are", () => {
    const reserved = sections.filter(({ body }) => body[0]?.startsWith("Reserved: ") === true);
    expect(reserved.map(({ heading }) => heading).toSorted()).toEqual(RESERVED);
  });

  it("is looked at as a whole", () => {
    expect(CODES.size).toBeGreaterThan(200);
    expect(sources.size).toBeGreaterThan(200);
  });
});

describe("the lists of codes", () => {
  it("are all known here", () => {
    const declared = [...sources.values()].flatMap((text) =>
      [...text.matchAll(/export const (\w+_CODES|DENIAL_REASONS|FINDING_KINDS|VERDICTS)\b/g)].map(
        ([, name]) => name,
      ),
    );
    expect(new Set(declared)).toEqual(new Set(Object.keys(LISTS)));
  });

  it("name each code in upper case with underscores", () => {
    expect([...CODES].filter((code) => !UPPER_SNAKE.test(code))).toEqual([]);
  });

  it("have no code twice, but for those that mean the same in several places", () => {
    const homes = Object.fromEntries(
      [...CODES].map((code) => [
        code,
        Object.entries(LISTS).flatMap(([name, codes]) =>
          codes.filter((other) => other === code).map(() => name),
        ),
      ]),
    );
    const several = Object.entries(homes).filter(([, names]) => names.length > 1);
    expect(Object.fromEntries(several)).toEqual(SHARED);
  });

  it("have no code that nothing ever says, but for the reserved ones", () => {
    const said = [...sources.values()].map(withoutLists).join("\n");
    const silent = [...CODES].filter((code) => !new RegExp(`["'.]${code}\\b`).test(said));
    expect(silent.toSorted()).toEqual(RESERVED);
  });
});

describe("a coded error", () => {
  const listOf = classes();

  it("is of a class that declares its list", () => {
    expect(listOf.size).toBeGreaterThan(14);
    expect([...new Set(listOf.values())].filter((list) => LISTS[list] === undefined)).toEqual([]);
  });

  it("has a code of its own class's list wherever one is made", () => {
    const made = [...sources].flatMap(([file, text]) =>
      [...text.matchAll(/new (\w+Error)\(\s*"([^"]+)"/g)].map(([, name = "", code = ""]) => ({
        file,
        name,
        code,
      })),
    );
    const coded = made.filter(({ code }) => UPPER_SNAKE.test(code));
    expect(coded.length).toBeGreaterThan(100);
    const strays = coded.filter(({ name, code }) => {
      const codes = LISTS[listOf.get(name) ?? ""];
      return codes?.includes(code) !== true;
    });
    expect(strays).toEqual([]);
  });

  it("is the only source of codes: those said without one are in a list too", () => {
    const said = [...sources.values()].flatMap((text) =>
      [...text.matchAll(/\bcode: "([A-Z][A-Z0-9_]+)"/g)].map(([, code = ""]) => code),
    );
    expect(said.length).toBeGreaterThan(5);
    expect(said.filter((code) => !CODES.has(code))).toEqual([]);
  });

  it("points to pages that exist", () => {
    const named = [...sources.values()].flatMap((text) => text.match(/docs\/[\w/-]+\.md/g) ?? []);
    expect(named.filter((path) => !existsSync(root + path))).toEqual([]);
  });
});

describe("the other pages", () => {
  it("speak of codes only by names that exist", () => {
    const strays = pages().flatMap((path) =>
      codeWords(readFileSync(root + path, "utf8"))
        .filter((word) => !CODES.has(word) && !isOtherName(word))
        .map((word) => `${path}: ${word}`),
    );
    expect(strays).toEqual([]);
  });
});

/** Error classes by name, each with the list that its type parameter names; subclasses inherit it. */
function classes(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const text of sources.values()) {
    const lists = new Map(
      [...text.matchAll(/type (\w+) = \(typeof (\w+)\)\[number\]/g)].map(
        ([, alias = "", list = ""]) => [alias, list],
      ),
    );
    const declared =
      /class (\w+Error) extends (?:CodedError<(?:\(typeof )?(\w+)[^{]*|(\w+Error)) /g;
    for (const [, name = "", typed, base] of text.matchAll(declared)) {
      const list = typed === undefined ? found.get(base ?? "") : (lists.get(typed) ?? typed);
      if (list !== undefined) found.set(name, list);
    }
  }
  return found;
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[^]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "");
}

/** Without the places that only enumerate: what remains are those that say a code. */
function withoutLists(text: string): string {
  return text
    .replaceAll(/= \[[^\]]*\] as const/g, "")
    .replaceAll(/z\.enum\(\[[^\]]*\]\)/g, "")
    .replaceAll(/new Set(?:<\w+>)?\(\[[^\]]*\]\)/g, "")
    .replaceAll(/type \w+ = Exclude<[^>]*>/g, "");
}

function pages(): readonly string[] {
  const docs = readdirSync(`${root}docs`, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => `docs/${file}`);
  const top = readdirSync(root).filter((file) => file.endsWith(".md"));
  return [...docs, ...top];
}

/** Words in code style that look like a code: `TWO_WORDS` at least. */
function codeWords(text: string): readonly string[] {
  return [...text.matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`/g)].map(([, word = ""]) => word);
}

/** Keywords of options files. */
const KEYWORDS: ReadonlySet<string> = new Set(
  [...FLEXNET.keywords, ...RLM.keywords].map(({ word }) => word),
);

/** Constants of the sources that the pages name, limits above all, and variables of the environment. */
function isOtherName(word: string): boolean {
  const isConstant =
    ["HPKE_VECTORS", "NO_COLOR", "SUDO_USER"].includes(word) || CONSTANTS.has(word);
  return (
    word.startsWith("SEATKEEPER_") || word.startsWith("FUZZ_") || KEYWORDS.has(word) || isConstant
  );
}
