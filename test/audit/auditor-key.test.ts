import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  openAuditorKey,
  plainAuditorKey,
  sealAuditorKey,
} from "../../src/audit/auditor-key-file.ts";
import { toHex, utf8 } from "../../src/base/bytes.ts";
import { auditorKeyOf, readAuditorKey, writeAuditorKey } from "../../src/crypto/auditor-key.ts";
import { CryptoError } from "../../src/crypto/errors.ts";
import { sha256 } from "../../src/crypto/hash.ts";
import { sealKeyFile } from "../../src/crypto/key-file.ts";
import { x25519PublicKey } from "../../src/crypto/x25519.ts";

const secret = sha256(utf8("auditor key"));
/** As an independent program computed it from docs/spec/keys.md. */
const text = "skaud1-XSLwxehHOZufrO9pd_dm_Yh2fEr_knNHKImYdIleTzzUEzUg";
const cost = { n: 1_024, r: 8, p: 1 };

function codeOf(work: () => unknown): string {
  try {
    work();
    return "accepted";
  } catch (error) {
    return error instanceof CryptoError ? error.code : String(error);
  }
}

describe("an auditor's public key", () => {
  it("is the text of docs/spec/keys.md, and undoes itself", () => {
    expect(auditorKeyOf(secret)).toBe(text);
    expect(readAuditorKey(text)).toEqual(x25519PublicKey(secret));
    const page = readFileSync(new URL("../../docs/spec/keys.md", import.meta.url), "utf8");
    expect(page).toContain(`\n${plainAuditorKey(secret)}`);
  });

  it("is refused with any one character exchanged", () => {
    const slips = text.split("").map((letter, at) => {
      const other = letter === "A" ? "B" : "A";
      return codeOf(() => readAuditorKey(text.slice(0, at) + other + text.slice(at + 1)));
    });
    expect(new Set(slips)).toEqual(new Set(["AUDITOR_KEY"]));
  });

  it.each([
    ["nothing", ""],
    ["half of it", text.slice(0, 30)],
    ["a space behind it", `${text} `],
    ["the bare key", text.slice(7)],
    ["a key of small order", writeAuditorKey(new Uint8Array(32))],
  ])("is refused: %s", (_, wrong) => {
    expect(codeOf(() => readAuditorKey(wrong))).toBe("AUDITOR_KEY");
  });
});

describe("an auditor's key file", () => {
  it("opens with its passphrase, and with no other", () => {
    const sealed = sealAuditorKey(secret, "correct horse", cost);
    expect(openAuditorKey(sealed, "correct horse")).toEqual({ secret, publicText: text });
    expect(codeOf(() => openAuditorKey(sealed, "wrong horse"))).toBe("KEY_FILE_PASSPHRASE");
    expect(sealed).not.toContain(toHex(secret));
  });

  it("opens without one where it has none", () => {
    expect(openAuditorKey(plainAuditorKey(secret), "")).toEqual({ secret, publicText: text });
  });

  it("is refused when its two halves do not belong together: nobody is handed a foreign key", () => {
    const foreign = auditorKeyOf(sha256(utf8("somebody else")));
    const swapped = plainAuditorKey(secret).replace(text, foreign);
    expect(codeOf(() => openAuditorKey(swapped, ""))).toBe("KEY_FILE_FORMAT");
    const sealed = sealKeyFile({
      kind: "auditor",
      name: foreign,
      secret,
      passphrase: "correct horse",
      cost,
    });
    expect(codeOf(() => openAuditorKey(sealed, "correct horse"))).toBe("KEY_FILE_FORMAT");
  });

  it("is refused when it is another key, or no key file", () => {
    const passphrase = "correct horse";
    const sealing = sealKeyFile({
      kind: "sealing",
      name: "acme.example",
      secret,
      passphrase,
      cost,
    });
    expect(codeOf(() => openAuditorKey(sealing, passphrase))).toBe("KEY_FILE_FORMAT");
    expect(codeOf(() => openAuditorKey("hello", ""))).toBe("KEY_FILE_FORMAT");
    expect(codeOf(() => openAuditorKey(plainAuditorKey(secret).trimEnd(), ""))).toBe(
      "KEY_FILE_FORMAT",
    );
  });
});
