import { z } from "zod";
import {
  type AdminAnswerOf,
  type AskNamedUserRequest,
  BLOCK_TYPE_WORDS,
  type EditNamedUsersRequest,
  type HolderQuery,
  NAMES_PER_REQUEST,
  type RevokeRequest,
  type WhyRequest,
} from "./admin.ts";
import { historySchema } from "./admin-history.ts";
import { type Decoded, decode, demand } from "./decode.ts";
import { denialSchema } from "./denial.ts";
import {
  chainIdField,
  clientKeyField,
  countField,
  instanceIdField,
  labelField,
  leaseIdField,
  messageField,
  momentField,
  positionField,
  productNameField,
  ruleIdField,
  seatCountField,
  spanField,
  vendorNameField,
  versionField,
} from "./fields.ts";

const wordField = z.string().min(1).max(128);
const dayField = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);

const problem = z.strictObject({
  code: wordField,
  message: messageField,
  hint: messageField.exactOptional(),
});

const waiter = z.strictObject({
  feature: productNameField,
  position: positionField,
  user: wordField,
  host: wordField,
  client: clientKeyField,
  instance: instanceIdField,
  count: seatCountField,
  priority: z.int(),
  waitedMs: spanField,
  expectedWaitMs: spanField.nullable(),
  connected: z.boolean(),
});

const keyIdField = z.string().regex(/^[0-9a-f]{16}$/);

const pendingBlock = z.strictObject({
  index: countField,
  segment: countField,
  indexInSegment: countField,
  type: z.enum(BLOCK_TYPE_WORDS),
  plaintext: z.string().regex(/^[\w-]+$/),
  readers: z
    .strictObject({ vendor: keyIdField, auditors: z.array(keyIdField).max(8) })
    .exactOptional(),
});

const vendor = z.strictObject({
  vendor: vendorNameField,
  chainId: chainIdField,
  licenses: countField,
  ledger: z.strictObject({ size: countField, acknowledged: countField, pending: countField }),
  features: z.array(
    z.strictObject({
      feature: productNameField,
      seats: countField,
      overdraftSeats: countField,
      used: countField,
      free: countField,
      borrowed: countField,
      queued: countField,
    }),
  ),
  queue: z.array(waiter),
  meters: z.array(
    z.strictObject({
      meter: productNameField,
      unit: wordField,
      period: wordField,
      quota: countField.nullable(),
      used: countField,
    }),
  ),
  expiries: z.array(
    z.strictObject({
      licenseId: wordField,
      names: z.array(productNameField),
      endsAt: momentField,
      graceUntil: momentField.nullable(),
    }),
  ),
  auditors: z.array(
    z.strictObject({
      keyId: keyIdField,
      state: z.enum(["reads", "next", "leaving", "not-allowed"]),
    }),
  ),
});

const seat = z.strictObject({
  lease: leaseIdField,
  vendor: vendorNameField,
  feature: productNameField,
  version: versionField,
  count: seatCountField,
  user: wordField,
  host: wordField,
  client: clientKeyField,
  instance: instanceIdField,
  grantedAt: momentField,
  expiresInMs: spanField,
  overdraft: z.boolean(),
  borrowedUntil: momentField.nullable(),
  connected: z.boolean(),
});

const usageRow = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("feature"),
    vendor: vendorNameField,
    day: dayField,
    // `*` stands for names that no license knows.
    feature: z.union([productNameField, z.literal("*")]),
    grants: countField,
    denials: countField,
    seatMillis: countField,
    named: countField,
    unnamed: countField,
  }),
  z.strictObject({
    kind: z.literal("meter"),
    vendor: vendorNameField,
    day: dayField,
    meter: productNameField,
    records: countField,
    units: countField,
    refunds: countField,
    refundedUnits: countField,
    netUnits: z.int(),
  }),
]);

const license = z.strictObject({
  vendor: vendorNameField,
  licenseId: wordField,
  site: z.string().max(1_024),
  issuedAt: momentField,
  problem: z.string().max(128),
  features: z.array(
    z.strictObject({
      feature: productNameField,
      seats: countField,
      startsAt: momentField.nullable(),
      endsAt: momentField.nullable(),
      graceUntil: momentField.nullable(),
      borrow: z.strictObject({ days: countField, seats: countField }).nullable(),
    }),
  ),
  meters: z.array(
    z.strictObject({
      meter: productNameField,
      unit: wordField,
      period: wordField,
      quota: countField.nullable(),
    }),
  ),
});

const namedUser = z.strictObject({ user: wordField, since: momentField, counts: z.boolean() });

const revoke = z.strictObject({ lease: leaseIdField });

