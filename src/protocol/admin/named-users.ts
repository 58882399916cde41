import { z } from "zod";
import type { RawIdentity } from "../../base/identity.ts";
import type { UnixMillis } from "../../base/time.ts";
import { denialSchema, type WireDenial } from "../denial.ts";
import {
  countField,
  labelField,
  momentField,
  productNameField,
  vendorNameField,
} from "../fields.ts";
import { wordField } from "./fields.ts";
import { type AdminRoute, bare, posted } from "./route.ts";

// Who may use the features that are for named users. What is kept of them are pseudonyms.

/** Users named in one request. */
export const NAMES_PER_REQUEST = 100;

/** The list of one feature that is for named users. */
export interface AdminNamedList {
  readonly vendor: string;
  readonly feature: string;
  /** Users whom the licenses allow on it. */
  readonly max: number;
  /** How many may still be taken off in this month of UTC. */
  readonly changesLeft: number;
  /** Those who came first in front. */
  readonly users: readonly AdminNamedUser[];
}

interface AdminNamedUser {
  /** A pseudonym. */
  readonly user: string;
  readonly since: UnixMillis;
  /** False beyond `max`, where a license has shrunk: then the user gets no seat. */
  readonly counts: boolean;
}

interface AdminNamedLists {
  readonly lists: readonly AdminNamedList[];
}

export interface EditNamedUsersRequest {
  readonly feature: string;
  /** Needed where several vendors sell the feature. */
  readonly vendor?: string;
  readonly change: "add" | "remove";
  /** As their clients name them. */
  readonly users: readonly RawIdentity[];
}

/** What became of each user, in the order of the request: those that are denied change nothing. */
export interface AdminNamedEdits {
  readonly vendor: string;
  readonly feature: string;
  readonly results: readonly {
    /** The pseudonym. */
    readonly user: string;
    readonly outcome: "changed" | "unchanged" | "denied";
    readonly denial: WireDenial | null;
  }[];
}

export interface AskNamedUserRequest {
  readonly feature: string;
  readonly vendor?: string;
  readonly user: RawIdentity;
}

export interface AdminNamedAnswer {
  readonly vendor: string;
  readonly feature: string;
  /** The pseudonym. */
  readonly user: string;
  /** Null for somebody who is not on the list. */
  readonly named: AdminNamedUser | null;
}

export interface NamedUserRoutes {
  readonly namedUsers: AdminRoute<undefined, AdminNamedLists>;
  /** Puts users on a list or takes them off. */
  readonly editNamedUsers: AdminRoute<EditNamedUsersRequest, AdminNamedEdits>;
  /** Whether somebody is on a list. */
  readonly askNamedUser: AdminRoute<AskNamedUserRequest, AdminNamedAnswer>;
}

const namedUser: z.ZodType<AdminNamedUser> = z.strictObject({
  user: wordField,
  since: momentField,
  counts: z.boolean(),
});

const lists: z.ZodType<AdminNamedLists> = z.strictObject({
  lists: z.array(
    z.strictObject({
      vendor: vendorNameField,
      feature: productNameField,
      max: countField,
      changesLeft: countField,
      users: z.array(namedUser),
    }),
  ),
});

const edit: z.ZodType<EditNamedUsersRequest> = z.strictObject({
  feature: productNameField,
  vendor: vendorNameField.exactOptional(),
  change: z.enum(["add", "remove"]),
  users: z.array(labelField).min(1).max(NAMES_PER_REQUEST),
});

const edits: z.ZodType<AdminNamedEdits> = z.strictObject({
  vendor: vendorNameField,
  feature: productNameField,
  results: z.array(
    z.strictObject({
      user: wordField,
      outcome: z.enum(["changed", "unchanged", "denied"]),
      denial: denialSchema.nullable(),
    }),
  ),
});

const ask: z.ZodType<AskNamedUserRequest> = z.strictObject({
  feature: productNameField,
  vendor: vendorNameField.exactOptional(),
  user: labelField,
});

const named: z.ZodType<AdminNamedAnswer> = z.strictObject({
  vendor: vendorNameField,
  feature: productNameField,
  user: wordField,
  named: namedUser.nullable(),
});

export const NAMED_USER_ROUTES: NamedUserRoutes = {
  namedUsers: { ...bare("GET", "/v1/named-users"), answer: lists },
  editNamedUsers: { ...posted("/v1/named-users", edit), answer: edits },
  askNamedUser: { ...posted("/v1/named-users/ask", ask), answer: named },
};
