import { SystemdError } from "./errors.ts";

/** The first of the sockets that systemd passes (sd_listen_fds(3)). */
const FIRST_FD = 3;

/** What a socket unit calls the one that clients connect to, where it passes several. */
const CLIENTS = "clients";

/**
 * The listening socket of a socket unit, for clients. It was open before this process began and stays
 * open when it ends: who connects in between waits, and is not refused.
 *
 * @param pid of this process: the variables of a parent are not for us.
 * @returns a file descriptor; undefined where nothing was passed.
 * @throws SystemdError SYSTEMD_SOCKETS when several were passed and none is called `clients`.
 */
export function passedSocket(
  env: Readonly<Record<string, string | undefined>>,
  pid: number,
): number | undefined {
  if (env["LISTEN_PID"] !== String(pid)) return undefined;
  const count = Number(env["LISTEN_FDS"]);
  if (!Number.isInteger(count) || count < 1) return undefined;
  if (count === 1) return FIRST_FD;
  const names = (env["LISTEN_FDNAMES"] ?? "").split(":");
  const index = names.indexOf(CLIENTS);
  if (index !== -1 && index < count) return FIRST_FD + index;
  throw new SystemdError(
    "SYSTEMD_SOCKETS",
    `systemd passes ${count} sockets: ${names.join(", ")}`,
    {
      hint: "write FileDescriptorName=clients in the socket unit that clients connect to, with one ListenStream=",
    },
  );
}
