import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import { type RawIdentity, rawIdentity } from "../../base/identity.ts";
import { type Config, DEFAULT_CONFIG, readConfig } from "../../config/config.ts";
import { ADMIN_TOKEN } from "../../crypto/enrolment-token.ts";
import { AdminClient } from "../../daemon/admin-client.ts";
import type { RemoteAdmin } from "../../daemon/admin-link.ts";
import { checkSocketPath } from "../../daemon/admin-socket.ts";
import type { Shell } from "../shared/command.ts";
import { usageError } from "../shared/errors.ts";
import { readTextInput } from "../shared/input-file.ts";
import { readSecretText } from "../shared/secret-file.ts";

/** Where the packages put the configuration. */
const DEFAULT_CONFIG_PATH = "/etc/seatkeeper/config.yaml";

/** Options of every command that works on this site's daemon or its data. */
export const SITE_OPTIONS: {
  readonly config: {
    readonly type: "string";
    readonly requiresArg: true;
    readonly describe: string;
  };
} = {
  config: {
    type: "string",
    requiresArg: true,
    describe: `configuration [default: $SEATKEEPER_CONFIG or ${DEFAULT_CONFIG_PATH}]`,
  },
};

type TextOption = typeof text & { readonly describe: string };

const text = { type: "string", requiresArg: true } as const;

/** Options of every command that asks the running daemon, here or elsewhere. */
export const ADMIN_OPTIONS: typeof SITE_OPTIONS & {
  readonly server: TextOption;
  readonly "token-file": TextOption;
  readonly "ca-file": TextOption;
} = {
  ...SITE_OPTIONS,
  server: { ...text, describe: "https://host:7329, to ask the daemon of another machine" },
  "token-file": {
    ...text,
    describe: "with --server: a file with your token [default: $SEATKEEPER_ADMIN_TOKEN_FILE]",
  },
  "ca-file": {
    ...text,
    describe: "with --server: its certificate, or that of who signed it, as PEM",
  },
};

/** What {@link ADMIN_OPTIONS} hold. */
interface AdminOptions extends SiteOptions {
  readonly server?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly caFile?: string | undefined;
}

/** What {@link SITE_OPTIONS} hold. */
export interface SiteOptions {
  readonly config?: string | undefined;
}

/**
 * The configuration that was named, or the installed one, or the defaults where there is none.
 * @throws CliError FILE_NOT_FOUND for a named file that is not there; ConfigError.
 */
export function siteConfig(options: SiteOptions, shell: Shell): Config {
  const path = configPath(options, shell);
  return path === undefined ? DEFAULT_CONFIG : readConfig(configText(path), path);
}

/** The file that {@link siteConfig} reads; undefined where there is none. */
export function configPath(options: SiteOptions, shell: Shell): string | undefined {
  const named = options.config ?? shell.env["SEATKEEPER_CONFIG"] ?? "";
  if (named !== "") return named;
  return existsSync(DEFAULT_CONFIG_PATH) ? DEFAULT_CONFIG_PATH : undefined;
}

export const configText = (path: string): string => readTextInput(path, "configuration");

/**
 * Who gives the command, for the audit trail: who became root to give it, and otherwise the user of
 * the process. The daemon cannot check it.
 */
function whoAsks({ env }: Shell): RawIdentity | undefined {
  const before = env["SUDO_USER"] ?? "";
  if (before !== "") return rawIdentity(before);
  try {
    return rawIdentity(userInfo().username);
  } catch {
    // A user id without a name, as in containers.
    return undefined;
  }
}

/**
 * Speaks with the running daemon of that configuration, or with the one that is named.
 * @throws CliError USAGE; what reading the files throws.
 */
export function admin(options: AdminOptions, shell: Shell): AdminClient {
  if (options.server !== undefined) return new AdminClient(remoteAdmin(options, shell));
  if (options.tokenFile !== undefined || options.caFile !== undefined) {
    throw usageError("--token-file and --ca-file go with --server");
  }
  const { socket } = siteConfig(options, shell);
  checkSocketPath(socket);
  return new AdminClient(socket, whoAsks(shell));
}

function remoteAdmin({ server = "", tokenFile, caFile }: AdminOptions, shell: Shell): RemoteAdmin {
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (url?.protocol !== "https:" || url.pathname !== "/" || url.username !== "") {
    throw usageError("--server is an address such as https://license-server:7329");
  }
  const path = tokenFile ?? shell.env["SEATKEEPER_ADMIN_TOKEN_FILE"] ?? "";
  if (path === "") throw usageError("name a file with your token by --token-file");
  const token = readSecretText(path, "token file", shell.out).trim();
  // Nothing of it is repeated: with a slip of the pen it is still most of a secret.
  if (!ADMIN_TOKEN.test(token)) throw usageError(`${path} has no token of tokens create --role`);
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? ADMIN_PORT : Number(url.port),
    token,
    ca: caFile === undefined ? undefined : readTextInput(caFile, "certificate"),
  };
}

/** Beside the clients' 7328. */
const ADMIN_PORT = 7329;
