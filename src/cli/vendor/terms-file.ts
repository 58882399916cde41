import { CodedError } from "../../base/errors.ts";
import { readYaml } from "../../config/yaml.ts";
import { TermsError } from "../../license/errors.ts";
import { unsupportedTerms } from "../../license/supported-terms.ts";
import { decodeTerms, type Terms } from "../../license/terms.ts";
import { readTextInput } from "../shared/input-file.ts";
import type { Output } from "../shared/output.ts";

/**
 * The terms a vendor wrote down, with a warning for those that no site can install yet.
 * @throws CodedError `TERMS_FIELD` naming file, line, column and field; ConfigError `CONFIG_YAML`.
 */
export function readTermsFile(path: string, out: Output): Terms {
  const yaml = readYaml(readTextInput(path, "terms file"), path);
  const terms = decoded(path, yaml);
  const early = unsupportedTerms(terms);
  if (early.length > 0) {
    out.warn(`sites of this release refuse a license with ${early.join(", ")}`);
  }
  return terms;
}

function decoded(path: string, yaml: ReturnType<typeof readYaml>): Terms {
  try {
    return decodeTerms(yaml.value);
  } catch (error) {
    if (!(error instanceof TermsError)) throw error;
    const { line, column } = yaml.lineOf(error.path);
    const field = error.path.join(".");
    throw new CodedError(error.code, `${path}:${line}:${column}: ${error.message}`, {
      cause: error,
      hint: "see seatkeeper-vendor terms for an example with every field explained",
      facts: { path, line, column, field },
    });
  }
}
