import type { Config } from "../../config/config.ts";
import { ConfigError } from "../../config/errors.ts";
import { examine } from "../../daemon/doctor.ts";
import { CHECKS, type Finding, ok, problem } from "../../daemon/doctor-finding.ts";
import { type Command, command } from "../shared/command.ts";
import { JSON_OPTION } from "../shared/common-options.ts";
import { EXIT } from "../shared/exit.ts";
import type { Output, Style } from "../shared/output.ts";
import { configPath, SITE_OPTIONS, siteConfig } from "./site-options.ts";
import { counted } from "./words.ts";

/** `seatkeeper doctor`: exit code 3 when there is a problem; warnings alone leave it at 0. */
export const doctor: Command = command({
  command: "doctor",
  summary: "examine the site and say what to do about what is wrong",
  options: { ...SITE_OPTIONS, ...JSON_OPTION },
  examples: [
    ["doctor", "with the daemon running or stopped, as the owner of the data folder"],
    ["doctor --json | jq '.findings[] | select(.verdict != \"ok\")'", "a script that looks"],
  ],
  async run(options, shell) {
    const file = configPath(options, shell) ?? null;
    const findings = sorted(await findingsOf(file, () => siteConfig(options, shell)));
    const isSound = findings.every(({ verdict }) => verdict !== "problem");
    if (options.json) shell.out.json({ sound: isSound, findings });
    else describe(shell.out, findings);
    return isSound ? EXIT.done : EXIT.unverified;
  },
});

/** Without a configuration that can be read nobody knows where to look further. */
async function findingsOf(file: string | null, read: () => Config): Promise<readonly Finding[]> {
  try {
    const config = read();
    const text = file === null ? "there is none: the defaults hold" : `${file} is in order`;
    return [ok("config", text), ...(await examine(config))];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [problem("config", error.message, error.hint ?? "seatkeeper config check")];
  }
}

const sorted = (findings: readonly Finding[]): readonly Finding[] =>
  findings.toSorted((one, other) => CHECKS.indexOf(one.check) - CHECKS.indexOf(other.check));

const STYLES: Readonly<Record<Finding["verdict"], Style>> = {
  ok: "green",
  warning: "yellow",
  problem: "red",
};

function describe(out: Output, findings: readonly Finding[]): void {
  for (const { check, verdict, text, remedy } of findings) {
    out.line(`${out.paint(STYLES[verdict], verdict.padEnd(7))}  ${check.padEnd(11)}  ${text}`);
    if (remedy !== null) out.line(`         ${out.paint("cyan", "hint")}         ${remedy}`);
  }
  const problems = findings.filter(({ verdict }) => verdict === "problem").length;
  const warnings = findings.filter(({ verdict }) => verdict === "warning").length;
  out.line();
  out.line(`${counted(problems, "problem")}, ${counted(warnings, "warning")}`);
}
