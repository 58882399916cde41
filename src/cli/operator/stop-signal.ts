import process from "node:process";
import { CliError } from "../shared/errors.ts";

const STOPPING: readonly NodeJS.Signals[] = ["SIGTERM", "SIGINT", "SIGHUP"];

/**
 * An abort signal that SIGTERM, SIGINT or SIGHUP raises, each once: the second one ends the process
 * as ever, unless somebody else listens by then. It is never taken back, so that there is no moment
 * between two listeners in which a signal would end the process and leave its command behind.
 */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = (signal: NodeJS.Signals): void => {
    controller.abort(new CliError("INTERRUPTED", `ended by ${signal}`, { facts: { signal } }));
  };
  for (const signal of STOPPING) process.once(signal, stop);
  return controller.signal;
}
