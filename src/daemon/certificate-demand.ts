import { Socket } from "node:net";
import type { SecureContextOptions, TLSSocket, TlsOptions } from "node:tls";
import { systemCode } from "../base/errors.ts";
import { NO_RESUMPTION } from "../crypto/certificate.ts";

/**
 * What a workstation must show to be let in: a certificate that one of the site's authorities
 * signed for a client. It opens the door and says nothing of who comes: names in it are not read.
 */
export interface CertificateDemand {
  /** PEM, one certificate each. */
  readonly authorities: readonly string[];
  /** PEM, one list each; with any, each authority needs one, and one that has ended lets nobody in. */
  readonly revocations: readonly string[];
  /** Whether who shows none is refused. A wrong one always is. */
  readonly isRequired: boolean;
}

/** Why a certificate, or none, did not open the door. */
export const CERTIFICATE_REFUSALS = [
  "certificate-missing",
  /** No authority of the site signed it, or not for a client. */
  "certificate-unknown",
  /** Its time is over, or has not come. */
  "certificate-expired",
  "certificate-revoked",
  /** There is no list of its authority that is good now. */
  "revocation-list",
] as const;

export type CertificateRefusal = (typeof CERTIFICATE_REFUSALS)[number];

export const isCertificateRefusal = (reason: string): reason is CertificateRefusal =>
  CERTIFICATE_REFUSALS.some((known) => known === reason);

/** For a server, what follows a reload. */
export function demandContext(demand: CertificateDemand | undefined): SecureContextOptions {
  if (demand === undefined) return {};
  const { authorities, revocations } = demand;
  return {
    ca: [...authorities],
    ...(revocations.length === 0 ? {} : { crl: [...revocations] }),
    // A session that is resumed shows no certificate: one that has ended since would come in by it.
    secureOptions: NO_RESUMPTION,
  };
}

/** For a server, what stays as it was at the start. */
export function demandOptions(demand: CertificateDemand | undefined): TlsOptions {
  if (demand === undefined) return {};
  return { requestCert: true, rejectUnauthorized: demand.isRequired };
}

/** As `running` asks, with the files as they are now: whether it asks, and of whom, only a restart changes. */
export function followed(
  running: CertificateDemand | undefined,
  read: CertificateDemand | undefined,
): CertificateDemand | undefined {
  if (running === undefined || read === undefined) return running;
  return { ...read, isRequired: running.isRequired };
}

/** Of a handshake that failed; undefined when it failed for another reason. */
export function refusalInHandshake(
  error: Error,
  socket: TLSSocket,
): CertificateRefusal | undefined {
  if (systemCode(error) === "ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE") {
    return "certificate-missing";
  }
  return refusalBy(socket.authorizationError);
}

/** Of a handshake that came through where none must be shown: a wrong one is refused all the same. */
export function refusalAfterHandshake(socket: TLSSocket): CertificateRefusal | undefined {
  const shown = socket.getPeerX509Certificate();
  return shown === undefined || socket.authorized
    ? undefined
    : refusalBy(socket.authorizationError);
}

/** @param found by its type an `Error`; really the code, as a text, of what OpenSSL found, or null. */
function refusalBy(found: unknown): CertificateRefusal | undefined {
  if (typeof found !== "string") return undefined;
  return REFUSALS[found] ?? "certificate-unknown";
}

const REFUSALS: Readonly<Record<string, CertificateRefusal>> = {
  CERT_HAS_EXPIRED: "certificate-expired",
  CERT_NOT_YET_VALID: "certificate-expired",
  CERT_REVOKED: "certificate-revoked",
  CRL_HAS_EXPIRED: "revocation-list",
  CRL_NOT_YET_VALID: "revocation-list",
  CRL_SIGNATURE_FAILURE: "revocation-list",
  UNABLE_TO_GET_CRL: "revocation-list",
};

/**
 * Where a connection came from whose certificate was refused. By then the TLS socket has forgotten
 * it; the socket under it, which Node keeps without documenting it, has not.
 */
export function addressUnder(socket: TLSSocket): string | undefined {
  if (socket.remoteAddress !== undefined) return socket.remoteAddress;
  const under: unknown = Reflect.get(socket, "_parent");
  return under instanceof Socket ? under.remoteAddress : undefined;
}
