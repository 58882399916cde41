import { looksLikeAddress, readAddressPattern } from "./address-pattern.ts";
import type { GroupBook } from "./group-book.ts";
import type { Dialect, MemberList, Refusal } from "./keyword.ts";
import type { Statement } from "./statement.ts";

/** Whom a line means: a group of the configuration. */
export type Subject =
  | { readonly kind: "group"; readonly name: string }
  | ({ readonly kind: "refused" } & Refusal);

export type Member =
  | { readonly kind: "member"; readonly list: MemberList; readonly value: string }
  | ({ readonly kind: "refused" } & Refusal);

const SINGLES: Readonly<Record<string, MemberList>> = {
  USER: "users",
  HOST: "hosts",
  INTERNET: "networks",
};

const GROUPS: Readonly<Record<string, MemberList>> = {
  GROUP: "users",
  USER_GROUP: "users",
  HOST_GROUP: "hosts",
  INTERNET_GROUP: "networks",
};

const NOT_SAID: Readonly<Record<string, string>> = {
  DISPLAY: "rules know users, hosts and networks, not displays",
  PROJECT: "rules know users, hosts and networks, not projects",
};

/** Finds or makes the group for a type and a name, such as `HOST_GROUP servers`. */
export function subjectOf(
  book: GroupBook,
  dialect: Dialect,
  statement: Statement,
  [type, name]: readonly [type: string, name: string],
): Subject {
  const word = type.toUpperCase();
  const list = Object.hasOwn(GROUPS, word) ? GROUPS[word] : undefined;
  if (list !== undefined) return definedGroup(book, list, word, name);
  const single = Object.hasOwn(SINGLES, word) ? SINGLES[word] : undefined;
  if (single === undefined) return unknownType(type, word);
  const member = memberOf(dialect, single, name);
  if (member.kind === "refused") return member;
  return { kind: "group", name: book.single(member.list, member.value, statement) };
}

function definedGroup(book: GroupBook, list: MemberList, word: string, name: string): Subject {
  const found = book.find(list, name);
  if (found !== undefined) return { kind: "group", name: found };
  return {
    kind: "refused",
    why: `no ${word} line defines ${name}`,
    instead: "define the group, or correct its name",
  };
}

function unknownType(type: string, word: string): Subject {
  const known = Object.hasOwn(NOT_SAID, word) ? NOT_SAID[word] : undefined;
  return {
    kind: "refused",
    why: known ?? `${type} is no type of user, host or group`,
    instead: known === undefined ? "correct the line" : "name the users or hosts instead",
  };
}

/** A login, a host or a network as a group can have it. */
export function memberOf(dialect: Dialect, list: MemberList, written: string): Member {
  const isAddress = dialect.hostsByAddress && list === "hosts" && looksLikeAddress(written);
  if (list !== "networks" && !isAddress) return named(list, written);
  const pattern = readAddressPattern(written);
  if (pattern.kind === "refused") return pattern;
  return { kind: "member", list: "networks", value: pattern.text };
}

/** What one login or host name may be. A star there is a star; here it would stand for anything. */
const NAME = /^[^\p{Cc}\p{Cs}*?]{1,256}$/u;

function named(list: MemberList, written: string): Member {
  const thing = list === "users" ? "login" : "host name";
  if (NAME.test(written) && written !== "\\") return { kind: "member", list, value: written };
  if (/[*?]/.test(written)) {
    return {
      kind: "refused",
      why: `${written} has a star or question mark, which would stand for anything here`,
      instead: `name each ${thing}, or write the pattern by hand if that is what is wanted`,
    };
  }
  return { kind: "refused", why: `it is no ${thing}`, instead: "correct it" };
}
