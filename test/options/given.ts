import { FLEXNET } from "../../src/options/flexnet.ts";
import type { Dialect } from "../../src/options/keyword.ts";
import { RLM } from "../../src/options/rlm.ts";
import { translateOptions } from "../../src/options/translate.ts";
import type { Translation } from "../../src/options/translation.ts";

export const flexnet = (...lines: readonly string[]): Translation => of(FLEXNET, lines);
export const rlm = (...lines: readonly string[]): Translation => of(RLM, lines);

const of = (dialect: Dialect, lines: readonly string[]): Translation =>
  translateOptions(lines.join("\n"), dialect);

/** The rules as `kind option=value …`. */
export function rulesOf({ rules }: Translation): readonly string[] {
  return rules.map(({ kind, options }) =>
    [kind, ...Object.entries(options).map(([name, value]) => `${name}=${String(value)}`)].join(" "),
  );
}

/** The groups as `name: list member …`. */
export function groupsOf({ groups }: Translation): readonly string[] {
  return groups.map(({ name, users, hosts, networks, ignoreCase }) => {
    const lists = { users, hosts, networks };
    const written = Object.entries(lists).flatMap(([list, members]) =>
      members.length === 0 ? [] : [`${list} ${members.join(" ")}`],
    );
    return `${name}: ${[...written, ...(ignoreCase ? ["in any case"] : [])].join(", ")}`;
  });
}

/** What could not be translated, as `line keyword: why; instead`. */
export function lostOf({ accounts }: Translation): readonly string[] {
  return accounts.flatMap(({ line, keyword, fate }) =>
    fate.kind === "untranslated" ? [`${line} ${keyword}: ${fate.why}; ${fate.instead}`] : [],
  );
}

/** What was left out, as `line keyword: why`; blank lines and comments aside. */
export function ignoredOf({ accounts }: Translation): readonly string[] {
  return accounts.flatMap(({ line, keyword, fate }) =>
    fate.kind === "ignored" && keyword !== "" ? [`${line} ${keyword}: ${fate.why}`] : [],
  );
}

export function notesOf({ accounts }: Translation): readonly string[] {
  return accounts.flatMap(({ line, fate }) =>
    fate.kind === "noted" ? [`${line}: ${fate.note}`] : [],
  );
}
