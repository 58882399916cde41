import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/leftovers.ts";
import { expectSession, Terminal } from "../support/terminal.ts";

describe("a command line that means nothing", () => {
  it("ends with 2, and a way out", async () => {
    await expectSession(
      new Terminal(temporaryFolder()),
      `
      $ seatkeeper
      ! seatkeeper: error: name a command
      ! seatkeeper: hint: see seatkeeper --help
      = 2

      $ seatkeeper stauts
      ! seatkeeper: error: unknown command: stauts
      ! seatkeeper: hint: did you mean status?
      = 2

      $ seatkeeper usage exprot
      ! seatkeeper: error: unknown command: exprot
      ! seatkeeper: hint: did you mean export?
      = 2

      $ seatkeeper seats list --jsno
      ! seatkeeper: error: unknown option: --jsno
      ! seatkeeper: hint: did you mean --json?
      = 2

      $ seatkeeper license
      ! seatkeeper: error: name a command
      ! seatkeeper: hint: see seatkeeper license --help
      = 2

      $ seatkeeper -- cad
      ! seatkeeper: error: name a command
      ! seatkeeper: hint: see seatkeeper --help
      = 2

      $ seatkeeper usage -- show
      ! seatkeeper: error: name a command
      ! seatkeeper: hint: see seatkeeper usage --help
      = 2

      $ seatkeeper status -- now
      ! seatkeeper: error: unexpected arguments after --: now
      = 2

      $ seatkeeper serve --config a.yaml --config b.yaml
      ! seatkeeper: error: --config is given twice
      = 2
      `,
    );
  });
});

describe("seatkeeper --help", () => {
  it("is there for the program and for each of its commands", async () => {
    const terminal = new Terminal(temporaryFolder());
    const { code, stdout } = await terminal.type("seatkeeper --help");
    expect(code).toBe(0);
    const commands = stdout.slice(0, stdout.indexOf("Options:"));
    expect([...commands.matchAll(/^ {2}seatkeeper ([\w-]+) /gm)].map(([, name]) => name)).toEqual([
      "completion",
      "init",
      "config",
      "license",
      "serve",
      "reload",
      "status",
      "doctor",
      "seats",
      "named-users",
      "tokens",
      "audit",
      "why",
      "usage",
      "ledger",
      "backup",
      "restore",
      "run",
      "borrow",
      "return",
      "borrowed",
      "demo",
    ]);
    expect(stdout).toMatch(
      /exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 verification failed\n$/,
    );
    await expectSession(
      terminal,
      `
      $ seatkeeper --version
      0.1.0
      = 0

      $ seatkeeper ledger verify --help
      seatkeeper ledger verify

      check the ledger as far as it can be checked without the vendor's keys

      Options:
        -h, --help     show help                                                                 [boolean]
        -v, --version  show the version                                                          [boolean]
            --vendor   the vendor's name, where there are several                                 [string]
            --archive  archives to check against the ledger as well, *.skarchive                   [array]
            --config   configuration [default: $SEATKEEPER_CONFIG or /etc/seatkeeper/config.yaml] [string]
            --json     print machine-readable JSON                              [boolean] [default: false]

      Examples:
        seatkeeper ledger verify                            with the daemon running or stopped; nothing is
                                                            changed
        seatkeeper ledger verify --archive                  and what was moved out of it
        /mnt/archive/*.skarchive
      = 0
      `,
    );
  });
});
