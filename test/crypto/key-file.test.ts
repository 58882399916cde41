import { describe, expect, it } from "vitest";
import { utf8 } from "../../src/base/bytes.ts";
import { DEFAULT_COST, openKeyFile, sealKeyFile } from "../../src/crypto/key-file.ts";

/** As cheap as a key file may be, for tests that are not about the price. */
const cheap = { n: 1_024, r: 8, p: 1 };
const secret = utf8("0123456789abcdef0123456789abcdef");
const root = { kind: "root", name: "acme.example", secret };
const sealed = sealKeyFile({ ...root, passphrase: "correct horse", cost: cheap });
const refusal = (code: string): unknown => expect.objectContaining({ code });

/** The same content, sealed once and for all, so that later releases still open it. */
const KEPT = `seatkeeper key file v1
kind: sealing
name: acme.example
scrypt: 1024 8 1 AAECAwQFBgcICQoLDA0ODw
nonce: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
secret: HMewp0qpR1wl3iwcBSqlwp6aTbs4V7pQRz9bXk8nqeCD-zLZ4PXWWMe4ZRJCWqxV
`;

describe("a key file", () => {
  it("gives its secret back to the passphrase", () => {
    expect(openKeyFile(sealed, "correct horse")).toEqual(root);
  });

  it("of an earlier release still opens", () => {
    expect(openKeyFile(KEPT, "Zürich")).toEqual({ ...root, kind: "sealing" });
  });

  it("opens however a keyboard composes the passphrase", () => {
    expect(openKeyFile(KEPT, "Zu\u0308rich").secret).toEqual(secret);
  });

  it("names a wrong passphrase", () => {
    expect(() => openKeyFile(sealed, "wrong horse")).toThrow(refusal("KEY_FILE_PASSPHRASE"));
  });

  it.each([
    ["kind", "kind: root", "kind: sealing"],
    ["name", "acme", "evil"],
    ["cost", "1024 8 1", "2048 8 1"],
    ["salt", /(?<=1024 8 1 )./, ""],
    ["nonce", /(?<=nonce: )./, ""],
    ["secret", /(?<=secret: )./, ""],
  ])("does not open with another %s", (_, before, after) => {
    const changed = sealed.replace(before, (found) => after || (found === "x" ? "y" : "x"));
    expect(() => openKeyFile(changed, "correct horse")).toThrow(refusal("KEY_FILE_PASSPHRASE"));
  });

  it.each([
    ["nothing", ""],
    ["another text", "hello\n"],
    ["a cut file", sealed.slice(0, -8)],
    ["other line endings", sealed.replaceAll("\n", "\r\n")],
    ["a later version", sealed.replace("v1", "v2")],
    ["a salt with stray bits", sealed.replace(/(?<=1024 8 1 )(.{21})./, "$1_")],
  ])("names %s", (_, text) => {
    expect(() => openKeyFile(text, "correct horse")).toThrow(refusal("KEY_FILE_FORMAT"));
  });

  it.each(["1048576 8 1", "1024 8 9", "512 8 1", "1000 8 1", "1024 9999 1", "1048576 1 1"])(
    "refuses to work for a cost of %s",
    (cost) => {
      const text = sealed.replace("1024 8 1", cost);
      expect(() => openKeyFile(text, "correct horse")).toThrow(refusal("KEY_FILE_COST"));
    },
  );

  it("costs 128 MiB for each guess, unless asked otherwise", () => {
    expect(DEFAULT_COST).toEqual({ n: 131_072, r: 8, p: 1 });
    const text = sealKeyFile({ ...root, passphrase: "correct horse" });
    expect(text).toContain("scrypt: 131072 8 1 ");
    expect(openKeyFile(text, "correct horse").secret).toEqual(secret);
  });

  it("is never the same twice", () => {
    expect(sealKeyFile({ ...root, passphrase: "correct horse", cost: cheap })).not.toBe(sealed);
  });
});

describe("a key file that cannot be", () => {
  it.each([
    ["an empty passphrase", { passphrase: "" }],
    ["a kind with spaces", { kind: "root key" }],
    ["a name with spaces", { name: "acme example" }],
    ["no secret", { secret: new Uint8Array(0) }],
    ["an unbearable cost", { cost: { n: 1_048_576, r: 8, p: 1 } }],
  ])("is not made with %s", (_, wrong) => {
    expect(() =>
      sealKeyFile({ ...root, passphrase: "correct horse", cost: cheap, ...wrong }),
    ).toThrow(TypeError);
  });
});
