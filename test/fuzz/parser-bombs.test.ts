import { describe, expect, it } from "vitest";
import { audit } from "../../src/audit/audit.ts";
import { concat, u16, u32, u64, utf8 } from "../../src/base/bytes.ts";
import { CodedError } from "../../src/base/errors.ts";
import { unixMillis } from "../../src/base/time.ts";
import { verifyBundle } from "../../src/bundle/verify.ts";
import { readConfig } from "../../src/config/config.ts";
import { readYaml } from "../../src/config/yaml.ts";
import { openKeyFile, sealKeyFile } from "../../src/crypto/key-file.ts";
import { decodePayload } from "../../src/ledger/payload-codec.ts";
import { verifyPublic } from "../../src/ledger/public-check.ts";
import { readActivationRequest } from "../../src/license/activation-request.ts";
import { readLicense } from "../../src/license/license.ts";
import { decodeTerms } from "../../src/license/terms.ts";
import { readVendorFile } from "../../src/license/vendor-file.ts";
import { decodeFrame } from "../../src/protocol/request-frame.ts";
import { auditorSecret, root, secrets, seeded, vendorName } from "../bundle/given.ts";
import { rehashed, Site } from "../bundle/site.ts";
import { sourceOf } from "../bundle/vendor.ts";

/** What a small machine can spare for a file that somebody has sent, on a machine that is busy too. */
const MILLIS = 5_000;
const BYTES = 256 * 1_048_576;

/** Reads something that is made to be costly; says how it was refused. */
function refusalOf(read: () => unknown): string {
  const [before, begin] = [process.memoryUsage().rss, performance.now()];
  let refusal = "accepted";
  try {
    read();
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    refusal = String(error.code);
  }
  expect(performance.now() - begin).toBeLessThan(MILLIS);
  expect(process.memoryUsage().rss - before).toBeLessThan(BYTES);
  return refusal;
}

const many = (text: string, count: number): string => text.repeat(count);

const note = (body: string): Uint8Array =>
  utf8(`seatkeeper license v1\n${body}\n\n\u2014 ${vendorName}/issuer AAAAAAAA\n`);

describe("parser-bombs: a note", () => {
  const trust = { vendorName, rootKey: root.publicKey };

  it.each([
    ["nested a hundred thousand deep", many("[", 100_000) + many("]", 100_000)],
    [
      "with half a million fields",
      `{${Array.from({ length: 500_000 }, (_, n) => `"a${n}":1`).join(",")}}`,
    ],
    ["with a number of a million digits", `{"vendor":${many("9", 1_000_000)}}`],
    ["with a text of ten million letters", `{"vendor":"${many("a", 10_000_000)}"}`],
    ["with ten thousand escapes of nothing", `{"vendor":"${many("\\u0000", 10_000)}"}`],
  ])("%s is refused at once", (_, body) => {
    expect(refusalOf(() => readLicense(note(body), trust))).toMatch(/^(NOTE|LICENSE)_/);
    expect(refusalOf(() => readActivationRequest(note(body)))).toMatch(/^(NOTE|LICENSE)_/);
    expect(refusalOf(() => readVendorFile(note(body)))).toMatch(/^(NOTE|LICENSE|VENDOR_FILE)_/);
  });

  it("with a hundred thousand signatures is refused at once", () => {
    const line = `\u2014 ${vendorName}/issuer ${Buffer.alloc(68).toString("base64")}\n`;
    const signed = utf8(`seatkeeper license v1\n{}\n\n${many(line, 100_000)}`);
    expect(refusalOf(() => readLicense(signed, trust))).toMatch(/^(NOTE|LICENSE)_/);
  });
});

describe("parser-bombs: a configuration or terms file", () => {
  const laughs = Array.from({ length: 12 }, (_, n) =>
    n === 0 ? "a0: &a0 [x]" : `a${n}: &a${n} [${many(`*a${n - 1},`, 10)}]`,
  ).join("\n");

  it.each([
    ["of aliases of aliases", laughs],
    ["nested fifty thousand deep", many("[", 50_000)],
    [
      "of two thousand maps in each other",
      Array.from({ length: 2_000 }, (_, n) => `${many(" ", n)}a:`).join("\n"),
    ],
    ["of two million letters", many("a", 2_000_000)],
    ["of twenty thousand rules", `rules: [${many("{},", 20_000)}]`],
    ["of a pattern of ten thousand stars", `groups: {a: {users: ["${many("*a", 10_000)}"]}}`],
  ])("%s is refused at once", (_, text) => {
    expect(refusalOf(() => readConfig(text, "config.yaml"))).toMatch(/^CONFIG_/);
    expect(refusalOf(() => decodeTerms(readYaml(text, "terms.yaml").value))).toMatch(
      /^(CONFIG|TERMS)_/,
    );
  });
});

