import type { RawIdentity } from "../../base/identity.ts";
import { isoTime } from "../../base/time.ts";
import type { AdminClient } from "../../daemon/admin-client.ts";
import {
  type AdminNamedAnswer,
  type AdminNamedEdits,
  type AdminNamedList,
  type EditNamedUsersRequest,
  NAMES_PER_REQUEST,
} from "../../protocol/admin/named-users.ts";
import { type Command, command, group, type Shell } from "../shared/command.ts";
import { JSON_OPTION } from "../shared/common-options.ts";
import { usageError } from "../shared/errors.ts";
import { EXIT, type ExitCode } from "../shared/exit.ts";
import { readTextInput } from "../shared/input-file.ts";
import type { Output } from "../shared/output.ts";
import { identity } from "./identity-option.ts";
import { ADMIN_OPTIONS, admin, type SiteOptions } from "./site-options.ts";
import { counted } from "./words.ts";

const text = { type: "string", requiresArg: true } as const;

const VENDOR_OPTION = {
  vendor: { ...text, describe: "the vendor's name, where several sell the feature" },
} as const;

/** `seatkeeper named-users list`: with `--user`, exit code 1 for somebody who gets no seat. */
const list = command({
  command: "list",
  summary: "show the lists by pseudonym, or ask whether somebody is on one",
  options: {
    feature: { ...text, describe: "only the list of this feature" },
    user: { ...text, describe: "a login, as its client sends it: is it on the list?" },
    ...VENDOR_OPTION,
    ...ADMIN_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [
    ["named-users list", "every list, and how many changes are left this month"],
    ["named-users list --feature cad.pro --user ada", "may ada use it?"],
  ],
  async run(options, shell) {
    const { feature, user, vendor } = options;
    if (user !== undefined) {
      if (feature === undefined) throw usageError("--user needs --feature");
      const asked = { feature, user: identity("--user", user), ...(vendor && { vendor }) };
      return tellPlace(await admin(options, shell).askNamedUser(asked), user, options.json, shell);
    }
    const { lists } = await admin(options, shell).namedUsers();
    const wanted = lists.filter(
      (one) =>
        (feature === undefined || one.feature === feature) &&
        (vendor === undefined || one.vendor === vendor),
    );
    if (options.json) shell.out.json({ lists: wanted });
    else if (wanted.length === 0) shell.out.note("no license here is for named users of that");
    else printLists(wanted, shell.out);
    return EXIT.done;
  },
});

function tellPlace(
  answer: AdminNamedAnswer,
  name: string,
  json: boolean,
  { out }: Shell,
): ExitCode {
  const { feature, user, named } = answer;
  if (json) out.json(answer);
  else if (named === null) out.line(`${name} is not on the list of ${feature} (${user})`);
  else {
    const place = named.counts ? "" : ", beyond what the license has";
    out.line(
      `${name} is on the list of ${feature} since ${isoTime(named.since)}${place} (${user})`,
    );
  }
  return named?.counts === true ? EXIT.done : EXIT.refused;
}

function printLists(lists: readonly AdminNamedList[], out: Output): void {
  for (const { feature, vendor, max, users, changesLeft } of lists) {
    const left = `${counted(changesLeft, "change")} left this month`;
    out.line(`${feature} of ${vendor}: ${users.length} of ${max} named, ${left}`);
    for (const { user, since, counts } of users) {
      out.line(
        `  ${user}  since ${isoTime(since)}${counts ? "" : ", beyond what the license has"}`,
      );
    }
  }
}

const EDIT_OPTIONS = {
  feature: { ...text, demandOption: true, describe: "the feature" },
  user: {
    type: "string",
    array: true,
    requiresArg: true,
    describe: "a login, as its client sends it; several may follow",
  },
  file: { ...text, describe: "a file with one login per line; # begins a comment" },
  ...VENDOR_OPTION,
  ...ADMIN_OPTIONS,
  ...JSON_OPTION,
} as const;

interface EditOptions extends SiteOptions {
  readonly feature: string;
  readonly user?: readonly string[] | undefined;
  readonly file?: string | undefined;
  readonly vendor?: string | undefined;
  readonly json: boolean;
}

const add = command({
  command: "add",
  summary: "put users on the list of a feature",
  options: EDIT_OPTIONS,
  examples: [
    ["named-users add --feature cad.pro --user ada bob", "two users"],
    ["named-users add --feature cad.pro --file team.txt", "a whole team"],
  ],
  run: (options, shell) => edit("add", options, shell),
});

const remove = command({
  command: "remove",
  summary: "take users off the list, as often a month as the license allows",
  options: EDIT_OPTIONS,
  examples: [["named-users remove --feature cad.pro --user ada", "her seat ends at its renewal"]],
  run: (options, shell) => edit("remove", options, shell),
});

/** Exit code 1 when somebody was not put on the list, or not taken off. */
async function edit(
  change: EditNamedUsersRequest["change"],
  options: EditOptions,
  shell: Shell,
): Promise<ExitCode> {
  const names = namesIn(options);
  const users = names.map((name) => identity("a login", name));
  const edited = await askInParts(admin(options, shell), { ...requestOf(options), change }, users);
  const denied = edited.results.filter(({ outcome }) => outcome === "denied");
  if (options.json) shell.out.json(edited);
  else
    for (const [at, name] of names.entries()) tellEdit(change, name, edited.results[at], shell.out);
  return denied.length === 0 ? EXIT.done : EXIT.refused;
}

function requestOf({ feature, vendor }: EditOptions): Pick<EditNamedUsersRequest, "feature"> {
  return { feature, ...(vendor === undefined ? {} : { vendor }) };
}

function namesIn({ user = [], file }: EditOptions): readonly string[] {
  const lines = file === undefined ? [] : readTextInput(file, "list of users").split("\n");
  const named = lines.map((line) => line.replace(/(?:^|\s)#.*/, "").trim());
  const names = [...user, ...named.filter((name) => name !== "")];
  if (names.length === 0) throw usageError("name users with --user or --file");
  return [...new Set(names)];
}

/** A file may have more names than one request. */
async function askInParts(
  client: AdminClient,
  request: Omit<EditNamedUsersRequest, "users">,
  names: readonly RawIdentity[],
): Promise<AdminNamedEdits> {
  const results: AdminNamedEdits["results"][number][] = [];
  let vendor = "";
  for (let at = 0; at < names.length; at += NAMES_PER_REQUEST) {
    const users = names.slice(at, at + NAMES_PER_REQUEST);
    // oxlint-disable-next-line no-await-in-loop -- the order decides whom the license has room for
    const part = await client.editNamedUsers({ ...request, users });
    vendor = part.vendor;
    results.push(...part.results);
  }
  return { vendor, feature: request.feature, results };
}

function tellEdit(
  change: EditNamedUsersRequest["change"],
  name: string,
  result: AdminNamedEdits["results"][number] | undefined,
  out: Output,
): void {
  if (result === undefined) return;
  const { user, outcome, denial } = result;
  if (outcome === "denied") {
    const reason = denial === null ? "" : `: ${denial.reason}: ${denial.hint}`;
    return out.line(`${out.paint("red", "denied")}  ${name} (${user})${reason}`);
  }
  const done = change === "add" ? "on the list" : "off the list";
  const before = outcome === "changed" ? "" : ", as before";
  out.line(`${done}  ${name} (${user})${before}`);
}

export const namedUsers: Command = group(
  "named-users",
  "list and change who may use what is sold for named users",
  [list, add, remove],
);
