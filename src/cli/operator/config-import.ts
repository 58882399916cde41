import { basename } from "node:path";
import { readConfig } from "../../config/config.ts";
import { configText } from "../../options/config-text.ts";
import { FLEXNET } from "../../options/flexnet.ts";
import type { Dialect } from "../../options/keyword.ts";
import { RLM } from "../../options/rlm.ts";
import { translateOptions } from "../../options/translate.ts";
import type { Account, Fate, Translation } from "../../options/translation.ts";
import { type Command, command } from "../shared/command.ts";
import { FORCE_OPTION, JSON_OPTION } from "../shared/common-options.ts";
import { usageError } from "../shared/errors.ts";
import { EXIT } from "../shared/exit.ts";
import { readTextInput } from "../shared/input-file.ts";
import type { Output } from "../shared/output.ts";
import { checkOutput, refuseInputAsOutput, writeOutput } from "../shared/output-file.ts";
import { counted } from "./words.ts";

const file = { type: "string", requiresArg: true } as const;

/** `seatkeeper config import`: exit code 1 when something of the file could not be translated. */
export const importOptions: Command = command({
  command: "import",
  summary:
    "translate an options file of FlexNet or RLM; exit code 1 when a part has no translation",
  options: {
    flexnet: { ...file, describe: "an options file of FlexNet" },
    rlm: { ...file, describe: "an options file of an RLM ISV server" },
    out: { ...file, describe: "write the groups and rules to this file instead of stdout" },
    ...FORCE_OPTION,
    ...JSON_OPTION,
  },
  examples: [
    ["config import --flexnet a.opt", "list what has no translation, print the rest"],
    ["config import --rlm a.opt --out r.yaml", "then see: seatkeeper config check r.yaml"],
  ],
  run({ flexnet, rlm, out, force, json }, shell) {
    const { path, dialect } = source(flexnet, rlm);
    if (out !== undefined) {
      refuseInputAsOutput(out, [["options file", path]]);
      checkOutput(out, { force });
    }
    const translation = translateOptions(readTextInput(path, "options file"), dialect);
    const yaml = configText(translation, basename(path));
    // What leaves is what the daemon will take; a refusal here would be a defect of ours.
    readConfig(yaml, out ?? "rules.yaml");
    if (out !== undefined) writeOutput(out, yaml, { force });
    if (json) shell.out.json(report(path, dialect, translation, { out: out ?? null, yaml }));
    else describe(shell.out, translation, { path, out, yaml });
    const isWhole = told(translation, "untranslated").length === 0;
    return isWhole ? EXIT.done : EXIT.refused;
  },
});

function source(
  flexnet: string | undefined,
  rlm: string | undefined,
): { readonly path: string; readonly dialect: Dialect } {
  if (flexnet !== undefined && rlm === undefined) return { path: flexnet, dialect: FLEXNET };
  if (rlm !== undefined && flexnet === undefined) return { path: rlm, dialect: RLM };
  throw usageError("name one options file: --flexnet FILE or --rlm FILE");
}

/** What `--json` prints. */
function report(
  path: string,
  dialect: Dialect,
  translation: Translation,
  written: { readonly out: string | null; readonly yaml: string },
): object {
  return {
    file: path,
    format: dialect.name,
    groups: translation.groups.length,
    rules: translation.rules.length,
    translated: told(translation, "translated"),
    notes: told(translation, "noted"),
    ignored: told(translation, "ignored").filter(({ keyword }) => keyword !== ""),
    untranslated: told(translation, "untranslated"),
    ...written,
  };
}

/** The accounts of one fate, flat. */
function told<Kind extends Fate["kind"]>(
  { accounts }: Translation,
  kind: Kind,
): readonly (Omit<Account, "fate"> & Omit<Extract<Fate, { readonly kind: Kind }>, "kind">)[] {
  return accounts.flatMap(({ fate, ...lines }) => {
    if (!isOf(fate, kind)) return [];
    const { kind: _, ...words } = fate;
    return [{ ...lines, ...words }];
  });
}

function isOf<Kind extends Fate["kind"]>(
  fate: Fate,
  kind: Kind,
): fate is Extract<Fate, { readonly kind: Kind }> {
  return fate.kind === kind;
}

function describe(
  out: Output,
  translation: Translation,
  {
    path,
    out: target,
    yaml,
  }: { readonly path: string; readonly out: string | undefined; readonly yaml: string },
): void {
  const { groups, rules, accounts } = translation;
  if (target === undefined) out.text(yaml);
  else {
    const made = `${counted(rules.length, "rule")}, ${counted(groups.length, "group")}`;
    out.line(`${target}: ${made}`);
  }
  for (const { line, keyword, fate } of accounts) {
    const said = remarkOn(fate);
    if (keyword === "" || said === undefined) continue;
    const where = `${path}:${line}: ${keyword}`;
    if (fate.kind !== "ignored") out.warn(`${where}: ${said}`);
    else out.note(`${where}: ${said}`);
  }
  const open = told(translation, "untranslated").length;
  if (open > 0) out.note(`${counted(open, "thing")} could not be translated`);
}

/** What a person should know of it; undefined where all is said by the rule itself. */
function remarkOn(fate: Fate): string | undefined {
  if (fate.kind === "translated") return undefined;
  if (fate.kind === "noted") return fate.note;
  if (fate.kind === "ignored") return `ignored: ${fate.why}`;
  return `not translated: ${fate.why}; ${fate.instead}`;
}
