import { createRequire } from "node:module";
import { messageOf } from "../base/errors.ts";
import { SystemdError } from "./errors.ts";

/** Compiled from notify.c, and beside this file once it is built. */
interface DatagramAddon {
  /** Sends `text` to the socket at `path`, at once or not. @returns an errno; 0 when it was sent. */
  notify(path: string, text: string): number;
}

/** Sends one datagram to a socket of the Unix domain, which Node cannot. @returns as the addon. */
export type SendDatagram = (path: string, text: string) => number;

/**
 * @param why a clause: what the datagrams are needed for.
 * @throws SystemdError with `code` when there is no way to send one.
 */
export function datagramSender(code: SystemdError["code"], why: string): SendDatagram {
  const addon = loadAddon(code, why);
  return (path, text) => addon.notify(path, text);
}

function loadAddon(code: SystemdError["code"], why: string): DatagramAddon {
  try {
    const loaded: unknown = createRequire(import.meta.url)("./notify.node");
    if (isAddon(loaded)) return loaded;
    throw new TypeError("it has no function notify");
  } catch (cause) {
    throw new SystemdError(code, `${why}, and notify.node cannot be used: ${messageOf(cause)}`, {
      hint: "install the package, or build again where there is a C compiler",
      cause,
    });
  }
}

function isAddon(value: unknown): value is DatagramAddon {
  if (typeof value !== "object" || value === null || !("notify" in value)) return false;
  return typeof value.notify === "function";
}
