import { datagramSender } from "./datagram.ts";

/**
 * The way to the system log, whose socket takes datagrams and no stream. Never waits.
 *
 * @returns what sends a message and tells an errno; 0 when it was taken.
 * @throws SystemdError SYSLOG_SOCKET when there is no way to send one.
 */
export function syslogSocket(path: string): (message: string) => number {
  const send = datagramSender("SYSLOG_SOCKET", "the log is to go to the system log");
  return (message) => send(path, message);
}
