import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { leaseOf, somebody, Workstation } from "../daemon/workstation.ts";
import { aRuledDaemon } from "../daemon/written-rules.ts";
import { temporaryFolder } from "../support/leftovers.ts";
import { expectSession, Terminal } from "../support/terminal.ts";

const FLEXNET_FILE = `# who may use what
GROUP cad ada bob \\
      cleo
HOST_GROUP farm node1 node2
INCLUDE cad.pro GROUP cad
INCLUDE cad.pro HOST_GROUP farm
EXCLUDE cad.pro USER bob
RESERVE 2 cad.pro USER ada
MAX 1 cad.pro HOST_GROUP farm
EXCLUDEALL INTERNET 10.1.*.*
`;

const RLM_FILE = `GROUP Engineers Ada bob
EXCLUDE sim.solver group engineers
MAX 1 cad.pro user *
`;

function folderWith(files: Readonly<Record<string, string>>): Terminal {
  const terminal = new Terminal(temporaryFolder());
  for (const [name, text] of Object.entries(files)) terminal.write(name, text);
  return terminal;
}

describe("seatkeeper config import", () => {
  it("prints groups and rules, each below the line it came from", async () => {
    const terminal = folderWith({ "acme.opt": FLEXNET_FILE });
    await expectSession(
      terminal,
      `
      $ seatkeeper config import --flexnet acme.opt
      # Groups and rules of acme.opt. Compare them with what is meant:
      #   seatkeeper config check FILE
      groups:
        # acme.opt:2: GROUP cad ada bob cleo
        cad:
          users: [ada, bob, cleo]
        # acme.opt:4: HOST_GROUP farm node1 node2
        farm:
          hosts: [node1, node2]
        # acme.opt:7: EXCLUDE cad.pro USER bob
        user-line-7:
          users: [bob]
        # acme.opt:8: RESERVE 2 cad.pro USER ada
        user-line-8:
          users: [ada]
        # acme.opt:10: EXCLUDEALL INTERNET 10.1.*.*
        net-line-10:
          networks: ["10.1.0.0/16"]
      rules:
        # acme.opt:5: INCLUDE cad.pro GROUP cad
        - id: include-line-5
          include: { feature: cad.pro, who: cad }
        # acme.opt:6: INCLUDE cad.pro HOST_GROUP farm
        - id: include-line-6
          include: { feature: cad.pro, who: farm }
        # acme.opt:7: EXCLUDE cad.pro USER bob
        - id: exclude-line-7
          exclude: { feature: cad.pro, who: user-line-7 }
        # acme.opt:8: RESERVE 2 cad.pro USER ada
        - id: reserve-line-8
          reserve: { feature: cad.pro, seats: 2, for: user-line-8 }
        # acme.opt:9: MAX 1 cad.pro HOST_GROUP farm
        - id: max-line-9
          max: { feature: cad.pro, seats: 1, per: group, who: farm }
        # acme.opt:10: EXCLUDEALL INTERNET 10.1.*.*
        - id: exclude-line-10
          exclude: { feature: "*", who: net-line-10 }
      = 0
      `,
    );
  });

  it("lists what it could not translate, writes the rest, and ends with 1", async () => {
    const terminal = folderWith({
      "site.opt": "MAX 1 write user *\nTIMEZONE fff\nNOLOG in\nEXCLUDE write project apollo\n",
    });
    await expectSession(
      terminal,
      `
      $ seatkeeper config import --rlm site.opt --out rules.yaml
      rules.yaml: 1 rule, 0 groups
      ! seatkeeper: warning: site.opt:1: MAX: a login in another case counts as another user
      ! seatkeeper: warning: site.opt:2: TIMEZONE: not translated: clients do not say their time zone; name the networks instead
      ! seatkeeper: site.opt:3: NOLOG: ignored: what is logged is set by log.level, and no log has names of users or hosts
      ! seatkeeper: warning: site.opt:4: EXCLUDE: not translated: rules know users, hosts and networks, not projects; name the users or hosts instead
      ! seatkeeper: 2 things could not be translated
      = 1

      $ seatkeeper config check rules.yaml
      rules.yaml: 1 rule, 0 groups

      max-line-1  line 6
        lets each user hold at most 1 seat of write at a time
      ! seatkeeper: no daemon answers on /run/seatkeeper/admin.sock, so the rules were not compared with the licenses
      ! seatkeeper: if it has another socket, name the site's configuration with --config
      = 0

      $ seatkeeper config import --rlm site.opt --out rules.yaml
      ! seatkeeper: error: rules.yaml exists already (OUTPUT_EXISTS)
      ! seatkeeper: hint: choose another name, or add --force to replace it
      = 1
      `,
    );
  });

  it("tells scripts everything as data", async () => {
    const terminal = folderWith({
      "acme.opt": "GROUP cad ada\nEXCLUDE Cad GROUP cad\nNOLOG IN\n\nMAX_OVERDRAFT f1 \\\n7\n",
    });
    expect(await terminal.json("seatkeeper config import --flexnet acme.opt", 1)).toEqual({
      file: "acme.opt",
      format: "FlexNet",
      groups: 1,
      rules: 1,
      translated: [
        { line: 1, last: 1, keyword: "GROUP", as: "cad" },
        { line: 2, last: 2, keyword: "EXCLUDE", as: "exclude-line-2" },
      ],
      notes: [
        {
          line: 2,
          last: 2,
          keyword: "EXCLUDE",
          note: "Cad is cad here; see in `seatkeeper status` whether the vendor calls it so",
        },
      ],
      ignored: [
        {
          line: 3,
          last: 3,
          keyword: "NOLOG",
          why: "what is logged is set by log.level, and no log has names of users or hosts",
        },
      ],
      untranslated: [
        {
          line: 5,
          last: 6,
          keyword: "MAX_OVERDRAFT",
          why: expect.any(String) as string,
          instead: expect.any(String) as string,
        },
      ],
      out: null,
      yaml: expect.stringContaining("exclude-line-2") as string,
    });
  });

  it("wants exactly one options file that it can read", async () => {
    const terminal = folderWith({ "a.opt": "", big: "x".repeat(1_048_577) });
    await expectSession(
      terminal,
      `
      $ seatkeeper config import
      ! seatkeeper: error: name one options file: --flexnet FILE or --rlm FILE
      = 2

      $ seatkeeper config import --flexnet a.opt --rlm a.opt
      ! seatkeeper: error: name one options file: --flexnet FILE or --rlm FILE
      = 2

      $ seatkeeper config import --flexnet a.opt --out a.opt
      ! seatkeeper: error: --out a.opt is the options file
      = 2

      $ seatkeeper config import --flexnet none.opt
      ! seatkeeper: error: no such options file: none.opt (FILE_NOT_FOUND)
      ! seatkeeper: hint: check the spelling and the folder
      = 1

      $ seatkeeper config import --flexnet big --out rules.yaml
      ! seatkeeper: error: options file big is larger than <n> bytes (FILE_TOO_LARGE)
      ! seatkeeper: hint: this is probably another kind of file
      = 1
      `,
    );
    expect(existsSync(terminal.path("rules.yaml"))).toBe(false);
  });

  it("explains itself", async () => {
    await expectSession(
      folderWith({}),
      `
      $ seatkeeper config import --help
      seatkeeper config import

      translate an options file of FlexNet or RLM; exit code 1 when a part has no translation

      Options:
        -h, --help     show help                                                                 [boolean]
        -v, --version  show the version                                                          [boolean]
            --flexnet  an options file of FlexNet                                                 [string]
            --rlm      an options file of an RLM ISV server                                       [string]
            --out      write the groups and rules to this file instead of stdout                  [string]
            --force    replace an existing file                                 [boolean] [default: false]
            --json     print machine-readable JSON                              [boolean] [default: false]

      Examples:
        seatkeeper config import --flexnet a.opt           list what has no translation, print the rest
        seatkeeper config import --rlm a.opt --out r.yaml  then see: seatkeeper config check r.yaml
      = 0
      `,
    );
  });
});

