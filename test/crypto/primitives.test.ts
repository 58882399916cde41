import { createHash, createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHex, toHex, utf8 } from "../../src/base/bytes.ts";
import {
  chachaOpen,
  chachaOpenNative,
  chachaSeal,
  xchachaOpen,
  xchachaSeal,
} from "../../src/crypto/aead.ts";
import { erase } from "../../src/crypto/erase.ts";
import {
  createSha256,
  equalSecret,
  hkdfExpand,
  hkdfExtract,
  hmacNative,
  hmacSha256,
  sha256,
  sha256Public,
} from "../../src/crypto/hash.ts";
import { sealingKeyId } from "../../src/crypto/key-id.ts";
import { randomBytes, randomHex } from "../../src/crypto/random.ts";
import { x25519PublicKey, x25519Receiver, x25519Shared } from "../../src/crypto/x25519.ts";

const someBytes = fc.uint8Array({ maxLength: 200 });
/** RFC 8439, section 2.8.2, and draft-irtf-cfrg-xchacha-03, appendix A.3.1. */
const SUNSCREEN = utf8(
  "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
);
const AEAD_KEY = fromHex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
const AEAD_AAD = fromHex("50515253c0c1c2c3c4c5c6c7");

describe("sha-256 and hmac", () => {
  it("hash parts as if they were one", () => {
    expect(toHex(sha256(utf8("a"), utf8("bc")))).toBe(
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
  });

  it("give the numbers of RFC 4231, case 2", () => {
    expect(toHex(hmacSha256(utf8("Jefe"), utf8("what do ya want "), utf8("for nothing?")))).toBe(
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    );
  });

  it("agree with node's on anything", () => {
    fc.assert(
      fc.property(someBytes, someBytes, (key, message) => {
        expect(toHex(sha256(message))).toBe(createHash("sha256").update(message).digest("hex"));
        expect(toHex(hmacSha256(key, message))).toBe(
          createHmac("sha256", key).update(message).digest("hex"),
        );
        const stream = createSha256();
        stream.update(key);
        stream.update(message);
        expect(stream.digest()).toEqual(sha256(key, message));
      }),
    );
  });
});

describe("the native ways, for keys that need not vanish", () => {
  it("hash and authenticate as the erasable ones do", () => {
    fc.assert(
      fc.property(someBytes, someBytes, (key, message) => {
        expect(sha256Public(key, message)).toEqual(sha256(key, message));
        expect(hmacNative(key, message, key)).toEqual(hmacSha256(key, message, key));
      }),
    );
  });

  it("give arrays whose slices are copies", () => {
    const digest = sha256Public(utf8("abc"));
    erase(digest.slice());
    expect(toHex(digest)).toMatch(/^ba7816bf/);
  });

  it("open what was sealed, and nothing else", () => {
    fc.assert(
      fc.property(someBytes, someBytes, fc.nat(), (plaintext, aad, at) => {
        const nonce = new Uint8Array(12);
        const sealed = chachaSeal(AEAD_KEY, nonce, plaintext, aad);
        expect(chachaOpenNative(AEAD_KEY, nonce, sealed, aad)).toEqual(plaintext);
        sealed[at % sealed.length] = (sealed[at % sealed.length] ?? 0) ^ 1;
        expect(chachaOpenNative(AEAD_KEY, nonce, sealed, aad)).toBeUndefined();
      }),
    );
  });

  it("do not open what is shorter than a tag", () => {
    const nonce = new Uint8Array(12);
    expect(chachaOpenNative(AEAD_KEY, nonce, new Uint8Array(15), nonce)).toBeUndefined();
  });

  it("agree on keys as the erasable ones do", () => {
    const secrets = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(secrets, secrets, (mine, theirs) => {
        const receiver = x25519Receiver(mine);
        const other = x25519PublicKey(theirs);
        expect(receiver.publicKey).toEqual(x25519PublicKey(mine));
        expect(receiver.shared(other)).toEqual(x25519Shared(mine, other));
      }),
      { numRuns: 20 },
    );
  });

  it.each([
    ["zero", "00".repeat(32)],
    ["of small order", `01${"00".repeat(31)}`],
    ["too short", "09"],
  ])("refuse a key that is %s", (_, key) => {
    const receiver = x25519Receiver(new Uint8Array(32).fill(7));
    expect(() => receiver.shared(fromHex(key))).toThrow(
      expect.objectContaining({ code: "KEY_AGREEMENT" }),
    );
  });
});