describe("parser-bombs: a payload", () => {
  it.each([
    ["nested twenty thousand deep", new Uint8Array(20_000).fill(0x81)],
    ["that promises four thousand million entries", new Uint8Array([0x9a, 255, 255, 255, 255])],
    [
      "that promises a text of 2^53 bytes",
      new Uint8Array([0x7b, 0, 31, 255, 255, 255, 255, 255, 255]),
    ],
    [
      "of sixty thousand empty maps",
      concat(new Uint8Array([0x99, 0xea, 0x60]), new Uint8Array(60_000).fill(0xa0)),
    ],
  ])("%s is refused at once", (_, plaintext) => {
    expect(refusalOf(() => decodePayload("checkpoint", 1, plaintext))).toBe("LEDGER_PAYLOAD");
  });
});

describe("parser-bombs: a bundle", () => {
  const site = Site.activate();
  const chain = site.activation.genesisBlock.slice(8, 24);
  const now = unixMillis(1_795_435_200_000);
  const input = { activation: site.activation, secrets, acked: undefined, receipts: [], now };

  /** The front of a bundle, and a closing hash that fits. */
  const front = (size: number, rows: number, blocks: number, rest = u32(0)): Uint8Array =>
    rehashed(
      concat(
        utf8("SKX1"),
        u16(1),
        chain,
        u64(0),
        u64(size),
        u32(rows),
        u32(blocks),
        rest,
        new Uint8Array(32),
      ),
    );

  it.each([
    [
      "that claims 2^60 blocks",
      concat(utf8("SKX1"), u16(1), chain, u64(0), new Uint8Array([16, 0, 0, 0, 0, 0, 0, 0])),
    ],
    ["that claims two million rows", front(2_000_000, 2_000_000, 0)],
    ["that claims four thousand million rows", front(1_000, 0xffff_ffff, 0)],
    ["that claims more blocks than it covers", front(10, 0, 0xffff_ffff)],
    ["that claims a head of four thousand million bytes", front(10, 0, 0, u32(0xffff_ffff))],
  ])("%s is refused at once", (_, bytes) => {
    const source = sourceOf(bytes);
    expect(refusalOf(() => verifyBundle(source, input))).toBe("accepted");
    expect(verifyBundle(source, input).verdict).toMatch(
      /^(LIMIT_EXCEEDED|MALFORMED|TRANSPORT_DAMAGED)$/,
    );
    expect(audit(source, { secret: auditorSecret }).problemCount).toBeGreaterThan(0);
  });

  it("of a segment for each block costs no key exchange more than a ledger of its age may have", () => {
    const crowded = Site.activate("many segments");
    for (let segment = 0; segment < 60; segment += 1) crowded.openSegment();
    const bytes = crowded.bundle();
    const young = { ...input, activation: crowded.activation };
    expect(refusalOf(() => verifyBundle(sourceOf(bytes), young))).toBe("accepted");
    expect(verifyBundle(sourceOf(bytes), young).verdict).toBe("LIMIT_EXCEEDED");
  });

  it("whose block claims four thousand million bytes is refused at once, as in a ledger file", () => {
    const block = site.activation.genesisBlock.slice();
    block.set(u32(0xffff_ffff), 140);
    expect(refusalOf(() => verifyPublic(sourceOf(block)))).toBe("accepted");
    expect(verifyPublic(sourceOf(block)).problems.map(({ code }) => code)).toContain("MALFORMED");
    expect(audit(sourceOf(block), {}).problems[0]?.code).toBe("MALFORMED");
  });
});

describe("parser-bombs: a key file and a frame", () => {
  it("that asks for a terabyte of scrypt is refused before it costs anything", () => {
    const text = sealKeyFile({
      kind: "root",
      name: vendorName,
      secret: seeded("key"),
      passphrase: "correct horse",
      cost: { n: 1_024, r: 8, p: 1 },
    });
    for (const cost of ["1073741824 8 1", "1024 8 4096", "1024 9999 1", "1024 8 9"]) {
      const greedy = text.replace("scrypt: 1024 8 1", `scrypt: ${cost}`);
      expect(refusalOf(() => openKeyFile(greedy, "x"))).toMatch(/^KEY_FILE_(COST|FORMAT)$/);
    }
  });

  it("nested as deep as a frame can be is answered at once", () => {
    const text = `{"jsonrpc":"2.0","id":1,"method":"hello","params":${many("[", 30_000)}${many("]", 30_000)}}`;
    expect(refusalOf(() => decodeFrame(text))).toBe("accepted");
  });
});
