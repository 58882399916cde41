import { datagramSender } from "./datagram.ts";

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
  const send = datagramSender("SYSTEMD_NOTIFY", "systemd waits for word");
  return (assignments) => {
    const lines = Object.entries(assignments).map(([name, value]) => `${name}=${oneLine(value)}`);
    send(path, lines.join("\n"));
  };
}

/** A line feed would begin another assignment. */
const oneLine = (value: string): string => value.replaceAll(/\s+/g, " ");
