import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { CodedError } from "../../src/base/errors.ts";
import { Coverage } from "./coverage.ts";
import { Dice } from "./dice.ts";
import { mutated } from "./mutation.ts";

/** One reader of files from elsewhere. */
export interface Target {
  readonly name: string;
  /** Honest files. */
  readonly seeds: readonly Uint8Array[];
  /** Reads one. Refuses with a coded error; whatever else it throws is a defect. */
  read(input: Uint8Array): void;
}

export interface Fuzzed {
  readonly runs: number;
  readonly accepted: number;
  readonly parts: number;
  readonly slowest: number;
}

/** Longest that a file of some kilobytes may take: time of the processor, so that a busy machine is no defect. */
const PATIENCE_MS = 2_000;
/** Inputs between two looks at the coverage. */
const BATCH = 32;
const CORPUS = new URL("corpus/", import.meta.url).pathname;
/** Files kept of one target: the corpus is for repetition, not for storage. */
const KEPT = 12;

/** Inputs of earlier runs that are worth repeating. */
export function corpusOf(name: string): readonly Uint8Array[] {
  const folder = `${CORPUS}${name}/`;
  try {
    return readdirSync(folder)
      .toSorted()
      .map((file) => new Uint8Array(readFileSync(folder + file)));
  } catch {
    return [];
  }
}

/**
 * Feeds a reader with changed files for `seconds`, and goes on from those that reached code no input
 * had reached. The same seed gives the same inputs as long as the machine keeps its pace.
 * @throws with the input in hex when the reader breaks its promise.
 */
export function fuzz(target: Target, seconds: number, seed: number): Fuzzed {
  const dice = new Dice(seed);
  const coverage = new Coverage();
  const start = [...target.seeds, ...corpusOf(target.name)];
  const pool = [...start];
  const seen = new Set<string>();
  let [runs, accepted, slowest] = [0, 0, 0];
  const run = (input: Uint8Array): void => {
    const { isAccepted, millis } = tried(target, input);
    runs += 1;
    accepted += isAccepted ? 1 : 0;
    slowest = Math.max(slowest, millis);
  };
  try {
    for (const input of start) run(input);
    for (const part of coverage.look()) seen.add(part);
    const end = performance.now() + seconds * 1_000;
    while (performance.now() < end) {
      const batch = Array.from({ length: BATCH }, () => mutated(dice.pick(pool), pool, dice));
      for (const input of batch) run(input);
      const fresh = new Set([...coverage.look()].filter((part) => !seen.has(part)));
      for (const part of fresh) seen.add(part);
      pool.push(...thatReach(target, batch, fresh, coverage));
    }
    keep(target.name, pool.slice(start.length));
    return { runs, accepted, parts: seen.size, slowest: Math.round(slowest) };
  } finally {
    coverage.close();
  }
}

/** The first inputs of a batch that reach each of the new parts. */
function thatReach(
  target: Target,
  batch: readonly Uint8Array[],
  fresh: ReadonlySet<string>,
  coverage: Coverage,
): readonly Uint8Array[] {
  const open = new Set(fresh);
  return batch.filter((input) => {
    if (open.size === 0 || input.length > 4_096) return false;
    coverage.look();
    tried(target, input);
    const before = open.size;
    for (const part of coverage.look()) open.delete(part);
    return open.size < before;
  });
}

/** Reads one input and holds the reader to its promise. */
export function tried(
  target: Target,
  input: Uint8Array,
): { readonly isAccepted: boolean; readonly millis: number } {
  const begin = process.cpuUsage();
  let isAccepted = true;
  try {
    target.read(input);
  } catch (error) {
    if (!(error instanceof CodedError)) throw broken(target, input, error);
    isAccepted = false;
  }
  const { user, system } = process.cpuUsage(begin);
  const millis = (user + system) / 1_000;
  if (millis > PATIENCE_MS) throw broken(target, input, new Error(`took ${millis} ms`));
  return { isAccepted, millis };
}

function broken(target: Target, input: Uint8Array, cause: unknown): Error {
  const hex = Buffer.from(input).toString("hex");
  return new Error(`${target.name} breaks its promise on ${hex}`, { cause });
}

/** With FUZZ_KEEP=1 the corpus grows by what was found, up to its limit. */
function keep(name: string, found: readonly Uint8Array[]): void {
  if (process.env["FUZZ_KEEP"] !== "1") return;
  const folder = `${CORPUS}${name}/`;
  mkdirSync(folder, { recursive: true });
  const room = KEPT - readdirSync(folder).length;
  const smallest = found.toSorted((left, right) => left.length - right.length);
  for (const input of smallest.slice(0, Math.max(0, room))) {
    const hash = createHash("sha256").update(input).digest("hex").slice(0, 12);
    writeFileSync(`${folder}${hash}`, input);
  }
}
