import { type Command, command } from "../shared/command.ts";
import { JSON_OPTION } from "../shared/common-options.ts";
import { EXIT } from "../shared/exit.ts";
import { ADMIN_OPTIONS, admin } from "./site-options.ts";
import { counted } from "./words.ts";

/** `seatkeeper reload`: what SIGHUP does, with an answer. */
export const reload: Command = command({
  command: "reload",
  summary: "put changed rules and licenses in force while seats are held",
  options: { ...ADMIN_OPTIONS, ...JSON_OPTION },
  examples: [["config check && seatkeeper reload", "look at the rules first"]],
  async run(options, shell) {
    const done = await admin(options, shell).reload();
    if (options.json) {
      shell.out.json(done);
      return EXIT.done;
    }
    shell.out.line(
      `in force: ${counted(done.rules, "rule")}, ${counted(done.groups, "group")} of the configuration`,
    );
    for (const { vendor, licenseId, change } of done.licenses) {
      shell.out.line(`license ${licenseId} of ${vendor} ${change}`);
    }
    for (const { ruleId, text } of done.findings) {
      shell.out.warn(ruleId === null ? text : `rule ${ruleId}: ${text}`);
    }
    if (done.needsRestart.length > 0) {
      shell.out.warn(`these settings wait for a restart: ${done.needsRestart.join(", ")}`);
    }
    return EXIT.done;
  },
});