describe("hkdf", () => {
  it("gives the numbers of RFC 5869, case 1", () => {
    const prk = hkdfExtract(fromHex("000102030405060708090a0b0c"), new Uint8Array(22).fill(0x0b));
    expect(toHex(prk)).toBe("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
    expect(toHex(hkdfExpand(prk, fromHex("f0f1f2f3f4f5f6f7f8f9"), 42))).toBe(
      "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    );
  });

  it.each([0, 8_161, 1.5])("cannot give %s bytes", (length) => {
    expect(() => hkdfExpand(new Uint8Array(32), new Uint8Array(0), length)).toThrow(RangeError);
  });
});

describe("authenticated encryption", () => {
  it("gives the numbers of RFC 8439", () => {
    const nonce = fromHex("070000004041424344454647");
    const sealed = chachaSeal(AEAD_KEY, nonce, SUNSCREEN, AEAD_AAD);
    expect(toHex(sealed)).toBe(
      "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691",
    );
  });

  it("gives the numbers of the xchacha draft", () => {
    const nonce = fromHex("404142434445464748494a4b4c4d4e4f5051525354555657");
    const sealed = xchachaSeal(AEAD_KEY, nonce, SUNSCREEN, AEAD_AAD);
    expect(toHex(sealed)).toBe(
      "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49",
    );
  });

  it.each([
    { name: "chacha", nonceBytes: 12, seal: chachaSeal, open: chachaOpen },
    { name: "xchacha", nonceBytes: 24, seal: xchachaSeal, open: xchachaOpen },
  ])("of $name opens what it sealed, and nothing with one bit changed", (cipher) => {
    const nonce = new Uint8Array(cipher.nonceBytes);
    fc.assert(
      fc.property(someBytes, someBytes, fc.nat(), (plaintext, aad, place) => {
        const sealed = cipher.seal(AEAD_KEY, nonce, plaintext, aad);
        expect(cipher.open(AEAD_KEY, nonce, sealed, aad)).toEqual(plaintext);
        const at = place % sealed.length;
        sealed[at] = (sealed[at] ?? 0) ^ 1;
        expect(cipher.open(AEAD_KEY, nonce, sealed, aad)).toBeUndefined();
      }),
    );
  });

  it("opens nothing that is shorter than a tag", () => {
    expect(chachaOpen(AEAD_KEY, new Uint8Array(12), new Uint8Array(15), AEAD_AAD)).toBeUndefined();
  });

  it("takes keys and nonces of their one length", () => {
    const nothing = new Uint8Array(0);
    expect(() => chachaSeal(new Uint8Array(31), new Uint8Array(12), nothing, nothing)).toThrow(
      RangeError,
    );
    expect(() => chachaOpen(AEAD_KEY, new Uint8Array(24), nothing, nothing)).toThrow(RangeError);
    expect(() => xchachaSeal(AEAD_KEY, new Uint8Array(12), nothing, nothing)).toThrow(RangeError);
    expect(() => xchachaOpen(AEAD_KEY, new Uint8Array(12), nothing, nothing)).toThrow(RangeError);
  });
});

describe("x25519", () => {
  it("gives the numbers of RFC 7748, section 6.1", () => {
    const alice = fromHex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
    const bob = fromHex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
    expect(toHex(x25519PublicKey(alice))).toBe(
      "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
    );
    expect(toHex(x25519Shared(alice, x25519PublicKey(bob)))).toBe(
      "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742",
    );
  });

  it.each([
    ["zero", "00".repeat(32)],
    ["one", `01${"00".repeat(31)}`],
    ["an element of order 8", "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"],
    ["another of order 8", "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"],
    ["minus one", `ec${"ff".repeat(30)}7f`],
    ["zero as the prime", `ed${"ff".repeat(30)}7f`],
    ["one as the prime plus one", `ee${"ff".repeat(30)}7f`],
    ["a key that is too short", "09"],
  ])("agrees on no secret with %s", (_, publicKey) => {
    expect(() => x25519Shared(new Uint8Array(32).fill(7), fromHex(publicKey))).toThrow(
      expect.objectContaining({ code: "KEY_AGREEMENT" }),
    );
  });

  it("takes secrets of 32 bytes alone", () => {
    expect(() => x25519PublicKey(new Uint8Array(31))).toThrow(RangeError);
    expect(() => x25519Shared(new Uint8Array(31), new Uint8Array(32))).toThrow(RangeError);
  });

  it("has key ids that depend on the key alone", () => {
    expect(sealingKeyId(new Uint8Array(32))).toBe("107870373f0027a1");
  });
});

describe("secrets", () => {
  it("are compared by content and length", () => {
    expect(equalSecret(utf8("tag"), utf8("tag"))).toBe(true);
    expect(equalSecret(utf8("tag"), utf8("tah"))).toBe(false);
    expect(equalSecret(utf8("tag"), utf8("tags"))).toBe(false);
  });

  it("can be erased", () => {
    const [one, other] = [utf8("secret"), utf8("another")];
    erase(one, other);
    expect([one, other]).toEqual([new Uint8Array(6), new Uint8Array(7)]);
  });

  it("are drawn fresh", () => {
    expect(randomBytes(32)).toHaveLength(32);
    expect(randomBytes(32)).not.toEqual(randomBytes(32));
    expect(randomHex(16)).toMatch(/^[0-9a-f]{32}$/);
  });

  it("are given once, also where the store of them is filled again", () => {
    // More than a store has, and of lengths that do not end with it.
    const drawn = Array.from({ length: 1_200 }, (_, at) => randomHex(16 + (at % 5)));
    expect(drawn.map(({ length }) => length / 2)).toEqual(drawn.map((_, at) => 16 + (at % 5)));
    const heads = new Set(drawn.map((text) => text.slice(0, 32)));
    expect(heads.size).toBe(drawn.length);
    expect(randomHex(10_000)).toHaveLength(20_000);
  });
});
