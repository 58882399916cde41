import { OptionsError } from "./errors.ts";
import type { Dialect, MemberList } from "./keyword.ts";
import type { Statement } from "./statement.ts";
import type { DraftGroup } from "./translation.ts";

/** Members of one group, as in a configuration. */
const MEMBERS_MAX = 10_000;

interface OpenGroup {
  readonly name: string;
  readonly list: MemberList;
  readonly lines: Set<number>;
  readonly text: string;
  readonly members: Readonly<Record<MemberList, Set<string>>>;
  readonly ignoreCase: boolean;
}

/** The groups of a file while it is read: those it defines, and one for each single user, host and network. */
export class GroupBook {
  readonly #dialect: Dialect;
  /** By list and the name in the options file. */
  readonly #defined = new Map<string, OpenGroup>();
  /** By list and member. */
  readonly #single = new Map<string, OpenGroup>();
  readonly #names = new Set<string>();
  /** How often a name was wanted. */
  readonly #wanted = new Map<string, number>();

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  /** The group of that definition; several lines of one name add up. */
  define(list: MemberList, name: string, statement: Statement, ignoreCase: boolean): string {
    const key = this.#key(list, name);
    const group = this.#defined.get(key) ?? this.#open(list, name, statement, ignoreCase);
    this.#defined.set(key, group);
    group.lines.add(statement.line);
    return key;
  }

  /** @param key what {@link define} returned */
  add(key: string, list: MemberList, member: string): void {
    const members = this.#defined.get(key)?.members[list];
    members?.add(member);
    if ((members?.size ?? 0) <= MEMBERS_MAX) return;
    throw new OptionsError("OPTIONS_TOO_LARGE", `a group has more than ${MEMBERS_MAX} members`, {
      hint: "name them by wildcards or networks, or divide the group",
      facts: { limit: MEMBERS_MAX },
    });
  }

  /** What the group is called in the configuration; undefined when no line defines it. */
  find(list: MemberList, name: string): string | undefined {
    return this.#defined.get(this.#key(list, name))?.name;
  }

  /** All groups of logins. */
  get ofUsers(): readonly string[] {
    return [...this.#defined.values()].flatMap(({ list, name }) =>
      list === "users" ? [name] : [],
    );
  }

  get hasDefinitions(): boolean {
    return this.#defined.size > 0;
  }

  /**
   * The group of one member alone. It is named after the line: names of groups go further than the
   * door, where logins and hosts must stay.
   */
  single(list: MemberList, member: string, statement: Statement): string {
    const key = this.#key(list, member);
    const ignoreCase = list === "users" && this.#dialect.ignoresCase;
    const name = `${SINGLE[list]}-line-${statement.line}`;
    const group = this.#single.get(key) ?? this.#open(list, name, statement, ignoreCase);
    this.#single.set(key, group);
    group.members[list].add(member);
    group.lines.add(statement.line);
    return group.name;
  }

  /** In the order in which the file speaks of them, those it defines first. */
  get groups(): readonly DraftGroup[] {
    return [...this.#defined.values(), ...this.#single.values()].map(
      ({ name, lines, text, members, ignoreCase }) => ({
        name,
        lines: [...lines],
        text,
        users: [...members.users],
        hosts: [...members.hosts],
        networks: [...members.networks],
        ignoreCase,
      }),
    );
  }

  #open(list: MemberList, name: string, { text }: Statement, ignoreCase: boolean): OpenGroup {
    const members = {
      users: new Set<string>(),
      hosts: new Set<string>(),
      networks: new Set<string>(),
    };
    return { name: this.#newName(name), list, lines: new Set(), text, members, ignoreCase };
  }

  #key(list: MemberList, name: string): string {
    return `${list} ${this.#dialect.ignoresCase ? name.toLowerCase() : name}`;
  }

  /** Of the characters that names of groups have, and not taken. */
  #newName(wanted: string): string {
    const plain = wanted.replaceAll(/[^A-Za-z0-9._-]/g, "-").replace(/^[^A-Za-z0-9]+/, "");
    const base = plain.slice(0, 56) || "group";
    for (let count = this.#wanted.get(base) ?? 1; ; count += 1) {
      const name = count === 1 ? base : `${base}-${count}`;
      if (this.#names.has(name)) continue;
      this.#names.add(name);
      this.#wanted.set(base, count + 1);
      return name;
    }
  }
}

const SINGLE: Readonly<Record<MemberList, string>> = {
  users: "user",
  hosts: "host",
  networks: "net",
};
