import { createRequire } from "node:module";
import { messageOf } from "../base/errors.ts";
import { SystemdError } from "./errors.ts";

/** Compiled from notify.c, and beside this file once it is built. */
interface NotifyAddon {
  /** Sends `state` to the socket at `path`. @returns an errno; 0 when it was sent. */
  notify(path: string, state: string): number;
}

/** Sends one message of sd_notify(3): assignments such as `READY=1`, one a line. */
export type Notify = (assignments: Readonly<Record<string, string>>) => void;

/**
 * The way to the service manager; undefined where there is none to speak to. What it does not take at
 * once is dropped: only the watchdog would miss it, and it is told again.
 *
 * @param path the value of `NOTIFY_SOCKET`.
 * @throws SystemdError SYSTEMD_NOTIFY when systemd waits for word and there is no way to send it.
 */
export function notifySocket(path: string | undefined): Notify | undefined {
  if (path === undefined || path === "") return undefined;
  const addon = loadAddon();
  return (assignments) => {
    const lines = Object.entries(assignments).map(([name, value]) => `${name}=${oneLine(value)}`);
    addon.notify(path, lines.join("\n"));
  };
}

function loadAddon(): NotifyAddon {
  try {
    const loaded: unknown = createRequire(import.meta.url)("./notify.node");
    if (isAddon(loaded)) return loaded;
    throw new TypeError("it has no function notify");
  } catch (cause) {
    throw new SystemdError(
      "SYSTEMD_NOTIFY",
      `systemd waits for word, and notify.node cannot be used: ${messageOf(cause)}`,
      { hint: "install the package, or build again where there is a C compiler", cause },
    );
  }
}

function isAddon(value: unknown): value is NotifyAddon {
  if (typeof value !== "object" || value === null || !("notify" in value)) return false;
  return typeof value.notify === "function";
}

/** A line feed would begin another assignment. */
const oneLine = (value: string): string => value.replaceAll(/\s+/g, " ");
