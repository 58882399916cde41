import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Config, readConfig } from "../../src/config/config.ts";
import { aDaemon, configIn, emptyFolder, type GivenDaemon, usualTerms } from "./given.ts";

/** A daemon whose rules stand in a file that the test can change. */
export interface RuledDaemon extends GivenDaemon {
  /** Writes other groups, rules and settings; `reload` reads them. */
  write(text: string): void;
  /** Where it stands. */
  readonly path: string;
}

export async function aRuledDaemon(
  text: string,
  terms: object = usualTerms,
  more: Partial<Config> = {},
): Promise<RuledDaemon> {
  const folder = emptyFolder();
  const path = join(folder, "config.yaml");
  const write = (written: string): void => writeFileSync(path, written);
  // What a test of this process needs of its settings is not in the file.
  const reread = (): Config => {
    const { groups, rules, policy, access, log, auditor } = readConfig(
      readFileSync(path, "utf8"),
      path,
    );
    return configIn(folder, { ...more, groups, rules, policy, access, log, auditor });
  };
  write(text);
  const daemon = await aDaemon(terms, reread(), { reread });
  return { ...daemon, write, path };
}
