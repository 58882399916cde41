import { CodedError } from "../base/errors.ts";

export const SYSTEMD_CODES = ["SYSTEMD_NOTIFY", "SYSTEMD_SOCKETS", "SYSLOG_SOCKET"] as const;

/** What the service manager, or the system log, asks for and this program cannot give. */
export class SystemdError extends CodedError<(typeof SYSTEMD_CODES)[number]> {}
