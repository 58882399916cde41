import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { callsOfADay, type Outcome, suffer } from "./campaign.ts";
import type { FaultKind } from "./faulty-disk.ts";
import { FaultySite, type Machine } from "./faulty-site.ts";
import mutants from "./mutants.json" with { type: "json" };
import { programCopy } from "./program-copy.ts";

interface Change {
  readonly from: string;
  readonly to: string;
}

/** A deliberate mistake in the order of a commit, and where a fault shows it. */
export interface Mutant extends Change {
  readonly mistake: string;
  /** Within `dist`. */
  readonly file: string;
  readonly also?: Change;
  readonly kind: FaultKind;
  /** Matches name and path of the calls that are tried, in their order. */
  readonly at: string;
}

export const MUTANTS: readonly Mutant[] = mutants as readonly Mutant[];

/** Faults that are tried before a mistake counts as not found. */
const MOST_TRIES = 12;

/** The first outcome with a violation; undefined when all faults were survived. */
export async function foundOut(machine: Machine, mutant: Mutant): Promise<Outcome | undefined> {
  const folder = mkdtempSync(join(tmpdir(), "seatkeeper-mutant-"));
  try {
    const mistaken = { ...machine, dist: mutated(machine.dist, folder, mutant) };
    const template = await FaultySite.licensed(mistaken);
    try {
      return await firstViolation(template, mutant);
    } finally {
      await template.remove();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function firstViolation(template: FaultySite, mutant: Mutant): Promise<Outcome | undefined> {
  const { kind, at } = mutant;
  const where = new RegExp(at);
  const calls = await callsOfADay(template, "whatever the oracle says");
  const wanted = calls.filter(({ name, path }) => where.test(`${name} ${path}`));
  const step = Math.max(1, Math.floor(wanted.length / MOST_TRIES));
  for (const { number } of wanted.filter((_, index) => index % step === 0)) {
    // oxlint-disable-next-line no-await-in-loop -- the first is enough
    const outcome = await suffer(template.copied(), { at: number, kind });
    if (outcome.violations.length > 0) return outcome;
  }
  return undefined;
}

/** The program with a mistake, in a folder of its own. */
function mutated(dist: string, folder: string, { file, also, ...first }: Mutant): string {
  const copy = programCopy(dist, folder);
  const path = join(copy, file);
  let text = readFileSync(path, "utf8");
  for (const { from, to } of also === undefined ? [first] : [first, also]) {
    if (!text.includes(from)) throw new Error(`${file} has changed: nothing reads ${from}`);
    text = text.replace(from, () => to);
  }
  writeFileSync(path, text);
  return copy;
}
