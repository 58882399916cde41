import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { RealLedgerFiles } from "../../src/store/ledger-files.ts";
import { temporaryFolder } from "./given.ts";

interface Ledger {
  readonly files: RealLedgerFiles;
  readonly chain: string;
  readonly state: string;
}

function ledgerIn(folder: string): Ledger {
  const chain = join(folder, "ledger.skc");
  const state = join(folder, "ledger.state");
  const files = new RealLedgerFiles(chain, state);
  onTestFinished(() => files.close());
  return { files, chain, state };
}

const slot = (fill: number): Uint8Array => new Uint8Array(4_096).fill(fill);

describe("the files of a new ledger", () => {
  it("are an empty chain and two empty slots, for their owner only", () => {
    const { files, chain, state } = ledgerIn(temporaryFolder());
    expect(files.chainLength()).toBe(0);
    expect(files.readSlot(0)).toEqual(slot(0));
    expect(files.readSlot(1)).toEqual(slot(0));
    expect(statSync(state).size).toBe(8_192);
    expect(statSync(chain).mode & 0o777).toBe(0o600);
    expect(statSync(state).mode & 0o777).toBe(0o600);
  });

  it("are completed when a crash cut their making short", () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "ledger.state"), Buffer.alloc(100, 7));
    const { files, state } = ledgerIn(folder);
    expect(statSync(state).size).toBe(8_192);
    expect(files.readSlot(0)[99]).toBe(7);
    expect(files.readSlot(0)[100]).toBe(0);
  });
});

describe("a state slot", () => {
  it("is overwritten in place, in the same file", () => {
    const { files, state } = ledgerIn(temporaryFolder());
    const { ino } = statSync(state);
    files.writeSlot(0, slot(1));
    files.writeSlot(1, slot(2));
    files.syncState();
    files.writeSlot(0, slot(0));
    files.syncState();
    expect(files.readSlot(0)).toEqual(slot(0));
    expect(files.readSlot(1)).toEqual(slot(2));
    expect(statSync(state)).toMatchObject({ ino, size: 8_192 });
    expect(readFileSync(state).includes(1)).toBe(false);
  });

  it("has one size", () => {
    const { files } = ledgerIn(temporaryFolder());
    expect(() => files.writeSlot(0, new Uint8Array(4_095))).toThrow(RangeError);
  });
});

describe("the chain file", () => {
  it("takes bytes where they belong and gives them back", () => {
    const folder = temporaryFolder();
    const { files, chain } = ledgerIn(folder);
    files.appendAt(0, Buffer.from("first"));
    files.appendAt(5, Buffer.from("second"));
    files.syncChain();
    expect(files.chainLength()).toBe(11);
    expect(Buffer.from(files.readChain(3, 4)).toString()).toBe("stse");
    expect(readFileSync(chain, "utf8")).toBe("firstsecond");
    expect(Buffer.from(ledgerIn(folder).files.readChain(0, 5)).toString()).toBe("first");
  });

  it("takes the same bytes again without growing", () => {
    const { files, chain } = ledgerIn(temporaryFolder());
    files.appendAt(0, Buffer.from("first"));
    files.appendAt(0, Buffer.from("first"));
    expect(readFileSync(chain, "utf8")).toBe("first");
  });

  it("does not answer for bytes beyond its end", () => {
    const { files } = ledgerIn(temporaryFolder());
    files.appendAt(0, Buffer.from("first"));
    expect(() => files.readChain(3, 3)).toThrow(RangeError);
  });

  it("puts an unexpected tail aside, one file for each", () => {
    const { files, chain } = ledgerIn(temporaryFolder());
    const tail = Buffer.alloc(3_000_000, "tail");
    files.appendAt(0, Buffer.from("first"));
    files.appendAt(5, tail);
    files.setAside(5);
    expect(files.chainLength()).toBe(5);
    expect(readFileSync(`${chain}.tail-1`).equals(tail)).toBe(true);
    files.appendAt(5, Buffer.from("more"));
    files.setAside(7);
    expect(readFileSync(`${chain}.tail-2`, "utf8")).toBe("re");
    expect(existsSync(`${chain}.tail-3`)).toBe(false);
    expect(readFileSync(chain, "utf8")).toBe("firstmo");
  });
});
