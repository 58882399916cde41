import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readSupersede, type Supersede } from "../../src/license/supersede.ts";
import { rootOf } from "../../src/merkle/tree.ts";
import { signHead } from "../../src/note/checkpoint.ts";
import { daemon, issuing, noteTrust, origin, supersedeWith } from "../license/given.ts";
import { emptyFolder } from "./given.ts";
import { aWitness, judges, ledger, meets, real, remembered, shownBy } from "./remembering.ts";

/** The branch that the vendor accepts: it leaves the real ledger behind 15 blocks. */
const other = ledger(15);

/** The accepted branch, put back to its first 25 blocks and gone on from there. */
const again = (size: number): readonly Uint8Array[] => [
  ...other(Math.min(size, 25)),
  ...ledger(25, 5e6)(size).slice(25),
];

/** The vendor accepts the other branch at 18 blocks, and gives up what is no longer than `upTo`. */
function accepting(upTo: number, number = 7, size = 18): Supersede {
  const root = rootOf(other(size));
  const head = signHead({ origin, size, root }, { name: origin, signer: daemon });
  return readSupersede(supersedeWith({ number, head, abandonedUpTo: upTo }, issuing), noteTrust);
}

const files = (folder: string, ending: string): readonly string[] =>
  readdirSync(folder).filter((file) => file.endsWith(ending));

describe("a workstation that remembers a branch which the vendor has given up", () => {
  it("goes over to the accepted one, with the evidence kept and the note beside it", async () => {
    const folder = emptyFolder();
    await meets(aWitness(folder), 20);
    const note = accepting(20);
    const judgement = await judges(aWitness(folder, undefined, note), 30, other);
    expect(judgement).toMatchObject({
      kind: "superseded",
      superseded: { number: 7, reason: note.reason, known: [20], shown: 30 },
    });
    expect(remembered(folder)).toEqual([30]);
    const [evidence = ""] = files(join(folder, "evidence"), ".json");
    expect(readFileSync(join(folder, "evidence", evidence), "utf8")).toContain("\\n20\\n");
    const [told = ""] = files(folder, ".superseded");
    const kept = JSON.parse(readFileSync(join(folder, told), "utf8")) as object;
    expect(kept).toMatchObject({
      kind: "seatkeeper superseded v1",
      note: note.text,
      heads: [expect.stringContaining("\n20\n") as string],
    });
    expect(await judges(aWitness(folder, undefined, note), 31, other)).toEqual({ kind: "goes-on" });
  });

  it("stays with what it knows where it is longer than all that was given up", async () => {
    const folder = emptyFolder();
    await meets(aWitness(folder), 21);
    expect(await meets(aWitness(folder, undefined, accepting(20)), 30, other)).toMatchObject({
      known: 21,
      noteRefused: "SUPERSEDE_BEYOND",
    });
    expect(remembered(folder)).toEqual([21]);
    const wider = accepting(21, 8);
    expect(await judges(aWitness(folder, undefined, wider), 30, other)).toMatchObject({
      kind: "superseded",
    });
  });

  it("stays with what it knows where the ledger does not go on from the accepted head either", async () => {
    const folder = emptyFolder();
    await meets(aWitness(folder), 20);
    const third = ledger(12);
    expect(await meets(aWitness(folder, undefined, accepting(20)), 30, third)).toMatchObject({
      known: 20,
      noteRefused: undefined,
    });
    // Shorter than what was accepted: put back once more.
    expect(await meets(aWitness(folder, undefined, accepting(20)), 17, other)).toMatchObject({
      known: 20,
    });
    expect(remembered(folder)).toEqual([20]);
  });

  it("goes over with every head that it had, also those of a process that has not heard of it", async () => {
    const folder = emptyFolder();
    const old = await aWitness(folder);
    await meets(old, 16);
    const crowd = await Promise.all([19, 20, 17, 18].map(() => aWitness(folder)));
    const asked = crowd.map((witness) => witness.asked());
    for (const [at, size] of [19, 20, 17, 18].entries()) {
      const witness = crowd[at] ?? old;
      await witness.judge(
        asked[at] ?? old.asked(),
        shownBy(real, size, asked[at]?.params.since ?? []),
      );
    }
    expect(remembered(folder)).toEqual([17, 18, 19, 20]);
    const note = accepting(20);
    for (const size of [30, 31, 32, 33]) {
      const { kind } = await judges(aWitness(folder, undefined, note), size, other);
      expect(kind).not.toBe("contradicted");
    }
    expect(remembered(folder)).toEqual([33]);
  });
});

describe("a note that is shown again", () => {
  it("gives up nothing that was seen after it, with the same ledger or a shorter one", async () => {
    const folder = emptyFolder();
    await meets(aWitness(folder), 20);
    const note = accepting(5_000);
    await judges(aWitness(folder, undefined, note), 30, other);
    await judges(aWitness(folder, undefined, note), 50, other);
    expect(await meets(aWitness(folder, undefined, note), 60, again)).toMatchObject({
      known: 50,
      noteRefused: "SUPERSEDE_OLDER",
    });
    const older = accepting(5_000, 6);
    expect(await meets(aWitness(folder, undefined, older), 60, again)).toMatchObject({
      noteRefused: "SUPERSEDE_OLDER",
    });
    expect(remembered(folder)).toEqual([50]);
  });

  it("works against nobody who was shown it while all was well", async () => {
    const folder = emptyFolder();
    const note = accepting(5_000);
    expect(await judges(aWitness(folder, undefined, note), 50, other)).toEqual({ kind: "goes-on" });
    expect(files(folder, ".superseded")).toHaveLength(1);
    expect(await meets(aWitness(folder, undefined, note), 60, again)).toMatchObject({ known: 50 });
  });
});

describe("a folder that takes no note", () => {
  it("leaves the memory as it was, and the seats are given all the same", async () => {
    const folder = emptyFolder();
    await meets(aWitness(folder), 20);
    writeFileSync(join(folder, "evidence"), "a file where the folder would be");
    const note = accepting(20);
    expect(await judges(aWitness(folder, undefined, note), 30, other)).toMatchObject({
      kind: "superseded",
      superseded: { evidence: [] },
    });
    expect(remembered(folder)).toEqual([20]);
  });
});
