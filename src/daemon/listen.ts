import type { Server } from "node:http";
import type { ListenOptions } from "node:net";
import { messageOf, systemCode } from "../base/errors.ts";
import { DaemonError } from "./errors.ts";

/** Resolves when `server` accepts connections. @throws DaemonError PORT_IN_USE, LISTEN_FAILED. */
export async function listen(server: Server, where: ListenOptions): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const failed = (error: Error): void => reject(explained(error, where));
    server.once("error", failed);
    server.listen(where, () => {
      server.off("error", failed);
      resolve();
    });
  });
}

function explained(cause: Error, { host, port }: ListenOptions): DaemonError {
  const address = `${host ?? ""}:${port ?? 0}`;
  if (systemCode(cause) === "EADDRINUSE") {
    return new DaemonError("PORT_IN_USE", `another program listens on ${address}`, {
      hint: "stop it, or set listen.port in the configuration",
      cause,
    });
  }
  return new DaemonError("LISTEN_FAILED", `cannot listen on ${address}: ${messageOf(cause)}`, {
    hint: "check listen.host and listen.port in the configuration",
    cause,
  });
}
