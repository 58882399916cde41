import { describe, expect, it } from "vitest";
import { fromHex, utf8 } from "../../src/base/bytes.ts";
import { chainId } from "../../src/base/ids.ts";
import { signerFromSeed } from "../../src/crypto/ed25519.ts";
import { sha256 } from "../../src/crypto/hash.ts";
import { chainOrigin, openHead, signHead } from "../../src/note/checkpoint.ts";
import { signNote } from "../../src/note/signed-note.ts";

const refusal = (code: string): unknown => expect.objectContaining({ code });
const origin = chainOrigin("acme.example", chainId("7150aa1c43ca3113b40a372c4f9f6db5"));
const daemon = { name: origin, signer: signerFromSeed(sha256(utf8("daemon"))) };
const verifier = { name: origin, publicKey: daemon.signer.publicKey };
const root = fromHex("b2b81417df90f494ccaa5eb752a371a6cccf1c03f39b46658a18d92de63b9b51");
const ROOT = "srgUF9+Q9JTMql63UqNxpszPHAPzm0ZlihjZLeY7m1E=";

describe("a head", () => {
  it("is three lines under the key of its origin", () => {
    expect(origin).toBe("acme.example/skc/7150aa1c43ca3113b40a372c4f9f6db5");
    expect(signHead({ origin, size: 4, root }, daemon)).toMatch(
      `${origin}\n4\n${ROOT}\n\n— ${origin} `,
    );
  });

  it.each([0, 1, 20_852_163, Number.MAX_SAFE_INTEGER])("of size %i is read back", (size) => {
    const head = { origin, size, root };
    expect(openHead(signHead(head, daemon), verifier)).toEqual(head);
  });

  it("is not believed under another key", () => {
    const other = signerFromSeed(sha256(utf8("mallory")));
    const note = signHead({ origin, size: 4, root }, { name: origin, signer: other });
    expect(() => openHead(note, verifier)).toThrow(refusal("NOTE_UNSIGNED"));
  });

  it.each([
    ["another origin", `acme.example/other\n4\n${ROOT}\n`],
    ["a leading zero", `${origin}\n04\n${ROOT}\n`],
    ["a sign", `${origin}\n+4\n${ROOT}\n`],
    ["no size", `${origin}\n\n${ROOT}\n`],
    ["a size that is no number", `${origin}\nfour\n${ROOT}\n`],
    ["a size beyond counting", `${origin}\n9007199254740992\n${ROOT}\n`],
    ["a short root", `${origin}\n4\nAAAA\n`],
    ["a root that is no base64", `${origin}\n4\n!\n`],
    ["an extension line", `${origin}\n4\n${ROOT}\nmore\n`],
    ["a missing line", `${origin}\n4\n`],
  ])("is refused with %s", (_, text) => {
    expect(() => openHead(signNote(text, daemon), verifier)).toThrow(refusal("NOTE_HEAD"));
  });
});
