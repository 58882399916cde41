import { CodedError } from "../../base/errors.ts";
import type { UnixMillis } from "../../base/time.ts";
import { readYaml } from "../../config/yaml.ts";
import { TermsError } from "../../license/errors.ts";
import { featureValidity } from "../../license/license-checks.ts";
import { decodeTerms, type Terms } from "../../license/terms.ts";
import { readTextInput } from "../shared/input-file.ts";

/**
 * The terms a vendor wrote down.
 * @throws CodedError `TERMS_FIELD` naming file, line, column and field; ConfigError `CONFIG_YAML`.
 */
export function readTermsFile(path: string, options: TermsFileOptions): Terms {
  const yaml = readYaml(readTextInput(path, "terms file"), path);
  const terms = decoded(path, yaml);
  if (!options.force) refuseEnded(path, yaml, terms, options.now);
  return terms;
}

export interface TermsFileOptions {
  /** True accepts what has ended before `now`. */
  readonly force: boolean;
  readonly now: UnixMillis;
}

function decoded(path: string, yaml: Yaml): Terms {
  try {
    return decodeTerms(yaml.value);
  } catch (error) {
    if (!(error instanceof TermsError)) throw error;
    const hint = "see seatkeeper-vendor terms for an example with every field explained";
    throw located(path, yaml, error, hint);
  }
}

/** A slip of the year would otherwise be found at the site, after the license has travelled. */
function refuseEnded(path: string, yaml: Yaml, terms: Terms, now: UnixMillis): void {
  const ends = [
    { path: ["not_after"], endsAt: terms.notAfter },
    ...terms.features.map((feature, index) => ({
      path: ["features", index, "expires_at"],
      endsAt: featureValidity(terms, feature).endsAt,
    })),
  ];
  const ended = ends.find(({ endsAt }) => endsAt !== null && endsAt <= now);
  if (ended === undefined) return;
  const error = new TermsError(ended.path, "is in the past");
  throw located(path, yaml, error, "correct the date, or add --force to issue it all the same");
}

type Yaml = ReturnType<typeof readYaml>;

/** The error with the place in the file that it is about. */
function located(file: string, yaml: Yaml, error: TermsError, hint: string): CodedError {
  const { line, column } = yaml.lineOf(error.path);
  return new CodedError(error.code, `${file}:${line}:${column}: ${error.message}`, {
    cause: error,
    hint,
    facts: { path: file, line, column, field: error.path.join(".") },
  });
}
