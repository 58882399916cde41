import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { concat, fromHex, toHex } from "../../src/base/bytes.ts";
import { pieceCodec } from "../../src/cli/shared/piece-codec.ts";
import { encodeArchive, readArchive, readArchiveHead } from "../../src/ledger/archive.ts";
import type { ByteSource } from "../../src/ledger/ports.ts";

interface Case {
  readonly name: string;
  readonly archive: string;
}

const load = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../vectors/${name}`, import.meta.url), "utf8"));

/** Made by `make-archive-vectors.py`, from the specification alone. */
const { sound, unsound } = load("archive-vectors.json") as {
  readonly sound: readonly Case[];
  readonly unsound: readonly (Case & { readonly code: string })[];
};
const { blocks } = load("skc1-vectors.json") as { readonly blocks: readonly string[] };

function sourceOf(bytes: Uint8Array): ByteSource {
  return { length: bytes.length, read: (offset, length) => bytes.slice(offset, offset + length) };
}

const blocksIn = (bytes: Uint8Array): readonly string[] =>
  [...readArchive(sourceOf(bytes), pieceCodec)].map((block) => toHex(block.bytes));

describe("an archive", () => {
  it.each(sound)("$name has the ledger's blocks, byte for byte", ({ archive }) => {
    const { from, size } = readArchiveHead(sourceOf(fromHex(archive)));
    expect(blocksIn(fromHex(archive))).toEqual(blocks.slice(from, size));
  });

  it.each(sound)("$name is written so that it reads the same", ({ archive }) => {
    const head = readArchiveHead(sourceOf(fromHex(archive)));
    const own = blocks.slice(head.from, head.size).map(fromHex);
    const written = concat(...encodeArchive(head, own, pieceCodec));
    expect(blocksIn(written)).toEqual(own.map(toHex));
    // Closing hash apart, the end is the root: the same, whoever packs.
    expect(toHex(written.slice(-64, -32))).toBe(archive.slice(-128, -64));
  });

  it.each(unsound)("with $name is $code", ({ archive, code }) => {
    expect(() => blocksIn(fromHex(archive))).toThrow(expect.objectContaining({ code }));
  });

  it("with any byte changed is refused", () => {
    const bytes = fromHex(sound[0]?.archive ?? "");
    for (const at of bytes.keys()) {
      const changed = bytes.map((byte, place) => (place === at ? byte ^ 1 : byte));
      expect(() => blocksIn(changed)).toThrow(/archive/);
    }
  });

  it("of fewer blocks than promised is none", () => {
    const head = readArchiveHead(sourceOf(fromHex(sound[0]?.archive ?? "")));
    expect(() => [...encodeArchive(head, [fromHex(blocks[0] ?? "")], pieceCodec)]).toThrow(
      RangeError,
    );
  });
});
