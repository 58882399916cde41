/** The facility `daemon` (RFC 5424, section 6.2.1), times eight. */
const DAEMON = 24;
const SEVERITIES: Readonly<Record<string, number>> = { error: 3, warn: 4, info: 6, debug: 7 };

/** Bytes; what is longer, the socket would cut where it likes. */
const LONGEST = 8_000;

/**
 * The log's JSON lines as messages of RFC 5424: the event as MSGID, the line itself as the message. The
 * host stays unnamed (`-`): the system log knows where it runs.
 */
export function syslogMessage(line: string, pid: number): string {
  const parsed: unknown = JSON.parse(line);
  const fields = typeof parsed === "object" ? parsed : {};
  const { time, level, event } = { time: "-", level: "info", event: "-", ...fields };
  const priority = DAEMON + (SEVERITIES[level] ?? 6);
  const header = `<${priority}>1 ${time} - seatkeeper ${pid} ${messageId(event)} -`;
  return `${header} ${cut(line.trimEnd())}`;
}

/** Printable, without blanks, and of 32 bytes at most (RFC 5424, section 6). */
function messageId(event: string): string {
  const bare = event.replaceAll(/[^!-~]/g, "").slice(0, 32);
  return bare === "" ? "-" : bare;
}

function cut(line: string): string {
  const bytes = Buffer.from(line);
  return bytes.length <= LONGEST ? line : `${bytes.subarray(0, LONGEST).toString()}…`;
}