describe("a daemon with imported rules", () => {
  it("lets in, keeps out, reserves and limits as FlexNet did", async () => {
    const { url } = await imported("flexnet", FLEXNET_FILE);
    // Three seats, two of them reserved for ada.
    expect(await reasonFor(url, "zoe")).toBe("NOT_INCLUDED");
    expect(await reasonFor(url, "Ada")).toBe("NOT_INCLUDED");
    expect(await reasonFor(url, "bob")).toBe("EXCLUDED");
    expect(await reasonFor(url, "bob", "node1")).toBe("EXCLUDED");
    expect(await reasonFor(url, "zoe", "node1")).toBeUndefined();
    expect(await reasonFor(url, "yan", "node2")).toBe("OVER_MAX");
    expect(await reasonFor(url, "cleo")).toBe("RESERVED_FOR_OTHERS");
    expect(await reasonFor(url, "ada")).toBeUndefined();
    expect(await reasonFor(url, "zoe", "ws-7", "sim.solver")).toBeUndefined();
  });

  it("serves first whom RLM served first", async () => {
    const { url } = await imported(
      "rlm",
      "PRIORITY 7 sim.solver user scarlet\nPRIORITY 3 sim.solver user plum\n",
    );
    expect(await reasonFor(url, "green", "ws-7", "sim.solver")).toBeUndefined();
    expect(await waitingPlace(url, "white")).toBe(1);
    expect(await waitingPlace(url, "scarlet")).toBe(1);
    expect(await waitingPlace(url, "plum")).toBe(1);
    expect(await waitingPlace(url, "scarlet")).toBe(3);
    expect(await waitingPlace(url, "peacock")).toBe(5);
  });

  it("leaves a released seat with its holder, as FlexNet did", async () => {
    const { url } = await imported("flexnet", "LINGER sim.solver 3600\n");
    const ada = await Workstation.greeted(url, somebody("ada"));
    const lease = leaseOf(await ada.acquire("sim.solver"));
    await ada.ask("seat.release", { lease });
    expect(await reasonFor(url, "bob", "ws-7", "sim.solver")).toBe("NO_SEATS");
    expect((await ada.acquire("sim.solver")).error).toBeUndefined();
  });

  it("keeps from borrowing whom FlexNet kept, and shortens it as much", async () => {
    const { url } = await imported(
      "flexnet",
      "MAX_BORROW_HOURS cad.pro 48\nEXCLUDE_BORROW cad.pro USER fred\n",
      { site: "Studio", features: [{ name: "cad.pro", seats: 3, borrow: { days: 7, seats: 2 } }] },
    );
    expect(await borrowed(url, "fred", 1)).toBe("BORROW_NOT_ALLOWED");
    expect(await borrowed(url, "tom", 3)).toBe("BORROW_TOO_LONG");
    expect(await borrowed(url, "tom", 2)).toBeUndefined();
  });

  it("keeps out and limits as RLM did, whatever the case of a login", async () => {
    const { url } = await imported("rlm", RLM_FILE);
    expect(await reasonFor(url, "ADA", "ws-7", "sim.solver")).toBe("EXCLUDED");
    expect(await reasonFor(url, "cleo", "ws-7", "sim.solver")).toBeUndefined();
    expect(await reasonFor(url, "ada")).toBeUndefined();
    expect(await reasonFor(url, "ada", "ws-8")).toBe("OVER_MAX");
    expect(await reasonFor(url, "bob")).toBeUndefined();
  });
});

/** Why somebody may not borrow for so many days; undefined when they may. */
async function borrowed(url: string, user: string, days: number): Promise<unknown> {
  const workstation = await Workstation.greeted(url, somebody(user));
  const wish = { feature: "cad.pro", key: "k1", borrowMs: days * 86_400_000 };
  const asked = await workstation.ask("seat.borrow", { ...wish, workstation: "a1".repeat(32) });
  return asked.error?.data["reason"];
}

async function waitingPlace(url: string, user: string): Promise<unknown> {
  const workstation = await Workstation.greeted(url, somebody(user));
  return (await workstation.acquire("sim.solver", { wait: true })).result?.["position"];
}

async function imported(
  format: "flexnet" | "rlm",
  text: string,
  terms?: object,
): Promise<{ url: string }> {
  const terminal = folderWith({ "site.opt": text });
  const { stdout } = await terminal.type(`seatkeeper config import --${format} site.opt`);
  return aRuledDaemon(stdout, terms);
}

async function reasonFor(
  url: string,
  user: string,
  host = "ws-7",
  feature = "cad.pro",
): Promise<unknown> {
  const workstation = await Workstation.greeted(url, somebody(user, host));
  return (await workstation.acquire(feature)).error?.data["reason"];
}
