import type { IncomingMessage } from "node:http";
import { type AdminRole, mayAct } from "../base/admin-role.ts";
import { readWho, WHO_HEADER } from "../protocol/admin/who.ts";
import type { Actor } from "../trail/record.ts";
import type { Enrolments } from "./enrolments.ts";
import { DaemonError } from "./errors.ts";
import type { SecurityWatch } from "./security-watch.ts";
import type { Site } from "./site.ts";
import { type GateRules, isOurName } from "./upgrade-gate.ts";

/** Who asks, as far as their door can tell. */
export interface AdminVisitor {
  readonly by: Actor;
  readonly role: AdminRole;
  /** False once they may not stay: asked of answers that go on. */
  readonly isStill: () => boolean;
}

/**
 * Lets somebody in, by what they bring. Nothing of their request is read before.
 * @throws DaemonError ADMIN_TOKEN_REFUSED, ADMIN_DOOR.
 */
export type AdminDoor = (request: IncomingMessage) => AdminVisitor;

/** Who can open the socket may do everything; whom they name is noted. */
export const socketDoor =
  (site: Pick<Site, "userName">): AdminDoor =>
  ({ headers }) => {
    const who = readWho(headers[WHO_HEADER]);
    const named = who === undefined ? null : site.userName(who);
    const role = "administrator";
    return { by: { role, via: "socket", who: named }, role, isStill: () => true };
  };

interface TokenDoorParts {
  readonly enrolments: Pick<Enrolments, "administrator">;
  readonly rules: GateRules;
  readonly security: Pick<SecurityWatch, "saw">;
  readonly site: Pick<Site, "addressName">;
}

/** Over the network: a token for each person. Browsers are kept out as they are from clients' port. */
export function tokenDoor({ enrolments, rules, security, site }: TokenDoorParts): AdminDoor {
  return (request) => {
    const judged = judgedBy(request, rules, enrolments);
    if (judged.kind === "visitor") return judged.visitor;
    const who = (): string | null => site.addressName(request.socket.remoteAddress);
    security.saw({ act: "admin.refused", reason: judged.reason, who });
    throw judged.error;
  };
}

type Judged =
  | { readonly kind: "visitor"; readonly visitor: AdminVisitor }
  | { readonly kind: "refused"; readonly reason: string; readonly error: DaemonError };

function judgedBy(
  { headers }: IncomingMessage,
  rules: GateRules,
  enrolments: TokenDoorParts["enrolments"],
): Judged {
  if (headers.origin !== undefined) {
    return refused("origin", strange("browser origins are not allowed here"));
  }
  if (!isOurName(headers.host, rules.names)) {
    return refused("host", strange("this daemon is not known by that name"));
  }
  const token = /^Bearer ([\w-]{1,128})$/.exec(headers.authorization ?? "")?.[1];
  if (token === undefined) return refused("no-token", tokenRefused("needs a token"));
  const judged = enrolments.administrator(token);
  if (judged.kind === "refused") {
    return refused(judged.why, tokenRefused(`does not take this token: it is ${judged.why}`));
  }
  const { role, who, isStill } = judged;
  return { kind: "visitor", visitor: { by: { role, via: "tls", who }, role, isStill } };
}

const refused = (reason: string, error: DaemonError): Judged => ({
  kind: "refused",
  reason,
  error,
});

/** @throws DaemonError ADMIN_ROLE. */
export function refuseAbove({ role }: AdminVisitor, least: AdminRole): void {
  if (mayAct(role, least)) return;
  throw new DaemonError("ADMIN_ROLE", `the token's role is ${role}, and this takes ${least}`, {
    hint: "ask somebody who has that role, or an administrator for another token",
    facts: { role, least },
  });
}

const strange = (message: string): DaemonError =>
  new DaemonError("ADMIN_DOOR", message, {
    hint: "use the server's IP address or a name in listen.names, and the command seatkeeper",
  });

const tokenRefused = (what: string): DaemonError =>
  new DaemonError("ADMIN_TOKEN_REFUSED", `the daemon ${what}`, {
    hint: "name a file with a token of this server by --token-file; seatkeeper tokens create --role makes one",
  });