const ANSWERS: { readonly [R in keyof AdminAnswerOf]: z.ZodType<AdminAnswerOf[R]> } = {
  status: z.strictObject({
    version: wordField,
    ready: z.boolean(),
    problems: z.array(problem),
    uptimeMs: countField,
    connections: countField,
    vendors: z.array(vendor),
  }),
  seats: z.strictObject({ seats: z.array(seat) }),
  findSeats: z.strictObject({
    user: wordField.nullable(),
    host: wordField.nullable(),
    seats: z.array(seat),
    queue: z.array(waiter),
  }),
  revoke,
  revokeHeld: z.strictObject({ leases: z.array(leaseIdField), kept: z.array(leaseIdField) }),
  usage: z.strictObject({ rows: z.array(usageRow) }),
  usageHistory: historySchema,
  checkpoint: z.strictObject({
    sealed: z.array(
      z.strictObject({ vendor: vendorNameField, size: countField, events: countField }),
    ),
  }),
  previewExport: z.strictObject({
    vendor: vendorNameField,
    chainId: chainIdField,
    fromIndex: countField,
    size: countField,
    pending: z.array(pendingBlock),
  }),
  licenses: z.strictObject({ licenses: z.array(license) }),
  installLicense: license,
  importReceipt: z.strictObject({
    vendor: vendorNameField,
    receiptNo: countField,
    acknowledged: countField,
  }),
  releaseBorrowed: z.strictObject({
    vendor: vendorNameField,
    lease: leaseIdField,
    feature: productNameField,
    count: seatCountField,
  }),
  reload: z.strictObject({
    rules: countField,
    groups: countField,
    licenses: z.array(
      z.strictObject({
        vendor: vendorNameField,
        licenseId: wordField,
        change: z.enum(["added", "removed"]),
      }),
    ),
    needsRestart: z.array(wordField),
    findings: z.array(
      z.strictObject({
        severity: z.enum(["error", "contradiction", "remark"]),
        ruleId: ruleIdField.nullable(),
        text: messageField,
      }),
    ),
  }),
  why: z.strictObject({
    vendor: vendorNameField,
    feature: productNameField,
    user: wordField,
    host: wordField,
    groups: z.array(wordField),
    outcome: z.enum(["granted", "denied"]),
    overdraft: z.boolean(),
    denial: denialSchema.nullable(),
    reasons: z.array(denialSchema),
  }),
  namedUsers: z.strictObject({
    lists: z.array(
      z.strictObject({
        vendor: vendorNameField,
        feature: productNameField,
        max: countField,
        changesLeft: countField,
        users: z.array(namedUser),
      }),
    ),
  }),
  editNamedUsers: z.strictObject({
    vendor: vendorNameField,
    feature: productNameField,
    results: z.array(
      z.strictObject({
        user: wordField,
        outcome: z.enum(["changed", "unchanged", "denied"]),
        denial: denialSchema.nullable(),
      }),
    ),
  }),
  askNamedUser: z.strictObject({
    vendor: vendorNameField,
    feature: productNameField,
    user: wordField,
    named: namedUser.nullable(),
  }),
  error: z.strictObject({ error: problem }),
};

/** The body of `POST /v1/seats/revoke`, as the daemon reads it. */
export const decodeRevoke = (body: unknown): Decoded<RevokeRequest> => decode(revoke, body, "body");

const holder: z.ZodType<HolderQuery> = z
  .strictObject({ user: labelField.exactOptional(), host: labelField.exactOptional() })
  .refine(({ user, host }) => user !== undefined || host !== undefined);

/** The body of `POST /v1/seats/find` and `/v1/seats/revoke-held`; its labels leave here under their brand. */
export const decodeHolder = (body: unknown): Decoded<HolderQuery> => decode(holder, body, "body");

const why: z.ZodType<WhyRequest> = z.strictObject({
  feature: productNameField,
  user: labelField,
  host: labelField,
  address: z
    .string()
    .regex(/^[0-9A-Fa-f.:]{2,45}(?:%\w+)?$/)
    .exactOptional(),
  vendor: vendorNameField.exactOptional(),
  version: versionField.default("0"),
  versionDate: momentField.exactOptional(),
  count: seatCountField.default(1),
});

/** The body of `POST /v1/why`; its labels leave here under their brand. */
export const decodeWhy = (body: unknown): Decoded<WhyRequest> => decode(why, body, "body");

const editNamedUsers: z.ZodType<EditNamedUsersRequest> = z.strictObject({
  feature: productNameField,
  vendor: vendorNameField.exactOptional(),
  change: z.enum(["add", "remove"]),
  users: z.array(labelField).min(1).max(NAMES_PER_REQUEST),
});

/** The body of `POST /v1/named-users`; its names leave here under their brand. */
export const decodeEditNamedUsers = (body: unknown): Decoded<EditNamedUsersRequest> =>
  decode(editNamedUsers, body, "body");

const askNamedUser: z.ZodType<AskNamedUserRequest> = z.strictObject({
  feature: productNameField,
  vendor: vendorNameField.exactOptional(),
  user: labelField,
});

/** The body of `POST /v1/named-users/ask`; its name leaves here under its brand. */
export const decodeAskNamedUser = (body: unknown): Decoded<AskNamedUserRequest> =>
  decode(askNamedUser, body, "body");

/** What a route answered, as a command reads it. @throws ProtocolError WIRE_FIELD. */
export function decodeAdminAnswer<R extends keyof AdminAnswerOf>(
  route: R,
  body: unknown,
): AdminAnswerOf[R] {
  return demand(ANSWERS[route], body, route, {
    hint: "the daemon and this command may be of different releases; restart the daemon",
  });
}
