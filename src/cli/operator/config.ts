import type { ConfigFile } from "../../config/config.ts";
import { readConfigFile } from "../../config/config.ts";
import { ConfigError } from "../../config/errors.ts";
import type { Place } from "../../config/yaml.ts";
import { AdminClient } from "../../daemon/admin-client.ts";
import { DaemonError } from "../../daemon/errors.ts";
import type { Finding, LicensedFeature, Severity } from "../../rules/finding.ts";
import { reviewRules } from "../../rules/review.ts";
import { ruleInWords } from "../../rules/words.ts";
import { type Command, command, group } from "../shared/command.ts";
import { JSON_OPTION } from "../shared/common-options.ts";
import { EXIT } from "../shared/exit.ts";
import type { Output, Style } from "../shared/output.ts";
import { importOptions } from "./config-import.ts";
import { configPath, configText, SITE_OPTIONS, siteConfig } from "./site-options.ts";
import { counted } from "./words.ts";

/** What `config check` has to say; `--json` prints it as it is. */
interface Report {
  readonly file: string;
  readonly groups: readonly string[];
  readonly rules: readonly RuleReport[];
  readonly findings: readonly Remark[];
  /** Whether the rules were compared with what the licenses have, as the running daemon told. */
  readonly licensesKnown: boolean;
  /** Where the daemon was asked for; null where nobody was asked. */
  readonly socket: string | null;
}

interface RuleReport {
  readonly id: string;
  readonly kind: string;
  readonly line: number;
  readonly does: string;
  readonly reason: string | null;
}

interface Remark extends Place {
  readonly severity: Severity;
  readonly rule: string | null;
  /** The option as written with dots. */
  readonly field: string;
  readonly text: string;
}

const check = command({
  command: "check [file]",
  summary: "say what each rule of the configuration does, and what contradicts what",
  options: {
    file: { type: "string", describe: "the configuration [default: the installed one]" },
    ...SITE_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [
    ["config check new.yaml", "look at a configuration before it is installed"],
    ["config check rules.yaml --config site.yaml", "compare rules with the licenses of that site"],
  ],
  async run({ file, config, json }, shell) {
    const path = configPath({ config: file ?? config }, shell);
    // Rules alone, in a file of their own, do not say where the daemon of the site is.
    const site =
      file === undefined || config === undefined ? undefined : siteConfig({ config }, shell).socket;
    const report = path === undefined ? NOTHING : await reportOn(path, configText(path), site);
    if (json) shell.out.json(report);
    else describe(shell.out, report, file !== undefined && site === undefined);
    const sound = report.findings.every(({ severity }) => severity === "remark");
    return sound ? EXIT.done : EXIT.refused;
  },
});

export const config: Command = group(
  "config",
  "check the configuration, or make one from an options file",
  [check, importOptions],
);

/** There is no file: the defaults hold, and they have no rules. */
const NOTHING: Report = {
  file: "",
  groups: [],
  rules: [],
  findings: [],
  licensesKnown: false,
  socket: null,
};

async function reportOn(file: string, text: string, site: string | undefined): Promise<Report> {
  try {
    return await review(file, readConfigFile(text, file), site);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const findings = error.problems.map(({ line, column, field, reason }): Remark => {
      return { severity: "error", rule: null, line, column, field, text: reason };
    });
    return { ...NOTHING, file, findings };
  }
}

/** @param site the socket of the site, where the file is not its configuration. */
async function review(
  file: string,
  { config: read, placeOf }: ConfigFile,
  site: string | undefined,
): Promise<Report> {
  const socket = site ?? read.socket;
  const licensed = await licensedFeatures(socket);
  return {
    file,
    groups: Object.keys(read.groups),
    rules: read.rules.map((written, index) => ({
      id: written.rule.ruleId,
      kind: written.kind,
      line: placeOf(["rules", index]).line,
      does: ruleInWords(written),
      reason: written.rule.reason ?? null,
    })),
    findings: reviewRules(read, licensed).map((finding) => remarkOf(finding, placeOf)),
    licensesKnown: licensed !== undefined,
    socket,
  };
}

function remarkOf(
  { severity, ruleId, path, text }: Finding,
  placeOf: ConfigFile["placeOf"],
): Remark {
  return { severity, rule: ruleId, ...placeOf(path), field: path.join("."), text };
}

/** What the licenses have now; undefined when no daemon is there to ask. */
async function licensedFeatures(socket: string): Promise<readonly LicensedFeature[] | undefined> {
  try {
    const { vendors } = await new AdminClient(socket).status();
    return vendors.flatMap(({ features }) =>
      features.map(({ feature, seats }) => ({ name: feature, seats })),
    );
  } catch (error) {
    if (error instanceof DaemonError && error.code === "ADMIN_UNREACHABLE") return undefined;
    throw error;
  }
}

const STYLES: Readonly<Record<Severity, Style>> = {
  error: "red",
  contradiction: "yellow",
  remark: "cyan",
};

/** @param isAlone whether no configuration was named besides the file. */
function describe(out: Output, report: Report, isAlone: boolean): void {
  const { file, groups, rules, findings, licensesKnown, socket } = report;
  if (file === "") return out.note("there is no configuration; the defaults hold");
  for (const { severity, rule, line, column, field, text } of findings) {
    const what = rule ?? field;
    const prefix = `${file}:${line}:${column}: ${out.paint(STYLES[severity], severity)}: `;
    out.line(`${prefix}${what === "" ? "" : `${what}: `}${text}`);
  }
  if (findings.some(({ severity }) => severity === "error")) return;
  if (findings.length > 0) out.line();
  out.line(`${file}: ${counted(rules.length, "rule")}, ${counted(groups.length, "group")}`);
  for (const { id, line, does, reason } of rules) {
    out.line();
    out.line(`${out.paint("bold", id)}  line ${line}`);
    out.line(`  ${does}`);
    if (reason !== null) out.line(`  who is denied reads: ${reason}`);
  }
  if (rules.length > 0 && !licensesKnown) {
    out.note(`no daemon answers on ${socket}, so the rules were not compared with the licenses`);
    if (isAlone) {
      out.note("if it has another socket, name the site's configuration with --config");
    }
  }
}
