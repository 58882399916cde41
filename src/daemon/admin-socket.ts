import { chmodSync, lstatSync, unlinkSync } from "node:fs";
import type { Server } from "node:http";
import { connect } from "node:net";
import { utf8 } from "../base/bytes.ts";
import { messageOf, systemCode } from "../base/errors.ts";
import { DaemonError } from "./errors.ts";

/**
 * Binds `server` to a Unix socket that `mode` protects. A socket that a killed daemon left behind
 * is removed; one that answers is not touched, nor is anything that is not a socket.
 *
 * @throws DaemonError ADMIN_SOCKET_IN_USE, ADMIN_SOCKET_FAILED.
 */
export async function bindAdminSocket(
  server: Server,
  path: string,
  mode: 0o600 | 0o660,
): Promise<void> {
  checkSocketPath(path);
  await removeStale(path);
  await new Promise<void>((resolve, reject) => {
    const failed = (cause: Error): void => reject(failure(path, cause));
    server.once("error", failed);
    server.listen(path, () => {
      server.off("error", failed);
      // Until here the mode comes from the umask, and no umask in use lets others write,
      // which is what connecting takes.
      chmodSync(path, mode);
      resolve();
    });
  });
}

/** What `sun_path` holds on Linux, without the byte that ends it (unix(7)). */
const PATH_BYTES = 107;

/**
 * A longer path would be cut without a word, and the socket would appear under another name.
 * @throws DaemonError ADMIN_SOCKET_FAILED.
 */
export function checkSocketPath(path: string): void {
  const { length } = utf8(path);
  if (length <= PATH_BYTES) return;
  throw new DaemonError("ADMIN_SOCKET_FAILED", `the socket's path has ${length} bytes: ${path}`, {
    hint: `a path may have at most ${PATH_BYTES} bytes; set socket in the configuration`,
    facts: { path, length },
  });
}

async function removeStale(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw new DaemonError("ADMIN_SOCKET_FAILED", `${path} exists and is not a socket`, {
      hint: "move it away, or set socket in the configuration",
    });
  }
  if (await answers(path)) {
    throw new DaemonError("ADMIN_SOCKET_IN_USE", `another daemon answers on ${path}`, {
      hint: "stop it, or give this daemon a socket of its own in the configuration",
    });
  }
  try {
    unlinkSync(path);
  } catch (cause) {
    throw failure(path, cause);
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    // Refused: nobody listens. Anything else, such as a missing permission, may hide a live
    // daemon, so the socket stays and binding will say why it cannot be used.
    probe.once("error", (error) => resolve(systemCode(error) !== "ECONNREFUSED"));
  });
}

function failure(path: string, cause: unknown): DaemonError {
  return new DaemonError("ADMIN_SOCKET_FAILED", `cannot listen on ${path}: ${messageOf(cause)}`, {
    hint: "its folder must exist and belong to the service",
    cause,
  });
}
