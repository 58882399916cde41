import { TERMS_EXAMPLE } from "../../license/terms-example.ts";
import { type Command, command } from "../shared/command.ts";
import { EXIT } from "../shared/exit.ts";

/** `seatkeeper-vendor terms`: an example to start from. */
export const terms: Command = command({
  command: "terms",
  summary: "print an example of a terms file, with every field explained",
  options: {},
  examples: [["terms > terms.yaml", "start from the example"]],
  run(_options, { out }) {
    out.text(TERMS_EXAMPLE);
    return EXIT.done;
  },
});
