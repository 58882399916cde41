import { ADMIN_ROLES, type AdminRole } from "../../base/admin-role.ts";
import { rawIdentity } from "../../base/identity.ts";
import { HEX_16 } from "../../base/ids.ts";
import { isoTime, type Millis } from "../../base/time.ts";
import { readDuration } from "../../config/duration.ts";
import type { AdminClient } from "../../daemon/admin-client.ts";
import type { HolderQuery } from "../../protocol/admin/seats.ts";
import {
  type AdminNewToken,
  type AdminToken,
  LONGEST_ADMIN_MS,
} from "../../protocol/admin/tokens.ts";
import { type Command, command, group } from "../shared/command.ts";
import { JSON_OPTION } from "../shared/common-options.ts";
import { usageError } from "../shared/errors.ts";
import { EXIT } from "../shared/exit.ts";
import type { Output } from "../shared/output.ts";
import { checkOutput, writeOutput } from "../shared/output-file.ts";
import { ADMIN_OPTIONS, admin } from "./site-options.ts";

const text = { type: "string", requiresArg: true } as const;

/** `seatkeeper tokens create`: the token is all that goes to standard output, and nobody can ask for it again. */
const create = command({
  command: "create",
  summary: "make a token that proves a user, a host, or both; it is shown this once",
  options: {
    user: { ...text, describe: "the login it proves, as the client sends it" },
    host: { ...text, describe: "the host name it proves, as the client sends it" },
    role: {
      choices: ADMIN_ROLES,
      describe:
        "for somebody who administers over the network; with --user, for 90d [at most 366d]",
    },
    expires: { ...text, describe: "good for so long, as 30d [default: until it is revoked]" },
    out: { ...text, describe: "write it to this new file, for its owner alone" },
    ...ADMIN_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [
    ["tokens create --user ada --host ws7 --out ada.token", "ada, at this workstation alone"],
    [
      "tokens create --user grace --role operator --out grace.token",
      "to work with seats from afar",
    ],
    ["tokens create --host render-1 --expires 90d", "whoever works there"],
  ],
  async run(options, shell) {
    const { out: path, json } = options;
    const holder = holderIn(options);
    if (holder === undefined)
      throw usageError("name whom it shall prove by --user, --host or both");
    const validMs = lifeIn(options);
    const { role } = options;
    // Before there is a token that nobody could be given.
    if (path !== undefined) checkOutput(path);
    const client = admin(options, shell);
    const made = await client.createToken({
      ...holder,
      ...(validMs === undefined ? {} : { validMs }),
      ...(role === undefined ? {} : { role }),
    });
    const { token, ...about } = made;
    if (path !== undefined) await hand(client, made, path);
    if (json) shell.out.json(path === undefined ? made : about);
    else if (path === undefined) shell.out.line(token);
    const what = about.role === null ? "proves" : `makes ${article(about.role)} of`;
    shell.out.note(`token ${about.id} ${what} ${provenBy(about)}, ${endOf(about)}`);
    return EXIT.done;
  },
});

/** A token that could not be written is of no use to anybody. */
async function hand(
  client: AdminClient,
  { id, token }: AdminNewToken,
  path: string,
): Promise<void> {
  try {
    writeOutput(path, `${token}\n`, { mode: 0o600 });
  } catch (error) {
    await client.revokeToken(id);
    throw error;
  }
}

const list = command({
  command: "list",
  summary: "list the tokens, or those of somebody, by pseudonym",
  options: {
    user: { ...text, describe: "that prove this login" },
    host: { ...text, describe: "that prove this host name" },
    ...ADMIN_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [["tokens list --user ada", "which ones to revoke when ada leaves"]],
  async run(options, shell) {
    const found = await admin(options, shell).tokens(holderIn(options));
    if (options.json) shell.out.json(found);
    else if (found.tokens.length === 0) shell.out.note("there are no such tokens");
    else show(shell.out, found.tokens);
    return EXIT.done;
  },
});

const revoke = command({
  command: "revoke <token>",
  summary: "end a token; who came in by it proves nothing from the next renewal on",
  options: {
    token: { type: "string", demandOption: true, describe: "the id, as `tokens list` shows it" },
    ...ADMIN_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [["tokens revoke 3f0c1d2e4b5a69788796a5b4c3d2e1f0", "a laptop was stolen"]],
  async run(options, shell) {
    // Not repeated: somebody may have pasted the secret.
    if (!HEX_16.test(options.token)) {
      throw usageError("a token's id has 32 hex digits", "see: seatkeeper tokens list");
    }
    const revoked = await admin(options, shell).revokeToken(options.token);
    if (options.json) shell.out.json(revoked);
    else shell.out.note(`revoked ${revoked.id}`);
    return EXIT.done;
  },
});

function holderIn(options: {
  readonly user?: string | undefined;
  readonly host?: string | undefined;
}): HolderQuery | undefined {
  const { user, host } = options;
  if (user === undefined && host === undefined) return undefined;
  return {
    ...(user === undefined ? {} : { user: rawIdentity(user) }),
    ...(host === undefined ? {} : { host: rawIdentity(host) }),
  };
}

const article = (role: AdminRole): string => (role === "viewer" ? `a ${role}` : `an ${role}`);

/** As the daemon takes it: a second to ten years; for an administrator, to a year. */
function lifeIn(options: {
  readonly user?: string | undefined;
  readonly host?: string | undefined;
  readonly role?: AdminRole | undefined;
  readonly expires?: string | undefined;
}): Millis | undefined {
  const { user, host, role, expires = role === undefined ? undefined : "90d" } = options;
  if (role !== undefined && (user === undefined || host !== undefined))
    throw usageError("--role goes with --user, and without --host");
  if (expires === undefined) return undefined;
  if (role !== undefined && (readDuration(expires) ?? 0) > LONGEST_ADMIN_MS)
    throw usageError("a token with a --role is good for 366d at most");
  const life = readDuration(expires);
  if (life !== undefined && life >= 1_000 && life <= 3_660 * 86_400_000) return life;
  throw usageError("--expires is a duration from 1s to 3660d, such as 30d");
}

function provenBy({ user, host }: AdminToken): string {
  return [user, host].filter((name) => name !== null).join(" on ");
}

const endOf = ({ expiresAt }: AdminToken): string =>
  expiresAt === null ? "until it is revoked" : `until ${isoTime(expiresAt)}`;

function show(out: Output, tokens: readonly AdminToken[]): void {
  // Most sites have clients' tokens alone.
  const hasRoles = tokens.some(({ role }) => role !== null);
  out.table(
    [
      { title: "token" },
      { title: "state" },
      ...(hasRoles ? [{ title: "role" }] : []),
      { title: "user" },
      { title: "host" },
      { title: "created" },
      { title: "expires" },
      { title: "last used" },
    ],
    tokens.map(({ id, state, role, user, host, createdAt, expiresAt, lastUsedOn }) => [
      id,
      state,
      ...(hasRoles ? [role ?? ""] : []),
      user ?? "any",
      host ?? "any",
      isoTime(createdAt),
      expiresAt === null ? "never" : isoTime(expiresAt),
      lastUsedOn ?? "never",
    ]),
  );
}

export const tokens: Command = group(
  "tokens",
  "make, list and revoke the tokens that prove who clients are",
  [create, list, revoke],
);
