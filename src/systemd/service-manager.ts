import { type Millis, millis } from "../base/time.ts";
import { type Notify, notifySocket } from "./notify-socket.ts";
import { passedSocket } from "./passed-socket.ts";

/**
 * Whoever started this process as a service. Without one everything may be told, and nobody hears it.
 * Words and their order are those of sd_notify(3).
 */
export interface ServiceManager {
  /** The listening socket it passed for clients. */
  readonly socket: number | undefined;
  /** How often {@link alive} must be said, at least: half of the time after which the process is ended. */
  readonly beat: Millis | undefined;
  /** One line that `systemctl status` shows. */
  status(line: string): void;
  /** Clients can connect; or a reload is over. */
  ready(line: string): void;
  /** Rules and licenses are being read again. `mono` is CLOCK_MONOTONIC in nanoseconds. */
  reloading(mono: bigint): void;
  stopping(line: string): void;
  /** The event loop turns. */
  alive(line: string): void;
}

/**
 * @throws SystemdError SYSTEMD_NOTIFY, SYSTEMD_SOCKETS.
 */
export function serviceManager(
  env: Readonly<Record<string, string | undefined>>,
  pid: number,
): ServiceManager {
  const notify: Notify = notifySocket(env["NOTIFY_SOCKET"]) ?? (() => undefined);
  return {
    socket: passedSocket(env, pid),
    beat: watchdogBeat(env, pid),
    status: (line) => notify({ STATUS: line }),
    ready: (line) => notify({ READY: "1", STATUS: line }),
    // systemd 253 and later compare the moment with that of their own signal (Type=notify-reload).
    reloading: (mono) => notify({ RELOADING: "1", MONOTONIC_USEC: String(mono / 1_000n) }),
    stopping: (line) => notify({ STOPPING: "1", STATUS: line }),
    alive: (line) => notify({ WATCHDOG: "1", STATUS: line }),
  };
}

/** sd_watchdog_enabled(3): `WATCHDOG_PID` may name another process. */
function watchdogBeat(
  env: Readonly<Record<string, string | undefined>>,
  pid: number,
): Millis | undefined {
  const { WATCHDOG_PID: addressee = String(pid), WATCHDOG_USEC: span } = env;
  const micros = Number(span);
  if (addressee !== String(pid) || !Number.isSafeInteger(micros) || micros < 1) return undefined;
  return millis(Math.max(1, Math.floor(micros / 2_000)));
}
