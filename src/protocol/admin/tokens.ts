import { z } from "zod";
import { ADMIN_ROLES, type AdminRole } from "../../base/admin-role.ts";
import { HEX_16 } from "../../base/ids.ts";
import { days, type Millis, type UnixMillis } from "../../base/time.ts";
import { labelField, momentField, tokenField, tokenSpanField } from "../fields.ts";
import { wordField } from "./fields.ts";
import { type AdminRoute, bare, posted } from "./route.ts";
import { type HolderQuery, holderSchema } from "./seats.ts";

// Tokens that prove who clients are. What is kept of whom they bind are pseudonyms.

/** An enrolment token, without its text. */
export interface AdminToken {
  /** 32 hex digits. */
  readonly id: string;
  /** Pseudonyms of the labels it proves; null for one that it says nothing about. */
  readonly user: string | null;
  readonly host: string | null;
  /** What its owner may ask as an administrator; null for one that proves a client's labels. */
  readonly role: AdminRole | null;
  readonly state: "valid" | "revoked" | "expired";
  readonly createdAt: UnixMillis;
  /** The first moment at which it proves nothing any more; null for never. */
  readonly expiresAt: UnixMillis | null;
  readonly revokedAt: UnixMillis | null;
  /** The day of UTC on which it was last shown; null before the first. */
  readonly lastUsedOn: string | null;
}

export interface AdminTokens {
  /** The oldest first. */
  readonly tokens: readonly AdminToken[];
}

/** Whom a token shall bind: a user, a host, or the two together. */
export interface CreateTokenRequest extends HolderQuery {
  /** Left out: until it is revoked. */
  readonly validMs?: Millis;
  /** For an administrator: then it is for a user, and for a year at most. */
  readonly role?: AdminRole;
}

export interface AdminNewToken extends AdminToken {
  /** The secret itself. */
  readonly token: string;
}

interface RevokeTokenRequest {
  readonly id: string;
}

export interface TokenRoutes {
  readonly tokens: AdminRoute<undefined, AdminTokens>;
  /** The answer has the text of the token, this once. */
  readonly createToken: AdminRoute<CreateTokenRequest, AdminNewToken>;
  /** Tokens that bind somebody. */
  readonly findTokens: AdminRoute<HolderQuery, AdminTokens>;
  readonly revokeToken: AdminRoute<RevokeTokenRequest, AdminToken>;
}

/** An administrator comes back for another token once a year. */
export const LONGEST_ADMIN_MS: Millis = days(366);

const tokenIdField = z.string().regex(HEX_16);

const token = z.strictObject({
  id: tokenIdField,
  user: wordField.nullable(),
  host: wordField.nullable(),
  role: z.enum(ADMIN_ROLES).nullable(),
  state: z.enum(["valid", "revoked", "expired"]),
  createdAt: momentField,
  expiresAt: momentField.nullable(),
  revokedAt: momentField.nullable(),
  lastUsedOn: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}$/)
    .nullable(),
});

const tokens: z.ZodType<AdminTokens> = z.strictObject({ tokens: z.array(token) });

const create: z.ZodType<CreateTokenRequest> = z
  .strictObject({
    user: labelField.exactOptional(),
    host: labelField.exactOptional(),
    validMs: tokenSpanField.exactOptional(),
    role: z.enum(ADMIN_ROLES).exactOptional(),
  })
  .refine(({ user, host }) => user !== undefined || host !== undefined)
  .refine(({ user, host, validMs = Infinity, role }) => {
    if (role === undefined) return true;
    return user !== undefined && host === undefined && validMs <= LONGEST_ADMIN_MS;
  });

const revoke: z.ZodType<RevokeTokenRequest> = z.strictObject({ id: tokenIdField });

export const TOKEN_ROUTES: TokenRoutes = {
  tokens: { ...bare("GET", "/v1/tokens"), answer: tokens },
  createToken: { ...posted("/v1/tokens", create), answer: token.extend({ token: tokenField }) },
  findTokens: { ...posted("/v1/tokens/find", holderSchema), answer: tokens },
  revokeToken: { ...posted("/v1/tokens/revoke", revoke), answer: token },
};
