import { type DiskCall, type Fault, type FaultKind, makesSense, readTrace } from "./faulty-disk.ts";
import type { FaultySite } from "./faulty-site.ts";
import { Oracle } from "./oracle.ts";
import { WorkingDay } from "./working-day.ts";

/** A whole day and the look at what it left are over in seconds; on a busy machine in many. */
const LONGEST_DAY_MS = 120_000;

/** What one fault did. */
export interface Outcome {
  readonly fault: Fault;
  /** The call that failed; undefined when the day had fewer. */
  readonly hit: DiskCall | undefined;
  readonly lives: number;
  /** What was broken, with the law's number; empty when all was well. */
  readonly violations: readonly string[];
  /** What the daemons said, for whoever looks into it. */
  readonly said: string;
}

/**
 * The calls of a day on which nothing fails.
 * @param strictness a program with a mistake may break a law without any fault.
 */
export async function callsOfADay(
  template: FaultySite,
  strictness: "by the laws" | "whatever the oracle says" = "by the laws",
): Promise<readonly DiskCall[]> {
  const site = template.copied();
  try {
    const violations = await liveThrough(site, []);
    if (violations.length > 0 && strictness === "by the laws") {
      throw new Error(`without any fault: ${violations.join("; ")}\n${site.said.join("")}`);
    }
    return readTrace(site.tracePath(1));
  } finally {
    await site.remove();
  }
}

/** One day with one fault; after some, the next life is killed while it recovers. */
export async function suffer(site: FaultySite, fault: Fault): Promise<Outcome> {
  const again = killedInRecovery(fault);
  try {
    const violations = await liveThrough(site, again ? [fault, again] : [fault]);
    const hit = readTrace(site.tracePath(1)).find(({ fails }) => fails);
    return { fault, hit, lives: site.lives, violations, said: site.said.join("") };
  } finally {
    await site.remove();
  }
}

/** A whole day under the oracle's eyes. @returns what was broken. */
export async function liveThrough(
  site: FaultySite,
  faults: readonly Fault[],
): Promise<readonly string[]> {
  const day = new WorkingDay(site);
  const oracle = new Oracle(day);
  let timer: NodeJS.Timeout | undefined;
  const nightfall = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("the day does not end")), LONGEST_DAY_MS);
  });
  try {
    await Promise.race([wholeDay(site, day, oracle, faults), nightfall]);
  } catch (error) {
    return [...oracle.violations, `law 10: ${String(error)}`];
  } finally {
    clearTimeout(timer);
    await day.keeper?.close().catch(() => undefined);
  }
  return oracle.violations;
}

async function wholeDay(
  site: FaultySite,
  day: WorkingDay,
  oracle: Oracle,
  faults: readonly Fault[],
): Promise<void> {
  await site.open(faults);
  await day.morning();
  await day.afternoon();
  // A fault that nobody has felt yet may come while the daemon stops.
  if (site.lives === 1) {
    await site.stop();
    await site.open();
  }
  await oracle.askRunning();
  await site.stop();
  await oracle.readFiles();
}

/** All faults of these kinds that make sense, or every `step`th of them. */
export function faultsAt(
  calls: readonly DiskCall[],
  kinds: readonly FaultKind[],
  step = 1,
): readonly Fault[] {
  const ofKinds = kinds.map((kind) =>
    calls.filter((call) => makesSense(call, kind)).map(({ number }) => ({ at: number, kind })),
  );
  // The end of the day is always among them: nothing comes after it that would end the process.
  const ends = new Set(ofKinds.map((faults) => faults.at(-1)));
  const middle = Math.floor(step / 2);
  const all = ofKinds.flat();
  return mixed(all.filter((fault, index) => index % step === middle || ends.has(fault)));
}

/** Far ones beside each other: a campaign that ends early has seen some of everything. */
function mixed(faults: readonly Fault[]): readonly Fault[] {
  const turns = Array.from({ length: TURNS }, (_, turn) =>
    faults.filter((_fault, index) => index % TURNS === turn),
  );
  return turns.flat();
}

const TURNS = 16;

/** Runs days beside each other, until all faults have been suffered or the time is over. */
export async function campaign(
  template: FaultySite,
  faults: readonly Fault[],
  { atOnce, until, told }: CampaignBounds,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  const waiting = [...faults];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (Date.now() >= until) return;
      // oxlint-disable-next-line no-await-in-loop -- one day after the other
      const outcome = await suffer(template.copied(), next);
      outcomes.push(outcome);
      told?.(outcome);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return outcomes;
}

export interface CampaignBounds {
  /** Days beside each other. */
  readonly atOnce: number;
  /** A moment as of `Date.now`. */
  readonly until: number;
  readonly told?: (outcome: Outcome) => void;
}

/** Of the faults that end the process, every third is followed by a kill while the next life recovers. */
function killedInRecovery({ at, kind }: Fault): Fault | undefined {
  const ends = kind !== "error-lost" && kind !== "error-kept" && kind !== "full";
  return ends && at % 3 === 0 ? { at: 1 + (at % RECOVERY_CALLS), kind: "kill" } : undefined;
}

/** A daemon that starts makes about so many calls before it serves. */
const RECOVERY_CALLS = 17;

export function line({ fault, hit, lives, violations }: Outcome): string {
  const where = hit === undefined ? "not reached" : `${hit.name} ${hit.path}`;
  const result = violations.length === 0 ? "kept" : violations.join("; ");
  return `--point ${fault.at} --kind ${fault.kind} (${where}, ${lives} lives): ${result}`;
}
