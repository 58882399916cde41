import type { Done, Job } from "./load/jobs.ts";
import type { LoadGenerator } from "./load/load-generator.ts";
import { Histogram, type Quantiles } from "./measure/histogram.ts";
import { median } from "./measure/median.ts";
import type { ProcessWatch } from "./measure/process-watch.ts";

/** A server under load, and the generator that presses it. */
export interface Contestant {
  readonly name: string;
  readonly server: { readonly url: string; readonly watch: ProcessWatch; stop(): Promise<void> };
  readonly generator: LoadGenerator;
  readonly job: (seconds: number) => Job;
  /** Done once all have been measured, before the generator goes. */
  readonly finish?: () => Promise<void>;
}

/** What one contestant did in all rounds. */
export interface Standing {
  readonly name: string;
  /** Per second: the median of the rounds. */
  readonly rate: number;
  readonly rounds: readonly number[];
  readonly latency: Quantiles;
  readonly histogram: Histogram;
  /** Of one core: the median of the rounds. */
  readonly serverCpu: number;
  readonly generatorCpu: number;
  readonly last: Done;
}

/**
 * Measures all contestants in turn, round after round, each round beginning with another one: what
 * the machine does beside it hits all of them, and ratios within a round stay fair.
 */
export async function contest(
  contestants: readonly Contestant[],
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
): Promise<readonly Standing[]> {
  const results = new Map<string, { done: Done[]; cpu: number[]; histogram: Histogram }>();
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < contestants.length; turn += 1) {
      const contestant = contestants[(round + turn) % contestants.length];
      if (contestant === undefined) continue;
      const { name, server, generator, job } = contestant;
      const kept = results.get(name) ?? { done: [], cpu: [], histogram: new Histogram() };
      results.set(name, kept);
      server.watch.restart();
      // oxlint-disable-next-line no-await-in-loop -- one at a time is the point
      const done = await generator.run(job(seconds));
      kept.cpu.push(server.watch.use().cpu);
      kept.done.push(done);
      kept.histogram.addAll(Histogram.of(done.latency));
    }
  }
  return [...results].map(([name, { done, cpu, histogram }]) => {
    const rates = done.map(({ count, seconds: measured }) => count / measured);
    const [last] = done.slice(-1);
    if (last === undefined) throw new TypeError("nothing was measured");
    return {
      name,
      rate: median(rates),
      rounds: rates,
      latency: histogram.quantiles(),
      histogram,
      serverCpu: median(cpu),
      generatorCpu: median(done.map(({ generatorCpu }) => generatorCpu)),
      last,
    };
  });
}

/** The median over the rounds of what `left` did for each one of `right`. */
export function ratio(left: Standing, right: Standing): number {
  return median(left.rounds.map((rate, round) => rate / (right.rounds[round] ?? Number.NaN)));
}

export async function closeAll(contestants: readonly Contestant[]): Promise<void> {
  for (const { server, generator, finish } of contestants) {
    // oxlint-disable-next-line no-await-in-loop -- in order, as they were made
    await finish?.();
    generator.stop();
    // oxlint-disable-next-line no-await-in-loop
    await server.stop();
  }
}
