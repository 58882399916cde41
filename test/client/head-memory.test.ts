import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { rootOf } from "../../src/merkle/tree.ts";
import { mallory } from "../license/given.ts";
import { emptyFolder } from "./given.ts";
import { aWitness, ledger, meets, real, remembered, shownBy } from "./remembering.ts";

describe("what a workstation remembers of a ledger", () => {
  it("is the newest head, in one file that is only its user's", async () => {
    const folder = join(emptyFolder(), "heads");
    for (const size of [3, 3, 9, 70, 500])
      expect(await meets(aWitness(folder), size)).toBe(undefined);
    expect(remembered(folder)).toEqual([500]);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    const [file = ""] = readdirSync(folder);
    expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
  });

  it("is held against a ledger that became shorter", async () => {
    const folder = emptyFolder();
    await meets(aWitness(folder), 20);
    expect(await meets(aWitness(folder), 12)).toMatchObject({ known: 20, shown: 12 });
    expect(remembered(folder)).toEqual([20]);
  });

  it("is held against a ledger that outgrew it on another branch", async () => {
    const folder = emptyFolder();
    await meets(aWitness(folder), 20);
    expect(await meets(aWitness(folder), 50, ledger(15))).toMatchObject({ known: 20, shown: 50 });
    expect(remembered(folder)).toEqual([20]);
    expect(await meets(aWitness(folder), 50)).toBe(undefined);
    expect(remembered(folder)).toEqual([50]);
  });

  it("is held against a daemon that shows no head any more", async () => {
    const folder = emptyFolder();
    await meets(aWitness(folder), 20);
    const witness = await aWitness(folder);
    expect(await witness.judge(witness.asked(), undefined)).toMatchObject({
      contradiction: { known: 20, shown: undefined },
    });
  });

  it("is not what somebody else has signed", async () => {
    const folder = emptyFolder();
    const witness = await aWitness(folder);
    const forged = shownBy(real, 20, [], mallory);
    await expect(witness.judge(witness.asked(), forged)).rejects.toMatchObject({
      code: "SERVER_IDENTITY",
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it("is not a damaged file, which stays where it is", async () => {
    const folder = emptyFolder();
    await meets(aWitness(folder), 20);
    const [file = ""] = readdirSync(folder);
    writeFileSync(join(folder, file), "rubbish");
    expect((await aWitness(folder)).asked().params).toEqual({ since: [] });
    await meets(aWitness(folder), 21);
    expect(remembered(folder)).toEqual([20, 21]);
  });
});

describe("what the vendor has acknowledged", () => {
  const acknowledged = { size: 20, root: rootOf(real(20)), note: "the license" };

  it("is held against the ledger, also where nothing is remembered", async () => {
    const folder = emptyFolder();
    expect(await meets(aWitness(folder, acknowledged), 12)).toMatchObject({
      knownBy: "vendor",
      known: 20,
      shown: 12,
    });
    expect(await meets(aWitness(folder, acknowledged), 90, ledger(15))).toMatchObject({
      knownBy: "vendor",
      shown: 90,
    });
    expect(remembered(folder)).toEqual([]);
  });

  it("is asked for once, and then by what is remembered", async () => {
    const witness = await aWitness(emptyFolder(), acknowledged);
    expect(witness.asked().params.since).toEqual([20]);
    expect(await meets(witness, 30)).toBe(undefined);
    expect(witness.asked().params.since).toEqual([30]);
  });
});

describe("two processes of one user", () => {
  it("need not agree on the moment: an answer may be older than what the other has learned", async () => {
    const folder = emptyFolder();
    await meets(aWitness(folder), 10);
    const [one, two] = [await aWitness(folder), await aWitness(folder)];
    const askedByOne = one.asked();
    const early = shownBy(real, 12, askedByOne.params.since);
    expect(await meets(two, 15)).toBe(undefined);
    expect(await one.judge(askedByOne, early)).toEqual({ kind: "goes-on" });
    expect(remembered(folder)).toEqual([12, 15]);
    expect(await meets(two, 16)).toBe(undefined);
    expect(await meets(two, 17)).toBe(undefined);
    expect(remembered(folder)).toEqual([17]);
  });

  it("that were each shown a branch of their own notice it when the ledgers grow", async () => {
    const folder = emptyFolder();
    await meets(aWitness(folder), 10);
    const [one, two] = [await aWitness(folder), await aWitness(folder)];
    const asked = [one.asked(), two.asked()] as const;
    await one.judge(asked[0], shownBy(real, 30, asked[0].params.since));
    await two.judge(asked[1], shownBy(ledger(10), 31, asked[1].params.since));
    expect(remembered(folder)).toEqual([30, 31]);
    expect(await meets(two, 40, ledger(10))).toMatchObject({ known: 30 });
    expect(await meets(one, 40)).toBe(undefined);
    expect(await meets(one, 41)).toMatchObject({ known: 31 });
    expect(remembered(folder)).toEqual([31, 40]);
  });

  it("leave one head, whoever is first, however many they are", async () => {
    const folder = emptyFolder();
    const crowd = await Promise.all(Array.from({ length: 12 }, () => aWitness(folder)));
    const answers = await Promise.all(crowd.map((witness, at) => meets(witness, 100 + at)));
    expect(answers.every((answer) => answer === undefined)).toBe(true);
    for (let round = 0; round < 4; round += 1) await meets(aWitness(folder), 200);
    expect(remembered(folder)).toEqual([200]);
  });
});

describe("a contradiction", () => {
  it("is kept once, as it was first seen, with both notes and the proof that failed", async () => {
    const folder = emptyFolder();
    await meets(aWitness(folder), 20);
    const first = await meets(aWitness(folder), 30, ledger(15));
    const second = await meets(aWitness(folder), 31, ledger(15));
    expect(second).toMatchObject({ evidence: first?.evidence, shown: 31 });
    const files = readdirSync(join(folder, "evidence"));
    expect(files).toHaveLength(1);
    expect(join(folder, "evidence", files[0] ?? "")).toBe(first?.evidence);
  });

  it("is what the daemon hears of with the next request", async () => {
    const folder = emptyFolder();
    const [one, two] = [await aWitness(folder), await aWitness(folder)];
    const asked = [one.asked(), two.asked()] as const;
    await one.judge(asked[0], shownBy(real, 30, []));
    await two.judge(asked[1], shownBy(ledger(10), 31, []));
    expect(two.asked().params.head).toContain("\n31\n");
    expect(one.asked().params.head).toContain("\n30\n");
    await meets(two, 40, ledger(10));
    expect(two.asked().params.head).toContain("\n30\n");
  });
});

describe("a folder that takes no evidence", () => {
  it("is told of, and the contradiction all the same; what was remembered stays", async () => {
    const folder = emptyFolder();
    await meets(aWitness(folder), 20);
    writeFileSync(join(folder, "evidence"), "a file where the folder would be");
    const contradiction = await meets(aWitness(folder), 40, ledger(10));
    expect(contradiction).toMatchObject({ known: 20, shown: 40, evidence: undefined });
    expect(remembered(folder)).toEqual([20]);
  });
});
