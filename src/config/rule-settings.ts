import { z } from "zod";
import { days } from "../base/time.ts";
import { GROUP_NAME, type Group, type Groups } from "../rules/group.ts";
import { type Network, readNetwork } from "../rules/network.ts";
import type { WrittenRule } from "../rules/written-rule.ts";
import { count, duration } from "./fields.ts";

// `groups:` and `rules:` of the file.

/** Logins and host names, or patterns for them. */
const name = z.string().trim().min(1).max(256);

/** `10.1.0.0/16`, `2001:db8::/32` or one address. */
export const network: z.ZodType<Network> = z.string().transform((written, context): Network => {
  const read = readNetwork(written.trim());
  if (read.kind === "network") return read.network;
  context.addIssue({ code: "custom", message: read.reason });
  return z.NEVER;
});

const groupShape = {
  users: z.array(name).max(10_000).default([]),
  hosts: z.array(name).max(10_000).default([]),
  networks: z.array(network).max(10_000).default([]),
  ignore_case: z.boolean().default(false),
};

const settingsOfGroup = z
  .strictObject(groupShape)
  .transform(({ ignore_case: ignoreCase, ...lists }) => ({ ...lists, ignoreCase }));

const group: z.ZodType<Group> = z.preprocess((value) => value ?? {}, settingsOfGroup);

export const groups: z.ZodType<Groups> = z.preprocess(
  (value) => value ?? {},
  z.record(z.string(), group).superRefine((value, context) => {
    for (const key of Object.keys(value)) {
      if (GROUP_NAME.test(key)) continue;
      const message = "a group has a name of letters, digits and . _ -";
      context.addIssue({ code: "custom", path: [key], message });
    }
  }),
);

/** Features of the licenses, with wildcards. */
const feature = z
  .string()
  .regex(/^[a-z0-9*?._-]{1,64}$/, "expected the name of a feature; * and ? are wildcards");

const groupName = z.string().regex(GROUP_NAME, "expected the name of a group");

/** One name need not be written as a list. */
const groupNames = z.preprocess(
  (value) => (typeof value === "string" ? [value] : value),
  z.array(groupName).min(1).max(1_000),
);

/** Left out: everybody. */
const who = groupNames.nullable().default(null);

const seats = (least: number) => count(least, 100_000);

const access = { feature, who: groupNames };
const span = (most: string) => ({ feature, for: duration("1s", most), who });

const kindShapes = {
  reserve: { feature, seats: seats(1), for: groupNames },
  include: access,
  exclude: access,
  max: { feature, seats: seats(0), per: z.enum(["user", "host", "group"]), who },
  priority: { feature, value: z.int().min(-1_000).max(1_000), who },
  linger: span("1d"),
  min_lease: span("7d"),
  idle_timeout: span("7d"),
  require_bound: {
    feature,
    labels: z
      .array(z.enum(["user", "host"]))
      .min(1)
      .max(2),
    who,
  },
  borrow: {
    feature,
    days: count(0, 366).nullable().default(null),
    seats: seats(0).nullable().default(null),
    who,
  },
};

const kinds = {
  reserve: z.strictObject(kindShapes.reserve).optional(),
  include: z.strictObject(kindShapes.include).optional(),
  exclude: z.strictObject(kindShapes.exclude).optional(),
  max: z.strictObject(kindShapes.max).optional(),
  priority: z.strictObject(kindShapes.priority).optional(),
  linger: z.strictObject(kindShapes.linger).optional(),
  min_lease: z.strictObject(kindShapes.min_lease).optional(),
  idle_timeout: z.strictObject(kindShapes.idle_timeout).optional(),
  require_bound: z.strictObject(kindShapes.require_bound).optional(),
  borrow: z
    .strictObject(kindShapes.borrow)
    .refine((each) => each.days !== null || each.seats !== null, "says neither days nor seats")
    .optional(),
};

const KIND_NAMES = Object.keys(kinds);

const rule = z
  .strictObject({
    id: z
      .string()
      .regex(/^[A-Za-z0-9_.:/-]{1,64}$/, "expected an id of letters, digits and . _ : / -")
      .optional(),
    reason: z
      .string()
      .min(1)
      .max(512)
      .regex(/^[^\p{Cc}]*$/u, "expected one line of text")
      .optional(),
    ...kinds,
  })
  .transform((written, context) => {
    const named = KIND_NAMES.filter((kind) => kind in written);
    // An unknown option was to be the kind: that has been said.
    if (named.length === 1 || context.issues.length > 0) return written;
    const message =
      named.length === 0
        ? `says not what it does: ${KIND_NAMES.join(", ")}`
        : `does one thing; ${named.join(" and ")} are rules of their own`;
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  });

export const rules: z.ZodType<readonly WrittenRule[]> = z.preprocess(
  (value) => value ?? [],
  z
    .array(rule)
    .max(10_000)
    .transform((written) => written.flatMap((each, index) => writtenRule(each, index))),
);

/** The options of a group. */
export const GROUP_OPTIONS: readonly string[] = Object.keys(groupShape);

/** The options of a rule under the empty text, and those of each kind under its name. */
export const RULE_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  "": ["id", "reason", ...KIND_NAMES],
  ...Object.fromEntries(
    Object.entries(kindShapes).map(([kind, shape]) => [kind, Object.keys(shape)]),
  ),
};

/** A rule without an id is named by its kind and its place in the list, from 1. */
function writtenRule(written: z.output<typeof rule>, index: number): readonly WrittenRule[] {
  const common = (kind: WrittenRule["kind"]): { ruleId: string; reason?: string } => ({
    ruleId: written.id ?? `${kind}-${index + 1}`,
    ...(written.reason === undefined ? {} : { reason: written.reason }),
  });
  const { reserve, max, priority, borrow, require_bound: bound } = written;
  if (borrow !== undefined) {
    const { days: most, ...rest } = borrow;
    const longest = most === null ? null : days(most);
    return [{ kind: "borrow", rule: { ...common("borrow"), ...rest, span: longest } }];
  }
  if (reserve !== undefined) {
    return [{ kind: "reserve", rule: { ...common("reserve"), ...reserve } }];
  }
  if (max !== undefined) return [{ kind: "max", rule: { ...common("max"), ...max } }];
  if (priority !== undefined) {
    return [{ kind: "priority", rule: { ...common("priority"), ...priority } }];
  }
  if (bound !== undefined) {
    return [{ kind: "require_bound", rule: { ...common("require_bound"), ...bound } }];
  }
  for (const kind of ["include", "exclude"] as const) {
    const given = written[kind];
    if (given !== undefined) return [{ kind, rule: { ...common(kind), ...given } }];
  }
  for (const kind of ["linger", "min_lease", "idle_timeout"] as const) {
    const given = written[kind];
    if (given === undefined) continue;
    const { for: length, ...rest } = given;
    return [{ kind, rule: { ...common(kind), ...rest, span: length } }];
  }
  return [];
}
