import type { Keyword, MemberList } from "./keyword.ts";
import { LOGS, REPORTS } from "./no-counterpart.ts";

/** How a license manager writes down the parts of a line. */
interface Forms {
  /** A user, a host, a group. */
  readonly who: string;
  /** A feature, then who. */
  readonly about: string;
}

/** Keywords that both license managers have, and that become the same here. */
const alike = ({ who, about }: Forms): readonly Keyword[] => [
  { word: "DEBUGLOG", form: "[+]path", treatment: LOGS },
  {
    word: "EXCLUDE",
    form: about,
    here: "`exclude: { feature, who }`",
    treatment: { kind: "exclude", all: false },
  },
  {
    word: "INCLUDEALL",
    form: who,
    here: '`include: { feature: "*", who }`',
    treatment: { kind: "include", all: true },
  },
  { word: "REPORTLOG", form: "[+]path", treatment: REPORTS },
  {
    word: "RESERVE",
    form: `n ${about}`,
    here: "`reserve: { feature, seats, for }`",
    treatment: { kind: "reserve" },
  },
];

/** All keywords of a license manager in the order of the alphabet: `own`, and those that both have. */
export const keywordsOf = (forms: Forms, own: readonly Keyword[]): readonly Keyword[] =>
  [...alike(forms), ...own].toSorted((one, other) => (one.word < other.word ? -1 : 1));

/** `GROUP`, `HOST_GROUP` and their like: several lines of one name add up. */
export const groupKeyword = (
  word: string,
  member: string,
  { list, fields }: { readonly list: MemberList; readonly fields: string },
): Keyword => ({
  word,
  form: `name ${member} …`,
  here: `\`groups: { name: ${fields} }\`; several lines of one name add up`,
  treatment: { kind: "group", list },
});

/** `MAX`, where one name stands for every user. */
export const maxKeyword = ({ about }: Forms, everyUser: string): Keyword => ({
  word: "MAX",
  form: `n ${about}`,
  here: `\`max: { feature, seats, per: group, who }\`; with \`${everyUser}\`, \`per: user\``,
  treatment: { kind: "max" },
});

/** The keyword that keeps some from borrowing the seats of a feature. */
export const borrowBan = (word: string, { about }: Forms): Keyword => ({
  word,
  form: about,
  here: "`borrow: { feature, days: 0, who }`",
  treatment: { kind: "borrow-ban", all: false },
});
