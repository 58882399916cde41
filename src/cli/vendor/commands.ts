import type { ListedCommand } from "../shared/listed-command.ts";

/** In the order of the help. A test compares each line with the command it loads. */
export const COMMANDS: readonly ListedCommand[] = [
  {
    usage: "init",
    summary: "make a vendor: its keys, its public vendor file, an empty store",
    load: async () => (await import("./init.ts")).init,
  },
  {
    usage: "terms",
    summary: "print an example of a terms file, with every field explained",
    load: async () => (await import("./terms.ts")).terms,
  },
  {
    usage: "issue",
    summary: "answer a site's activation request with a license",
    load: async () => (await import("./issue.ts")).issue,
  },
  {
    usage: "ingest <file..>",
    summary: "verify usage bundles, take them into the books, write the receipts",
    load: async () => (await import("./ingest.ts")).ingest,
  },
  {
    usage: "evidence <file>",
    summary: "say what a client's evidence file proves, and against which ledger",
    load: async () => (await import("./evidence.ts")).evidence,
  },
  {
    usage: "supersede <bundle>",
    summary: "say which of two branches of a ledger is the ledger from now on",
    load: async () => (await import("./supersede.ts")).supersede,
  },
  {
    usage: "report",
    summary: "show the usage that sites have reported",
    load: async () => (await import("./report.ts")).report,
  },
  {
    usage: "sites",
    summary: "list the sites that were licensed and when they last reported",
    load: async () => (await import("./sites.ts")).sites,
  },
  {
    usage: "release",
    summary: "give up a borrowed seat whose workstation is lost",
    load: async () => (await import("./release.ts")).release,
  },
  {
    usage: "revoke",
    summary: "no longer stand by a license, or by all that an issuing key has signed",
    load: async () => (await import("./revoke.ts")).revoke,
  },
  {
    usage: "keys",
    summary: "show and renew the vendor's keys",
    load: async () => (await import("./keys.ts")).keys,
  },
  {
    usage: "backup",
    summary: "write the vendor's keys and books to one file",
    load: async () => (await import("./backup.ts")).backup,
  },
  {
    usage: "restore",
    summary: "make a vendor's folder from a backup, and try its keys",
    load: async () => (await import("./restore.ts")).restore,
  },
  {
    usage: "passphrase",
    summary: "change the passphrase of the vendor's keys",
    load: async () => (await import("./passphrase.ts")).passphrase,
  },
];
