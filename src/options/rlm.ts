import { borrowBan, groupKeyword, keywordsOf, maxKeyword } from "./both-managers.ts";
import type { Dialect, Keyword } from "./keyword.ts";
import { BORROWERS, ignored, LOGS, REPORTS, untranslated } from "./no-counterpart.ts";

// What an RLM options file of an ISV server may have beside the keywords of `both-managers.ts`, in the
// order of the alphabet, and what becomes of it.

const who = "type name";
const about = `product ${who} [id=n]`;
const FORMS = { who, about };

const NO_EXEMPTION = untranslated({
  why: "all max rules hold for everybody they name",
  instead: "write the max rule for a group without who is exempt",
});

const IN_THE_LICENSE = untranslated({
  why: "it belongs into a license, not into an options file",
  instead: "ask the vendor",
});

const OWN: readonly Keyword[] = [
  {
    word: "CLIENT_CACHE",
    form: "seconds [product]",
    treatment: ignored("clients hold their seats by renewing them and cache none"),
  },
  {
    word: "EXCLUDEALL",
    form: `${who}, or noproject`,
    here: '`exclude: { feature: "*", who }`',
    treatment: { kind: "exclude", all: true },
  },
  {
    word: "EXCLUDEALL_ROAM",
    form: who,
    here: '`borrow: { feature: "*", days: 0, who }`',
    treatment: { kind: "borrow-ban", all: true },
  },
  borrowBan("EXCLUDE_ROAM", FORMS),
  { word: "EXEMPTALL_MAX", form: who, treatment: NO_EXEMPTION },
  { word: "EXEMPT_MAX", form: about, treatment: NO_EXEMPTION },
  {
    word: "EXPRESS",
    form: "ON or OFF [product]",
    here: "OFF is how it is here: who waits is not overtaken; ON is not translated",
    treatment: { kind: "express" },
  },
  groupKeyword("GROUP", "login", { list: "users", fields: "{ users, ignore_case: true }" }),
  groupKeyword("HOST_GROUP", "host", { list: "hosts", fields: "{ hosts }" }),
  {
    word: "INCLUDE",
    form: about,
    here: "`include: { feature, who }`; not beside `INCLUDEALL`, which binds both there",
    treatment: { kind: "include", all: false },
  },
  { word: "INCLUDEALL_ROAM", form: who, treatment: BORROWERS },
  { word: "INCLUDE_ROAM", form: about, treatment: BORROWERS },
  groupKeyword("INTERNET_GROUP", "address", { list: "networks", fields: "{ networks }" }),
  {
    word: "LINGER",
    form: "…",
    treatment: untranslated({
      why: "it is no option of RLM",
      instead: "write linger: { feature, for }, or ask the vendor for it in the license",
    }),
  },
  maxKeyword(FORMS, "user *"),
  { word: "MAX_ROAM", form: "…", treatment: IN_THE_LICENSE },
  { word: "MAX_ROAM_COUNT", form: "…", treatment: IN_THE_LICENSE },
  {
    word: "MINCHECKOUT",
    form: "…",
    treatment: untranslated({
      why: "it belongs into a license, not into an options file",
      instead: "write min_lease: { feature, for }, or ask the vendor for it in the license",
    }),
  },
  {
    word: "MINREMOVE",
    form: "seconds [product]",
    treatment: untranslated({
      why: "an administrator may take a seat back at any time",
      instead: "open the administration socket to those alone who may",
    }),
  },
  { word: "NOLOG", form: "in, out or denied", treatment: LOGS },
  {
    word: "NO_OLD_RLMUTIL",
    form: "",
    treatment: ignored("there are no older tools to keep out"),
  },
  {
    word: "PRIORITY",
    form: `n ${about}`,
    here: "`priority: { feature, value, who }` with 1000 - n as value",
    treatment: { kind: "priority" },
  },
  {
    word: "PURGE_REPORTLOG",
    form: "days",
    treatment: REPORTS,
  },
  {
    word: "PURPOSE",
    form: "…",
    treatment: untranslated({
      why: "seats are not told apart by purpose",
      instead: "ask the vendor for a feature",
    }),
  },
  {
    word: "ROAM_MAX_COUNT",
    form: "n product [id=n]",
    here: "`borrow: { feature, seats }`",
    treatment: { kind: "borrow-limit", option: "seats" },
  },
  {
    word: "ROAM_MAX_DAYS",
    form: "n product [id=n]",
    here: "`borrow: { feature, days }`",
    treatment: { kind: "borrow-limit", option: "days" },
  },
  {
    word: "ROTATE",
    form: "daily, weekly, monthly or n",
    treatment: REPORTS,
  },
  {
    word: "TIMEOUT",
    form: "seconds [product [id=n]]",
    here: "`idle_timeout: { feature, for }`, for applications that tell whether somebody works; of several lines the last",
    treatment: { kind: "timeout", all: false },
  },
  {
    word: "TIMEOUTALL",
    form: "seconds",
    here: '`idle_timeout: { feature: "*", for }`, instead of the lines above it',
    treatment: { kind: "timeout", all: true },
  },
  {
    word: "TIMEZONE",
    form: "mask",
    treatment: untranslated({
      why: "clients do not say their time zone",
      instead: "name the networks instead",
    }),
  },
];

/**
 * Options files of an ISV server of the Reprise License Manager. Upper and lower case are the same in them.
 */
export const RLM: Dialect = {
  name: "RLM",
  keywords: keywordsOf(FORMS, OWN),
  continues: false,
  longestOption: 1_023,
  ignoresCase: true,
  hostsByAddress: false,
  includeAllBinds: true,
  everyUser: "*",
  everyGroup: null,
};
