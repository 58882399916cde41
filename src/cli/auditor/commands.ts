import type { ListedCommand } from "../shared/listed-command.ts";

/** In the order of the help. A test compares each line with the command it loads. */
export const COMMANDS: readonly ListedCommand[] = [
  {
    usage: "init",
    summary: "make an auditor's key; its public half goes to the administrator",
    load: async () => (await import("./init.ts")).init,
  },
  {
    usage: "key <file>",
    summary: "show the public half of an auditor's key again",
    load: async () => (await import("./key.ts")).key,
  },
  {
    usage: "show <file>",
    summary: "print everything that a bundle or ledger tells, and the checks",
    load: async () => (await import("./show.ts")).show,
  },
  {
    usage: "verify <file>",
    summary: "recompute all that an auditor can, and say what only the vendor can check",
    load: async () => (await import("./verify.ts")).verify,
  },
];
