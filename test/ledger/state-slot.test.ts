import { describe, expect, it } from "vitest";
import { toHex } from "../../src/base/bytes.ts";
import { unixMillis } from "../../src/base/time.ts";
import { sha256 } from "../../src/crypto/hash.ts";
import { KeyVault } from "../../src/ledger/key-vault.ts";
import { type ChainState, decodeSlot, encodeSlot } from "../../src/ledger/state.ts";
import { Frontier } from "../../src/merkle/tree.ts";
import { genesis, noon, seeded } from "./given.ts";

const state: ChainState = {
  generation: 6,
  nextIndex: 5,
  fileOffset: 2_000,
  prevLeaf: seeded("leaf"),
  auth: seeded("auth"),
  read: seeded("read"),
  segment: 1,
  indexInSegment: 3,
  chainId: seeded("chain").subarray(0, 16),
  ackSize: 2,
  ackRoot: seeded("ack"),
  highWater: noon,
  frontier: Frontier.of([seeded("four"), seeded("one")], 5),
};

describe("a state slot", () => {
  const slot = encodeSlot(state);

  it("has 4,096 bytes with every field at its place", () => {
    expect(slot).toHaveLength(4096);
    const at = (from: number, to: number): string => toHex(slot.subarray(from, to));
    expect(at(0, 28)).toBe("534b43530000000000000006000000000000000500000000000007d0");
    expect(at(28, 60)).toBe(toHex(seeded("leaf")));
    expect(at(60, 92)).toBe(toHex(seeded("auth")));
    expect(at(92, 124)).toBe(toHex(seeded("read")));
    expect(at(124, 132)).toBe("0000000100000003");
    expect(at(132, 148)).toBe(toHex(seeded("chain").subarray(0, 16)));
    expect(at(148, 156)).toBe("0000000000000002");
    expect(at(156, 188)).toBe(toHex(seeded("ack")));
    expect(at(188, 197)).toBe(`${noon.toString(16).padStart(16, "0")}02`);
    expect(at(197, 261)).toBe(toHex(seeded("four")) + toHex(seeded("one")));
    expect(slot.subarray(261, 4064).every((byte) => byte === 0)).toBe(true);
    expect(at(4064, 4096)).toBe(toHex(sha256(slot.subarray(0, 4064))));
  });

  it("is read as it was written", () => {
    expect(decodeSlot(slot)).toEqual(state);
  });

  it("is nothing with any byte changed", () => {
    const readable = [...slot.keys()].filter((at) => {
      const changed = slot.slice();
      changed[at] = (changed[at] ?? 0) ^ 0x80;
      return decodeSlot(changed) !== undefined;
    });
    expect(readable).toEqual([]);
  });

  it.each([
    ["all zero", new Uint8Array(4096)],
    ["cut short", encodeSlot(state).subarray(0, 4095)],
    ["with a frontier that does not fit its size", patched(196, 3)],
    ["with a number above 2^53", patched(188, 0xff)],
  ])("is nothing when it is %s", (_, bytes) => {
    expect(decodeSlot(bytes)).toBeUndefined();
  });

  it("keeps a wall clock of the year 2099", () => {
    const late = unixMillis(Date.UTC(2099, 0, 1));
    expect(decodeSlot(encodeSlot({ ...state, highWater: late }))?.highWater).toBe(late);
  });
});

/** A slot with one byte changed and its checksum made right again. */
function patched(at: number, byte: number): Uint8Array {
  const slot = encodeSlot(state);
  slot[at] = byte;
  slot.set(sha256(slot.subarray(0, 4064)), 4064);
  return slot;
}

describe("the place in memory where keys live", () => {
  it("takes keys over, so that no other copy is left", () => {
    const { auth, read } = genesis().state;
    const kept = toHex(auth);
    const vault = new KeyVault();
    const next = vault.putNext({ auth, read });
    expect(toHex(next.auth)).toBe(kept);
    expect([...auth, ...read].every((byte) => byte === 0)).toBe(true);
  });

  it("erases the keys in force when their successors come", () => {
    const vault = new KeyVault();
    vault.putNext({ auth: seeded("a"), read: seeded("b") });
    vault.advance();
    const old = vault.current;
    vault.putNext({ auth: seeded("c"), read: seeded("d") });
    vault.advance();
    expect([...old.auth, ...old.read].every((byte) => byte === 0)).toBe(true);
    expect(vault.current).toEqual({ auth: seeded("c"), read: seeded("d") });
  });

  it("erases successors that are given up", () => {
    const vault = new KeyVault();
    const next = vault.putNext({ auth: seeded("a"), read: seeded("b") });
    vault.dropNext();
    expect([...next.auth, ...next.read].every((byte) => byte === 0)).toBe(true);
  });
});
