import process from "node:process";
import { CliError } from "../shared/errors.ts";

const STOPPING: readonly NodeJS.Signals[] = ["SIGTERM", "SIGINT", "SIGHUP"];

/** An abort signal that SIGTERM, SIGINT or SIGHUP raises. */
export interface StopSignal {
  readonly signal: AbortSignal;
  /** From now on the signals have their own meaning again. */
  readonly disarm: () => void;
}

export function stopSignal(): StopSignal {
  const controller = new AbortController();
  const stop = (signal: NodeJS.Signals): void => {
    controller.abort(new CliError("INTERRUPTED", `ended by ${signal}`, { facts: { signal } }));
  };
  for (const signal of STOPPING) process.once(signal, stop);
  return {
    signal: controller.signal,
    disarm: () => {
      for (const signal of STOPPING) process.off(signal, stop);
    },
  };
}
