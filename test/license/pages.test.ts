import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { LICENSE_CODES, TERMS_CODES } from "../../src/license/errors.ts";
import { decodeTerms, encodeTerms } from "../../src/license/terms.ts";
import { NOTE_CODES } from "../../src/note/errors.ts";
import { NOTE_KINDS } from "../../src/note/json-note.ts";

const file = (path: string): string =>
  readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const vector = (name: string): string => file(`test/vectors/notes/${name}`);
const notePage = file("docs/spec/note.md");
const licensePage = file("docs/spec/license.md");
const evidencePage = file("docs/spec/evidence.md");

const unnamed = (page: string, codes: readonly string[]): readonly string[] =>
  codes.filter((code) => !page.includes(`\`${code}\``));

describe("the pages of the specification", () => {
  it.each([
    ["license.md", licensePage, "license.sklic"],
    ["license.md", licensePage, "vendor.skvendor"],
    ["license.md", licensePage, "issuer.note"],
    ["license.md", licensePage, "request.skreq"],
    ["license.md", licensePage, "daemon-key.note"],
    ["license.md", licensePage, "lease.note"],
    ["license.md", licensePage, "borrow.note"],
    ["license.md", licensePage, "borrow-release.skrelease"],
    ["license.md", licensePage, "revocations.note"],
    ["note.md", notePage, "lease.note"],
    ["note.md", notePage, "head.note"],
    ["note.md", notePage, "group-2.note"],
  ])("show in %s the vector itself: %#", (_, page, name) => {
    expect(page).toContain(`\`\`\`\n${vector(name)}\`\`\`\n`);
  });

  it("name every refusal", () => {
    expect(unnamed(notePage, NOTE_CODES)).toEqual([]);
    expect(unnamed(`${licensePage}${evidencePage}`, [...LICENSE_CODES, ...TERMS_CODES])).toEqual(
      [],
    );
  });

  it("name every kind of note", () => {
    expect(NOTE_KINDS.filter((kind) => !notePage.includes(`"${kind}"`))).toEqual([]);
  });

  it("name every term", () => {
    const terms = encodeTerms(
      decodeTerms({
        site: "Example Studio",
        features: [{ name: "cad.pro", seats: 3 }],
        meters: [{ name: "render.minutes", unit: "minutes" }],
      }),
    );
    const names = [...JSON.stringify(terms).matchAll(/"([a-z_]+)":/g)].map(([, name]) => name);
    const missing = names.filter(
      (name) => !new RegExp(`\`(sealing\\.)?${name}[\`.]`).test(licensePage),
    );
    expect(missing).toEqual([]);
  });
});
