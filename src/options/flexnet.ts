import { borrowBan, groupKeyword, keywordsOf, maxKeyword } from "./both-managers.ts";
import type { Dialect, Keyword } from "./keyword.ts";
import { BORROWERS, ignored, LOGS, untranslated } from "./no-counterpart.ts";

// What a FlexNet options file may have beside the keywords of `both-managers.ts`, in the order of the
// alphabet, and what becomes of it.

const who = "type name";
const about = `feature[:key=value] ${who}`;
const FORMS = { who, about };

const NO_ACTIVATION = untranslated({
  why: "there is no trusted storage here, so nothing is activated from it",
  instead: "leave it out",
});

const OWN: readonly Keyword[] = [
  {
    word: "ACTIVATION_EXPIRY_DAYS",
    form: "…",
    treatment: NO_ACTIVATION,
  },
  { word: "ACTIVATION_LOWWATER", form: "…", treatment: NO_ACTIVATION },
  {
    word: "AUTOMATIC_REREAD",
    form: "OFF",
    treatment: ignored("a configuration is read again by `seatkeeper reload` only"),
  },
  {
    word: "BORROW_LOWWATER",
    form: "feature[:key=value] n",
    treatment: untranslated({
      why: "a borrow rule counts the seats that may be borrowed, not those that stay",
      instead: "write borrow: { feature, seats: those of the license less n }",
    }),
  },
  {
    word: "DAEMON_SELECT_TIMEOUT",
    form: "…",
    treatment: ignored("it tunes the other daemon"),
  },
  {
    word: "EXCLUDEALL",
    form: who,
    here: '`exclude: { feature: "*", who }`',
    treatment: { kind: "exclude", all: true },
  },
  {
    word: "EXCLUDEALL_ENTITLEMENT",
    form: "…",
    treatment: NO_ACTIVATION,
  },
  borrowBan("EXCLUDE_BORROW", FORMS),
  { word: "EXCLUDE_ENTITLEMENT", form: "…", treatment: NO_ACTIVATION },
  {
    word: "FQDN_MATCHING",
    form: "EXACT or LENIENT",
    here: "EXACT is how it is here; LENIENT is not translated",
    treatment: { kind: "host-matching" },
  },
  groupKeyword("GROUP", "login", { list: "users", fields: "{ users }" }),
  {
    word: "GROUPCASEINSENSITIVE",
    form: "ON or OFF",
    here: "`ignore_case: true` in the groups of logins",
    treatment: { kind: "group-case" },
  },
  groupKeyword("HOST_GROUP", "host", { list: "hosts", fields: "{ hosts, networks }" }),
  {
    word: "INCLUDE",
    form: about,
    here: "`include: { feature, who }`",
    treatment: { kind: "include", all: false },
  },
  {
    word: "INCLUDEALL_ENTITLEMENT",
    form: "…",
    treatment: NO_ACTIVATION,
  },
  {
    word: "INCLUDE_BORROW",
    form: about,
    treatment: BORROWERS,
  },
  { word: "INCLUDE_ENTITLEMENT", form: "…", treatment: NO_ACTIVATION },
  {
    word: "LINGER",
    form: "feature[:key=value] seconds",
    here: "`linger: { feature, for }`",
    treatment: { kind: "linger" },
  },
  maxKeyword(FORMS, "USER ALL_USERS"),
  {
    word: "MAX_BORROW_HOURS",
    form: "feature[:key=value] hours",
    here: "`borrow: { feature, days }`, for whole days",
    treatment: { kind: "borrow-hours" },
  },
  {
    word: "MAX_CONNECTIONS",
    form: "n",
    treatment: untranslated({
      why: "it is no rule about seats",
      instead: "write limits: { connections: n }",
    }),
  },
  {
    word: "MAX_OVERDRAFT",
    form: "feature[:key=value] n",
    treatment: untranslated({
      why: "overdraft is the vendor's to allow, and the site has no rule for less of it",
      instead: "ask the vendor for a license with less",
    }),
  },
  { word: "NOLOG", form: "IN, OUT, DENIED, QUEUED or UNSUPPORTED", treatment: LOGS },
  {
    word: "TIMEOUT",
    form: "feature[:key=value] seconds",
    here: "`idle_timeout: { feature, for }`, for applications that tell whether somebody works",
    treatment: { kind: "timeout", all: false },
  },
  {
    word: "TIMEOUTALL",
    form: "seconds",
    here: '`idle_timeout: { feature: "*", for }`, below those for one feature',
    treatment: { kind: "timeout", all: true },
  },
  {
    word: "USER_GROUP",
    form: "name login …",
    here: "as `GROUP`",
    treatment: { kind: "group", list: "users" },
  },
];

/** Options files of FlexNet Publisher (FLEXlm), as its license administration guide has them. */
export const FLEXNET: Dialect = {
  name: "FlexNet",
  keywords: keywordsOf(FORMS, OWN),
  continues: true,
  longestOption: 4_000,
  ignoresCase: false,
  hostsByAddress: true,
  includeAllBinds: false,
  everyUser: "ALL_USERS",
  everyGroup: "ALL_GROUPS",
};
