import { connect as connectSocket, isIP, type Socket } from "node:net";
import { checkServerIdentity, connect as connectTls, type PeerCertificate } from "node:tls";
import { messageOf, systemCode } from "../base/errors.ts";
import { certificateFingerprint } from "../crypto/certificate.ts";
import { DaemonError } from "./errors.ts";

/** A daemon that is administered over the network. */
export interface RemoteAdmin {
  readonly host: string;
  readonly port: number;
  /** Goes to that daemon alone, once its certificate is the expected one. */
  readonly token: string;
  /** PEM: the certificate of the server itself, or of who signed it. Undefined trusts whom this computer trusts. */
  readonly ca: string | undefined;
}

/** A socket's path, or a daemon elsewhere. */
export type AdminTarget = string | RemoteAdmin;

/**
 * A connection on which a request can be sent.
 * @throws DaemonError ADMIN_UNREACHABLE.
 */
export function openAdminLink(target: AdminTarget): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = typeof target === "string" ? connectSocket(target) : remoteSocket(target);
    const failed = (cause: Error): void => reject(unreachable(target, cause));
    socket.once("error", failed);
    socket.once(typeof target === "string" ? "connect" : "secureConnect", () => {
      socket.off("error", failed);
      resolve(socket);
    });
  });
}

function remoteSocket({ host, port, ca }: RemoteAdmin): Socket {
  return connectTls({
    host,
    port,
    minVersion: "TLSv1.3",
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === undefined ? {} : { ca }),
    checkServerIdentity: (name, seen) =>
      ca !== undefined && isThe(seen, ca) ? undefined : checkServerIdentity(name, seen),
  });
}

/** The very certificate that was named is the server's under whatever name it is addressed. */
const isThe = ({ fingerprint256 }: PeerCertificate, pem: string): boolean =>
  fingerprint256.replaceAll(":", "").toLowerCase() === certificateFingerprint(pem);

function unreachable(target: AdminTarget, cause: Error): DaemonError {
  const where = typeof target === "string" ? target : `${target.host}:${target.port}`;
  return new DaemonError(
    "ADMIN_UNREACHABLE",
    `no daemon answers on ${where}: ${messageOf(cause)}`,
    {
      hint: hintFor(target, systemCode(cause) ?? ""),
      cause,
    },
  );
}

function hintFor(target: AdminTarget, code: string): string {
  if (typeof target !== "string") {
    return /^E[A-Z]+$/.test(code)
      ? "check the address, admin.port of that server, and the networks it lets in"
      : "name the server's certificate, or that of its authority, with --ca-file";
  }
  return code === "EACCES"
    ? "run the command as root or as a member of the group seatkeeper"
    : "start it with seatkeeper serve, or check socket in the configuration";
}
