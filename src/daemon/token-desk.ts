import type { Log } from "../log/log.ts";
import { pseudonymOf } from "../privacy/pseudonym.ts";
import type { HolderQuery } from "../protocol/admin/seats.ts";
import type {
  AdminNewToken,
  AdminToken,
  AdminTokens,
  CreateTokenRequest,
} from "../protocol/admin/tokens.ts";
import type { Enrolment } from "../store/enrolment-rows.ts";
import type { Site } from "./site.ts";

// Names come in here and become pseudonyms in the same call. The text of a token leaves once, in the
// answer to who asked for it.

/** @throws DaemonError ADMIN_TOKENS_FULL; StoreError STORE_UNAVAILABLE. */
export function createToken(site: Site, log: Log, request: CreateTokenRequest): AdminNewToken {
  const { token, enrolment } = site.enrolments.create(
    { ...pseudonymsIn(site, request), role: request.role ?? null },
    request.validMs ?? null,
  );
  log.info("enrolment.created", { enrolment: enrolment.id, ...holderIn(enrolment) });
  return { token, ...told(site, enrolment) };
}

/** All there are, or those that bind somebody. */
export function listTokens(site: Site, query: HolderQuery = {}): AdminTokens {
  const { user, host } = pseudonymsIn(site, query);
  const found = site.enrolments.all.filter(
    (each) => (user === null || each.user === user) && (host === null || each.host === host),
  );
  return { tokens: found.map((each) => told(site, each)) };
}

/** @throws DaemonError ADMIN_TOKEN_UNKNOWN; StoreError STORE_UNAVAILABLE. */
export function revokeToken(site: Site, log: Log, id: string): AdminToken {
  const enrolment = site.enrolments.revoke(id);
  log.info("enrolment.revoked", { enrolment: id, ...holderIn(enrolment) });
  return told(site, enrolment);
}

function pseudonymsIn(
  { siteKey }: Site,
  { user, host }: HolderQuery,
): Pick<Enrolment, "user" | "host"> {
  const key = siteKey.pseudonymKey;
  return {
    user: user === undefined ? null : pseudonymOf(key, "user", user),
    host: host === undefined ? null : pseudonymOf(key, "host", host),
  };
}

const holderIn = ({ user, host }: Enrolment) => ({
  pseudonym: user ?? undefined,
  machine: host ?? undefined,
});

function told({ enrolments }: Site, enrolment: Enrolment): AdminToken {
  const { id, user, host, role, createdAt, expiresAt, revokedAt, lastUsedOn } = enrolment;
  const state = enrolments.stateOf(enrolment);
  return { id, user, host, role, state, createdAt, expiresAt, revokedAt, lastUsedOn };
}
