import { readFileSync } from "node:fs";

/** What a process has used since it was first looked at. */
export interface ProcessUse {
  /** Of one core, 0 to the number of cores. */
  readonly cpu: number;
  /** MiB resident now, and at most so far. */
  readonly rss: number;
  readonly peakRss: number;
}

/** Clock ticks per second of `/proc`: fixed at 100 on Linux for user space. */
const TICKS = 100;

/** CPU and memory of one process, as Linux tells them. */
export class ProcessWatch {
  readonly #pid: number;
  #cpu: number;
  #since: number;

  constructor(pid: number) {
    this.#pid = pid;
    this.#cpu = cpuSeconds(pid);
    this.#since = performance.now();
  }

  /** From now on. */
  restart(): void {
    this.#cpu = cpuSeconds(this.#pid);
    this.#since = performance.now();
  }

  use(): ProcessUse {
    const seconds = (performance.now() - this.#since) / 1_000;
    const cpu = (cpuSeconds(this.#pid) - this.#cpu) / seconds;
    return { cpu, rss: memory(this.#pid, "VmRSS"), peakRss: memory(this.#pid, "VmHWM") };
  }
}

/** Seconds of CPU that a process and its threads have used. */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name in parentheses may hold anything; what follows is fields 3 and on.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

function memory(pid: number, field: "VmRSS" | "VmHWM"): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? Number.NaN) / 1_024;
}
