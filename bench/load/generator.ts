// The load generator: a process of its own, told by its parent what to do.
import { Fleet } from "./fleet.ts";
import type { Done, Job } from "./jobs.ts";

const fleet = new Fleet();

process.on("message", (job: Job) => {
  void run(job);
});
process.on("disconnect", () => process.exit(0));

async function run(job: Job): Promise<void> {
  const before = process.cpuUsage();
  const begin = performance.now();
  try {
    const { count, seconds, latency, figures } = await fleet.run(job);
    const { user, system } = process.cpuUsage(before);
    const done: Done = {
      count,
      seconds,
      latency: latency.packed(),
      tally: fleet.tally.report(),
      generatorCpu: (user + system) / 1_000 / (performance.now() - begin),
      ...(job.kind === "held" ? { held: fleet.tally.held } : {}),
      ...(figures === undefined ? {} : { figures }),
    };
    process.send?.(done);
  } catch (error) {
    process.send?.({ failed: error instanceof Error ? (error.stack ?? error.message) : "failed" });
  }
}
