import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import { type RawIdentity, rawIdentity } from "../../base/identity.ts";
import { type Config, DEFAULT_CONFIG, readConfig } from "../../config/config.ts";
import { AdminClient } from "../../daemon/admin-client.ts";
import { checkSocketPath } from "../../daemon/admin-socket.ts";
import type { Shell } from "../shared/command.ts";
import { readTextInput } from "../shared/input-file.ts";

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

/** Speaks with the running daemon of that configuration. */
export function admin(options: SiteOptions, shell: Shell): AdminClient {
  const { socket } = siteConfig(options, shell);
  checkSocketPath(socket);
  return new AdminClient(socket, whoAsks(shell));
}
