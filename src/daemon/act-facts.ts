import type { RawIdentity } from "../base/identity.ts";
import { type IdentityKind, pseudonymOf } from "../privacy/pseudonym.ts";
import type { HolderQuery } from "../protocol/admin/seats.ts";
import type {
  AdminAnswerOf,
  AdminAskedOf,
  AdminRouteName,
  AnsweredRouteName,
} from "../protocol/admin.ts";
import type { TrailFacts } from "../trail/record.ts";

// What the audit trail says of each act: ids, pseudonyms and numbers.

/** Makes a pseudonym of a name in a request. */
type Name = (kind: IdentityKind, name: RawIdentity) => string;

const ASKED: {
  readonly [R in AdminRouteName]?: (asked: AdminAskedOf[R], name: Name) => TrailFacts;
} = {
  revoke: ({ lease }) => ({ lease }),
  revokeHeld: holder,
  exportUsage: ({ vendor }) => (vendor === undefined ? {} : { vendor }),
  editNamedUsers: ({ feature, change, users }) => ({ feature, change, users: users.length }),
  createToken: ({ role, ...whose }, name) => ({
    ...holder(whose, name),
    ...(role === undefined ? {} : { role }),
  }),
  revokeToken: ({ id }) => ({ token: id }),
};

const ANSWERED: { readonly [R in AnsweredRouteName]?: (answer: AdminAnswerOf[R]) => TrailFacts } = {
  revokeHeld: ({ leases, kept }) => ({ leases: leases.length, kept: kept.length }),
  releaseBorrowed: ({ vendor, lease }) => ({ vendor, lease }),
  checkpoint: ({ sealed }) => ({ ledgers: sealed.length }),
  importReceipt: ({ vendor, receiptNo }) => ({ vendor, receipt: receiptNo }),
  installLicense: ({ vendor, licenseId }) => ({ vendor, license: licenseId }),
  reload: ({ rules, groups, licenses }) => ({ rules, groups, licenses: licenses.length }),
  editNamedUsers: ({ vendor, results }) => ({
    vendor,
    changed: results.filter(({ outcome }) => outcome === "changed").length,
  }),
  createToken: ({ id }) => ({ token: id }),
};

/** What is known when an act begins. */
export const askedFacts = <R extends AdminRouteName>(
  route: R,
  asked: AdminAskedOf[R],
  key: Uint8Array,
): TrailFacts => ASKED[route]?.(asked, (kind, name) => pseudonymOf(key, kind, name)) ?? {};

/** What came of it. */
export const answerFacts = <R extends AnsweredRouteName>(
  route: R,
  answer: AdminAnswerOf[R],
): TrailFacts => ANSWERED[route]?.(answer) ?? {};

function holder({ user, host }: HolderQuery, name: Name): TrailFacts {
  return {
    ...(user === undefined ? {} : { user: name("user", user) }),
    ...(host === undefined ? {} : { host: name("host", host) }),
  };
}
