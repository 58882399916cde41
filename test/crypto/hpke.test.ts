import type { webcrypto } from "node:crypto";
import { Chacha20Poly1305 } from "@hpke/chacha20poly1305";
import { CipherSuite as CoreSuite, ExportOnly, HkdfSha256 } from "@hpke/core";
import { DhkemX25519HkdfSha256 } from "@hpke/dhkem-x25519";
import fc from "fast-check";
import * as panva from "hpke";
import { describe, expect, it } from "vitest";
import { fromHex, toHex, utf8 } from "../../src/base/bytes.ts";
import { sha256 } from "../../src/crypto/hash.ts";
import { deriveKeyPair, setupReceiver, setupSender } from "../../src/crypto/hpke.ts";

const receiver = deriveKeyPair(sha256(utf8("hpke receiver")));
const info = utf8("skc1/segment");
const label = utf8("skc1/auth");
const exactly32 = fc.uint8Array({ minLength: 32, maxLength: 32 });

const buffer = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;

describe("@hpke/core as an independent oracle", () => {
  const kem = new DhkemX25519HkdfSha256();
  const suite = (aead: Chacha20Poly1305 | ExportOnly): CoreSuite =>
    new CoreSuite({ kem, kdf: new HkdfSha256(), aead });

  const receiverKey = (): Promise<webcrypto.CryptoKey> =>
    kem.deserializePrivateKey(buffer(receiver.secret));
  const receiverPublicKey = (): Promise<webcrypto.CryptoKey> =>
    kem.deserializePublicKey(buffer(receiver.publicKey));

  it("exports from our enc what we export", async () => {
    await fc.assert(
      fc.asyncProperty(exactly32, fc.uint8Array({ maxLength: 64 }), async (ikmE, anyInfo) => {
        const ours = setupSender({
          recipient: receiver.publicKey,
          info: anyInfo,
          aead: "export-only",
          ikmE,
        });
        const theirs = await suite(new ExportOnly()).createRecipientContext({
          recipientKey: await receiverKey(),
          enc: buffer(ours.enc),
          info: buffer(anyInfo),
        });
        expect(new Uint8Array(await theirs.export(buffer(label), 32))).toEqual(
          ours.context.exportSecret(label, 32),
        );
      }),
      { numRuns: 15 },
    );
  });

  it("opens what we seal, one after another", async () => {
    const ours = setupSender({
      recipient: receiver.publicKey,
      info,
      aead: "chacha20poly1305",
      ikmE: sha256(utf8("ephemeral")),
    });
    const theirs = await suite(new Chacha20Poly1305()).createRecipientContext({
      recipientKey: await receiverKey(),
      enc: buffer(ours.enc),
      info: buffer(info),
    });
    for (const text of ["first", "second", "third"]) {
      const sealed = ours.context.seal(utf8("aad"), utf8(text));
      const opened = await theirs.open(buffer(sealed), buffer(utf8("aad")));
      expect(new Uint8Array(opened)).toEqual(utf8(text));
    }
  });

  it("seals what we open", async () => {
    const theirs = await suite(new Chacha20Poly1305()).createSenderContext({
      recipientPublicKey: await receiverPublicKey(),
      info: buffer(info),
    });
    const sealed = await theirs.seal(buffer(utf8("read seed")), buffer(utf8("aad")));
    const ours = setupReceiver({
      secret: receiver.secret,
      enc: new Uint8Array(theirs.enc),
      info,
      aead: "chacha20poly1305",
    });
    expect(ours.open(utf8("aad"), new Uint8Array(sealed))).toEqual(utf8("read seed"));
  });
});

