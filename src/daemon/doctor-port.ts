import { createServer } from "node:http";
import { connect } from "node:net";
import { messageOf } from "../base/errors.ts";
import { type Finding, ok, problem } from "./doctor-finding.ts";
import { listen } from "./listen.ts";

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Whether somebody can connect to the running daemon, from this machine. */
export async function reachFinding({ host, port }: Address): Promise<Finding> {
  const reason = await refusal(host === "0.0.0.0" || host === "::" ? "localhost" : host, port);
  if (reason === undefined) return ok("port", `${host}:${port} can be reached from this machine`);
  const remedy =
    "look at listen in the configuration, access.networks, and the firewall of this machine";
  return problem("port", `${host}:${port} cannot be reached: ${reason}`, remedy);
}

/** Whether the daemon could listen, while it does not run. */
export async function freeFinding({ host, port }: Address): Promise<Finding> {
  const server = createServer();
  try {
    await listen(server, { host, port });
    return ok("port", `${host}:${port} is free for the daemon`);
  } catch (error) {
    const remedy = "unless it is seatkeeper.socket: stop the other program, or change listen.port";
    return problem("port", messageOf(error), remedy);
  } finally {
    server.close();
  }
}

/** Who may not connect is cut off at once; a busy daemon needs a moment for it. */
const CUT_OFF_WITHIN = 300;

/** Undefined where the connection stands. */
function refusal(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (reason: string | undefined): void => {
      socket.destroy();
      resolve(reason);
    };
    // The kernel connects before the daemon looks: who is still connected a moment later may be there.
    socket.once("connect", () => socket.setTimeout(CUT_OFF_WITHIN, () => end(undefined)));
    socket.once("error", (error) => end(messageOf(error)));
    socket.once("close", () => end("it cuts this machine off"));
  });
}
