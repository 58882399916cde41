import type { AdminWhy } from "../../protocol/admin/why.ts";
import { readAddress } from "../../rules/network.ts";
import { type Command, command } from "../shared/command.ts";
import { JSON_OPTION } from "../shared/common-options.ts";
import { usageError } from "../shared/errors.ts";
import { EXIT } from "../shared/exit.ts";
import type { Output } from "../shared/output.ts";
import { prospectsInWords, reasonInWords } from "./denial-words.ts";
import { identity } from "./identity-option.ts";
import { seatWish } from "./seat-wish.ts";
import { ADMIN_OPTIONS, admin } from "./site-options.ts";

const text = { type: "string", requiresArg: true } as const;

/** `seatkeeper why`: exit code 1 when a seat would be denied. */
export const why: Command = command({
  command: "why",
  summary: "say what somebody who asks for a seat now would get, and why; takes no seat",
  options: {
    feature: { ...text, demandOption: true, describe: "the feature" },
    user: { ...text, demandOption: true, describe: "the login, as the client sends it" },
    host: { ...text, demandOption: true, describe: "the host name, as the client sends it" },
    address: { ...text, describe: "the IP address, where rules name networks" },
    vendor: { ...text, describe: "the vendor's name, where several sell the feature" },
    "feature-version": { ...text, describe: "the version of the program" },
    "version-date": { ...text, describe: "the day it was released, as 2026-11-30" },
    count: { type: "number", requiresArg: true, default: 1, describe: "seats to ask for" },
    proven: {
      choices: ["user", "host"],
      array: true,
      requiresArg: true,
      describe: "what a token would prove: user, host, or both",
    },
    ...ADMIN_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [
    ["why --feature cad.pro --user ada --host ws7", "why does ada get no seat?"],
    ["why --feature cad.pro --user ada --host ws7 --proven user", "and if she shows a token?"],
  ],
  async run(options, shell) {
    const { address, vendor, proven } = options;
    const { version = "0", ...wish } = seatWish(options);
    if (address !== undefined && readAddress(address) === undefined) {
      throw usageError(`${JSON.stringify(address)} is not an IP address`, "write it like 10.1.2.3");
    }
    const found = await admin(options, shell).why({
      ...wish,
      version,
      user: identity("--user", options.user),
      host: identity("--host", options.host),
      ...(address === undefined ? {} : { address }),
      ...(vendor === undefined ? {} : { vendor }),
      ...(proven === undefined ? {} : { proven: [...new Set(proven)] }),
    });
    if (options.json) shell.out.json(found);
    else describe(shell.out, found);
    return found.outcome === "granted" ? EXIT.done : EXIT.refused;
  },
});

function describe(out: Output, { outcome, overdraft, groups, denial, ...found }: AdminWhy): void {
  const verdict =
    outcome === "granted"
      ? `${out.paint("green", "granted")}${overdraft ? ", above the license's seats" : ""}`
      : `${out.paint("red", "denied")}${denial === null ? "" : `: ${reasonInWords(denial)}`}`;
  out.line(`${found.feature} of ${found.vendor}: ${verdict}`);
  if (denial !== null) {
    for (const line of prospectsInWords(denial)) out.line(`  ${line}`);
    out.line(`  ${out.paint("cyan", "hint")}  ${denial.hint}`);
  }
  for (const also of found.reasons.slice(1)) out.line(`  also against it: ${reasonInWords(also)}`);
  out.line(`  groups: ${groups.length === 0 ? "none" : groups.join(", ")}`);
  out.line(`  known here as ${found.user} on ${found.host}`);
}
