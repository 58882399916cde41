import { isIP } from "node:net";
import { SUBPROTOCOL } from "../protocol/wire-codes.ts";
import type { CertificateRefusal } from "./certificate-demand.ts";

/** What a WebSocket handshake says about itself. Absent headers are undefined. */
export interface Knock {
  readonly path: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly subprotocols: string | undefined;
}

export interface GateRules {
  /** Names under which this daemon may be addressed, lower case. IP addresses always may. */
  readonly names: ReadonlySet<string>;
  /** Browser origins that may connect, exactly as a browser writes them. */
  readonly origins: ReadonlySet<string>;
}

/** Undefined is the welcome; otherwise what to answer before hanging up. */
export interface Refusal {
  readonly status: 400 | 403 | 404 | 421 | 503;
  /** A word for counters and logs. */
  readonly reason:
    | "path"
    | "host"
    | "origin"
    | "subprotocol"
    | "full"
    | "address-full"
    | "network"
    | "too-fast"
    | "stopping"
    | CertificateRefusal;
  readonly text: string;
}

/**
 * A web page that the user merely visits must not reach the daemon: browsers always send Origin,
 * and after DNS rebinding the attacker's name stands in Host. `ws` itself accepts any of both,
 * and a client without a subprotocol.
 */
export function refusalOf(knock: Knock, rules: GateRules): Refusal | undefined {
  if (knock.path !== "/") return { status: 404, reason: "path", text: "connect to the path /" };
  if (!isOurName(knock.host, rules.names)) {
    return { status: 421, reason: "host", text: "this daemon is not known by that name" };
  }
  if (knock.origin !== undefined && !rules.origins.has(knock.origin)) {
    return { status: 403, reason: "origin", text: "browser origins are not allowed here" };
  }
  if (!offers(knock.subprotocols)) {
    return {
      status: 400,
      reason: "subprotocol",
      text: `the subprotocol ${SUBPROTOCOL} is required`,
    };
  }
  return undefined;
}

/** True for an IP address, or one of `names`, with or without a port. */
export function isOurName(host: string | undefined, names: ReadonlySet<string>): boolean {
  if (host === undefined) return false;
  const name = host
    .replace(/:\d{1,5}$/, "")
    .replace(/^\[(.*)\]$/, "$1")
    .toLowerCase();
  return isIP(name) !== 0 || names.has(name);
}

function offers(subprotocols: string | undefined): boolean {
  return (subprotocols ?? "").split(",").some((offered) => offered.trim() === SUBPROTOCOL);
}
