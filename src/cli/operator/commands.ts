import type { ListedCommand } from "../shared/listed-command.ts";

/** In the order of the help. A test compares each line with the command it loads. */
export const COMMANDS: readonly ListedCommand[] = [
  {
    usage: "init",
    summary: "make this site's keys, certificate and the ledger for a vendor",
    load: async () => (await import("./init.ts")).init,
  },
  {
    usage: "config",
    summary: "check the configuration, or make one from an options file",
    load: async () => (await import("./config.ts")).config,
  },
  {
    usage: "license",
    summary: "request, install and show licenses",
    load: async () => (await import("./license.ts")).license,
  },
  {
    usage: "serve",
    summary: "run the license daemon in the foreground; SIGTERM stops it, SIGHUP reloads it",
    load: async () => (await import("./serve.ts")).serve,
  },
  {
    usage: "reload",
    summary: "put changed rules and licenses in force while seats are held",
    load: async () => (await import("./reload.ts")).reload,
  },
  {
    usage: "status",
    summary: "show whether the daemon can serve, and what is in use",
    load: async () => (await import("./status.ts")).status,
  },
  {
    usage: "doctor",
    summary: "examine the site and say what to do about what is wrong",
    load: async () => (await import("./doctor.ts")).doctor,
  },
  {
    usage: "seats",
    summary: "list, revoke and release seats",
    load: async () => (await import("./seats.ts")).seats,
  },
  {
    usage: "named-users",
    summary: "list and change who may use what is sold for named users",
    load: async () => (await import("./named-users.ts")).namedUsers,
  },
  {
    usage: "tokens",
    summary: "make, list and revoke the tokens that prove who clients are",
    load: async () => (await import("./tokens.ts")).tokens,
  },
  {
    usage: "audit",
    summary: "show, check and export the record of what was done here",
    load: async () => (await import("./audit.ts")).audit,
  },
  {
    usage: "why",
    summary: "say what somebody who asks for a seat now would get, and why; takes no seat",
    load: async () => (await import("./why.ts")).why,
  },
  {
    usage: "usage",
    summary: "show, export and acknowledge usage",
    load: async () => (await import("./usage.ts")).usage,
  },
  {
    usage: "ledger",
    summary: "look after the sealed ledger",
    load: async () => (await import("./ledger.ts")).ledger,
  },
  {
    usage: "backup",
    summary: "write everything of this site into one file, while the daemon runs",
    load: async () => (await import("./backup.ts")).backup,
  },
  {
    usage: "restore <file>",
    summary: "make the site anew from a backup, in an empty data folder",
    load: async () => (await import("./restore.ts")).restore,
  },
  {
    usage: "run",
    summary: "hold a seat while a command runs",
    load: async () => (await import("./run.ts")).run,
  },
  {
    usage: "borrow",
    summary: "take a seat off the network for some days, for this computer",
    load: async () => (await import("./borrow.ts")).borrow,
  },
  {
    usage: "return",
    summary: "give borrowed seats back before their time",
    load: async () => (await import("./borrow.ts")).giveBack,
  },
  {
    usage: "borrowed",
    summary: "list what this computer has borrowed; needs no server",
    load: async () => (await import("./borrow.ts")).borrowed,
  },
  {
    usage: "demo",
    summary: "play the whole journey on this machine, with throw-away keys",
    load: async () => (await import("./demo/demo.ts")).demo,
  },
];
