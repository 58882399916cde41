import process from "node:process";
import type { Config } from "../../config/config.ts";
import { createLog, type Log } from "../../log/log.ts";
import { LogFile } from "../../log/log-file.ts";
import { readableLines } from "../../log/readable-lines.ts";
import { syslogMessage } from "../../log/syslog-lines.ts";
import { syslogSocket } from "../../systemd/syslog-socket.ts";

/** The daemon's log, where the configuration wants it. */
export interface KeptLog {
  readonly log: Log;
  /** Writes to the file of that name from now on, which is perhaps another one. */
  readonly reopen: () => void;
}

/** @throws LogError LOG_FILE; SystemdError SYSLOG_SOCKET. */
export function keptLog({ log: settings }: Config): KeptLog {
  const { level, format } = settings;
  if (settings.to === "syslog") {
    return { log: createLog({ level, destination: toSyslog(settings.socket) }), reopen: stay };
  }
  if (settings.to === "journal") {
    if (format === "json") return { log: createLog({ level }), reopen: stay };
    return { log: createLog({ level, destination: readableLines(toStandardError) }), reopen: stay };
  }
  const { file: path, maxBytes } = settings;
  const file = new LogFile({ path, maxBytes, otherwise: toStandardError });
  const destination =
    format === "json" ? file : readableLines((line: string): void => file.write(line));
  return { log: createLog({ level, destination }), reopen: () => file.reopen() };
}

/** There is no file. */
function stay(): void {
  // Nothing to open.
}

/** What the system log does not take goes to standard error, after a line that says so. */
function toSyslog(socket: string): { write(line: string): void } {
  const send = syslogSocket(socket);
  const complaints = createLog({ level: "warn" });
  let taken = true;
  return {
    write(line): void {
      const errno = send(syslogMessage(line, process.pid));
      if (errno !== 0 && taken) complaints.warn("log.unreachable", { socket, errno });
      taken = errno === 0;
      if (!taken) toStandardError(line);
    },
  };
}

function toStandardError(line: string): void {
  process.stderr.write(line);
}