describe("hpke as a second independent oracle", () => {
  const suite = new panva.CipherSuite(
    panva.KEM_DHKEM_X25519_HKDF_SHA256,
    panva.KDF_HKDF_SHA256,
    panva.AEAD_EXPORT_ONLY,
  );

  it("derives the same key pair", async () => {
    const theirs = await suite.DeriveKeyPair(sha256(utf8("hpke receiver")), true);
    expect(toHex(await suite.SerializePublicKey(theirs.publicKey))).toBe(toHex(receiver.publicKey));
    expect(toHex(await suite.SerializePrivateKey(theirs.privateKey))).toBe(toHex(receiver.secret));
  });

  it("exports from our enc what we export", async () => {
    const ours = setupSender({
      recipient: receiver.publicKey,
      info,
      aead: "export-only",
      ikmE: sha256(utf8("ephemeral")),
    });
    const key = await suite.DeserializePrivateKey(receiver.secret, true);
    const theirs = await suite.SetupRecipient(key, ours.enc, { info });
    expect(await theirs.Export(label, 32)).toEqual(ours.context.exportSecret(label, 32));
  });

  it("sends what we receive", async () => {
    const key = await suite.DeserializePublicKey(receiver.publicKey);
    const { encapsulatedSecret, ctx } = await suite.SetupSender(key, { info });
    const ours = setupReceiver({
      secret: receiver.secret,
      enc: encapsulatedSecret,
      info,
      aead: "export-only",
    });
    expect(ours.exportSecret(label, 32)).toEqual(await ctx.Export(label, 32));
  });
});

describe("an hpke context", () => {
  const ikmE = sha256(utf8("ephemeral"));
  const sender = setupSender({
    recipient: receiver.publicKey,
    info,
    aead: "chacha20poly1305",
    ikmE,
  });
  const { enc } = sender;

  it("is the same for the same ephemeral seed, and another for another info", () => {
    const again = setupSender({
      recipient: receiver.publicKey,
      info,
      aead: "chacha20poly1305",
      ikmE,
    });
    const other = setupReceiver({
      secret: receiver.secret,
      enc,
      info: utf8("skc1/other"),
      aead: "chacha20poly1305",
    });
    expect(again.enc).toEqual(enc);
    expect(again.context.exportSecret(label, 32)).toEqual(sender.context.exportSecret(label, 32));
    expect(other.exportSecret(label, 32)).not.toEqual(sender.context.exportSecret(label, 32));
  });

  it("stays where it is when a ciphertext does not open", () => {
    const context = setupReceiver({
      secret: receiver.secret,
      enc,
      info,
      aead: "chacha20poly1305",
    });
    const [first, second] = [
      sender.context.seal(utf8("aad"), utf8("first")),
      sender.context.seal(utf8("aad"), utf8("second")),
    ];
    expect(context.open(utf8("aad"), second)).toBeUndefined();
    expect(context.open(utf8("aad"), first)).toEqual(utf8("first"));
    expect(context.open(utf8("aad"), second)).toEqual(utf8("second"));
  });

  it("does not encrypt when it is for export only", () => {
    const context = setupReceiver({ secret: receiver.secret, enc, info, aead: "export-only" });
    expect(() => context.seal(info, info)).toThrow(TypeError);
    expect(() => context.open(info, info)).toThrow(TypeError);
  });

  it.each(["chacha20poly1305", "export-only"] as const)("of %s can be erased", (aead) => {
    const context = setupReceiver({ secret: receiver.secret, enc, info, aead });
    const before = context.exportSecret(label, 32);
    context.erase();
    expect(context.exportSecret(label, 32)).not.toEqual(before);
  });

  it.each([
    "00".repeat(32),
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "09",
  ])("is not made with the unusable key %s, on either side", (hex) => {
    const unusable = fromHex(hex);
    const code: unknown = expect.objectContaining({ code: "KEY_AGREEMENT" });
    expect(() =>
      setupReceiver({ secret: receiver.secret, enc: unusable, info, aead: "export-only" }),
    ).toThrow(code);
    expect(() => setupSender({ recipient: unusable, info, aead: "export-only", ikmE })).toThrow(
      code,
    );
  });
});
