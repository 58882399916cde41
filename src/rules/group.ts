import type { RawIdentity } from "../base/identity.ts";
import { matchesWildcard } from "../base/wildcard.ts";
import { isInNetwork, type Network, readAddress } from "./network.ts";

/** Who belongs to a group: whoever any of the three lists names. */
export interface Group {
  /**
   * Logins, where `*` stands for any characters and `?` for one. Upper and lower case differ, as
   * they do for pseudonyms: on many systems they name different persons.
   */
  readonly users: readonly string[];
  /** Whether the logins of the group are meant in any case, as on Windows. */
  readonly ignoreCase: boolean;
  /** Host names with the same wildcards. Case does not matter, as in the names of DNS. */
  readonly hosts: readonly string[];
  readonly networks: readonly Network[];
}

/** Groups by their names. */
export type Groups = Readonly<Record<string, Group>>;

/** What a group may be called. */
export const GROUP_NAME: RegExp = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** The group of that name; `constructor` is none unless the file has it. */
export function groupNamed(groups: Groups, name: string): Group | undefined {
  return Object.hasOwn(groups, name) ? groups[name] : undefined;
}

/** What is known of a caller at the door, and nowhere else. */
export interface Door {
  readonly user: RawIdentity;
  readonly host: RawIdentity;
  /** As the socket names it; undefined when unknown. Then it is in no network. */
  readonly address: string | undefined;
}

/** Finds a caller's groups. Keeps nothing of what it is shown. */
export interface Doorkeeper {
  /** Names of groups. */
  groupsOf(door: Door): ReadonlySet<string>;
}

/** Makes the groups ready for many callers. */
export function compileGroups(groups: Groups): Doorkeeper {
  const compiled = Object.entries(groups).map(([name, group]) => ({
    name,
    users: group.users.map(group.ignoreCase ? inAnyCase : plain),
    ignoreCase: group.ignoreCase,
    hosts: group.hosts.map(inAnyCase),
    networks: group.networks,
  }));
  return {
    groupsOf({ user, host, address }) {
      const login = plain(user);
      const loginInLower = inAnyCase(user);
      const machine = inAnyCase(host);
      const from = address === undefined ? undefined : readAddress(address);
      const found = compiled.filter(
        ({ users, ignoreCase, hosts, networks }) =>
          users.some((each) => matchesWildcard(each, ignoreCase ? loginInLower : login)) ||
          hosts.some((pattern) => matchesWildcard(pattern, machine)) ||
          (from !== undefined && networks.some((network) => isInNetwork(network, from))),
      );
      return new Set(found.map(({ name }) => name));
    },
  };
}

/** The form that pseudonyms are made of too: spelled otherwise, one person stays one person. */
const plain = (text: string): string => text.trim().normalize("NFC");

const inAnyCase = (text: string): string => plain(text).toLowerCase();
