// Who may import whom. Data flows down this list: a module sees only rows above it.
// docs/ARCHITECTURE.md draws the same table; test/architecture.test.ts proves it bites.

/** @type {Readonly<Record<string, readonly string[]>>} */
export const MAY_IMPORT = {
  // Vocabulary: brands, time, errors. Imports nothing.
  base: [],
  // Pure core: values in, values out. No files, sockets, timers or present moment.
  crypto: ["base"],
  merkle: ["base", "crypto"],
  note: ["base", "crypto"],
  protocol: ["base"],
  license: ["base", "crypto", "note"],
  seats: ["base"],
  rules: ["base"],
  options: ["base", "rules"],
  privacy: ["base", "crypto"],
  ledger: ["base", "crypto", "merkle", "note"],
  bundle: ["base", "crypto", "merkle", "note", "ledger", "license"],
  // Edges: each owns one kind of outside world.
  clock: ["base"],
  log: ["base", "privacy"],
  config: ["base", "rules"],
  store: ["base", "seats", "ledger"],
  console: ["base", "protocol"],
  client: ["base", "crypto", "merkle", "note", "protocol", "license", "clock"],
  // Programs: they join the pieces.
  daemon: [
    "base",
    "crypto",
    "merkle",
    "note",
    "protocol",
    "license",
    "seats",
    "rules",
    "privacy",
    "ledger",
    "bundle",
    "clock",
    "log",
    "config",
    "store",
    "console",
  ],
  vendor: ["base", "crypto", "merkle", "note", "license", "ledger", "bundle", "clock"],
  // What every program does at its edge: exit codes, colours, tables, prompts.
  "cli/shared": ["base"],
  "cli/operator": [
    "base",
    "crypto",
    "note",
    "protocol",
    "license",
    "rules",
    "options",
    "ledger",
    "bundle",
    "clock",
    "log",
    "config",
    "store",
    "client",
    "daemon",
    "cli/shared",
  ],
  "cli/vendor": ["base", "clock", "config", "license", "vendor", "cli/shared"],
  "cli/auditor": ["base", "bundle", "ledger", "note", "cli/shared"],
};

/** Modules whose whole import graph stays free of input and output. */
export const PURE = [
  "base",
  "crypto",
  "merkle",
  "note",
  "protocol",
  "license",
  "seats",
  "rules",
  "options",
  "privacy",
  "ledger",
  "bundle",
];

/** Outside packages and Node modules, and the only modules that may name them. */
export const OWNERS = {
  "@noble": ["crypto"],
  "@peculiar/x509": ["crypto"],
  "reflect-metadata": ["crypto"],
  "better-sqlite3": ["store", "vendor"],
  cborg: ["ledger"],
  "node-cron": ["clock"],
  pino: ["log"],
  ws: ["daemon", "client"],
  yaml: ["config"],
  yargs: ["cli/shared", "cli/operator", "cli/vendor", "cli/auditor"],
  zod: ["protocol", "license", "config"],
  "node:crypto": ["crypto"],
  "node:http": ["daemon"],
  "node:https": ["daemon"],
  "node:net": ["daemon"],
  "node:tls": ["daemon", "client"],
  "node:timers/promises": ["clock"],
  "node:process": ["cli/shared", "cli/operator", "cli/vendor", "cli/auditor"],
};
