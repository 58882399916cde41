import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { aSite, configIn, emptyFolder, vendorFile } from "../daemon/given.ts";
import { somebody, Workstation } from "../daemon/workstation.ts";
import { aRuledDaemon } from "../daemon/written-rules.ts";

const PROGRAM = fileURLToPath(new URL("../../dist/cli/operator/main.js", import.meta.url));

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Not `spawnSync`: the daemon that is asked lives in this process. */
function seatkeeper(...words: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const env = { PATH: process.env["PATH"], HOME: emptyFolder() };
    execFile(process.execPath, [PROGRAM, ...words], { env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

function aFile(text: string): string {
  const path = join(emptyFolder(), "config.yaml");
  writeFileSync(path, text);
  return path;
}

const RULES = `socket: admin.sock
groups:
  cad: { users: [ada] }
  interns: { users: ["intern-*"] }
rules:
  - id: keep
    reserve: { feature: cad.pro, seats: 2, for: cad }
    reason: two seats are kept for the CAD team
  - exclude: { feature: "cad.*", who: interns }
`;

describe("seatkeeper config check", () => {
  it("says in words what each rule does", async () => {
    const path = aFile(RULES);
    const { code, stdout, stderr } = await seatkeeper("config", "check", path);
    expect(stdout).toBe(`${path}: 2 rules, 2 groups

keep  line 6
  keeps 2 seats of cad.pro for the group cad; nobody else can take them
  who is denied reads: two seats are kept for the CAD team

exclude-2  line 9
  keeps the group interns from cad.*
`);
    expect(stderr).toBe(
      `seatkeeper: no daemon answers on ${join(dirname(path), "admin.sock")}, so the rules were not compared with the licenses
seatkeeper: if it has another socket, name the site's configuration with --config
`,
    );
    expect(code).toBe(0);
  });

  it("points to contradictions with their lines, and ends with 1", async () => {
    const path = aFile(`${RULES}  - exclude: { feature: cad.pro, who: cad }
  - include: { feature: cad.pro, who: [cad, interns] }
`);
    const { code, stdout } = await seatkeeper("config", "check", path);
    expect(stdout.split("\n\n")[0]?.split("\n")).toEqual([
      `${path}:7:44: contradiction: keep: the seats are kept for cad, whom other rules exclude`,
      `${path}:11:34: contradiction: include-4: nobody can satisfy it: exclude-3 excludes cad and exclude-2 excludes interns`,
    ]);
    expect(code).toBe(1);
  });

  it("points to rules that shut everybody out, never decide or change nothing, as data too", async () => {
    const path = aFile(`socket: admin.sock
groups:
  all: { users: ["*"] }
  ada: { users: [ada] }
rules:
  - exclude: { feature: cad.pro, who: all }
  - max: { feature: sim.solver, seats: 0, per: user }
  - max: { feature: "*", seats: 2, per: host }
  - max: { feature: cad.pro, seats: 3, per: host, who: ada }
  - exclude: { feature: cad.pro, who: ada }
`);
    const { code, stdout } = await seatkeeper("config", "check", path, "--json");
    const { findings } = JSON.parse(stdout) as { readonly findings: readonly object[] };
    expect(findings).toEqual([
      {
        severity: "contradiction",
        rule: "exclude-1",
        line: 6,
        column: 34,
        field: "rules.0.exclude.who",
        text: "everybody is in the group all, so nobody can use cad.pro",
      },
      {
        severity: "contradiction",
        rule: "max-2",
        line: 7,
        column: 33,
        field: "rules.1.max.seats",
        text: "a maximum of 0 for everybody: nobody can use sim.solver",
      },
      {
        severity: "contradiction",
        rule: "max-4",
        line: 9,
        column: 30,
        field: "rules.3.max.seats",
        text: "max-3 allows at most 2 of the same, so this one never decides",
      },
      {
        severity: "remark",
        rule: "exclude-5",
        line: 10,
        column: 5,
        field: "rules.4.exclude",
        text: "exclude-1 says this already; the rule changes nothing",
      },
    ]);
    expect(code).toBe(1);
  });

  it("lists everything that is wrong with a file that is refused", async () => {
    const path = aFile("log: { level: loud }\nrules:\n  - exlude: { feature: a, who: b }\n");
    const { code, stdout } = await seatkeeper("config", "check", path, "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      file: path,
      findings: [
        { severity: "error", line: 1, column: 8, field: "log.level" },
        {
          severity: "error",
          line: 3,
          column: 5,
          field: "rules.0.exlude",
          text: "unknown option, did you mean exclude?",
        },
      ],
    });
    expect(code).toBe(1);
  });

  it("compares the rules with the licenses of the running daemon", async () => {
    const daemon = await aRuledDaemon(RULES.replace("seats: 2", "seats: 5"));
    const { code, stdout } = await seatkeeper("config", "check", daemon.path);
    expect(stdout).toContain(
      ":7:34: contradiction: keep: 5 seats of cad.pro would be reserved, the licenses have 3\n",
    );
    expect(code).toBe(1);
  });

  it("compares rules in a file of their own with the licenses of the site that --config names", async () => {
    const daemon = await aRuledDaemon("socket: admin.sock\n");
    const rules = aFile(RULES.replace("socket: admin.sock\n", "").replace("seats: 2", "seats: 5"));
    const named = await seatkeeper("config", "check", rules, "--config", daemon.path);
    expect(named.stdout).toContain(
      ":6:34: contradiction: keep: 5 seats of cad.pro would be reserved, the licenses have 3\n",
    );
    expect(named).toMatchObject({ code: 1, stderr: "" });
    const alone = await seatkeeper("config", "check", rules);
    expect(
      alone.stderr,
    ).toBe(`seatkeeper: no daemon answers on /run/seatkeeper/admin.sock, so the rules were not compared with the licenses
seatkeeper: if it has another socket, name the site's configuration with --config
`);
    expect(alone.code).toBe(0);
  });
});

describe("seatkeeper reload", () => {
  it("puts the file in force and says so", async () => {
    const daemon = await aRuledDaemon("socket: admin.sock\n");
    daemon.write(`${RULES}log: { level: warn }\n`);
    const { code, stdout, stderr } = await seatkeeper("reload", "--config", daemon.path);
    expect(stdout).toBe("in force: 2 rules, 2 groups of the configuration\n");
    expect(stderr).toBe("seatkeeper: warning: these settings wait for a restart: log.level\n");
    expect(code).toBe(0);
  });

  it("of a bad file ends with 1 and the line, from the daemon's own look at it", async () => {
    const daemon = await aRuledDaemon(RULES);
    const socket = aFile(`socket: ${daemon.site.config.socket}\n`);
    daemon.write("socket: admin.sock\nrules: 7\n");
    const { code, stderr } = await seatkeeper("reload", "--config", socket);
    expect(stderr).toMatch(/error: .*config\.yaml:2:1: rules: expected array, received number/);
    expect(code).toBe(1);
  });
});

describe("seatkeeper why", () => {
  it("says what somebody would get, and everything that stands against it", async () => {
    const daemon = await aRuledDaemon(RULES);
    const bob = await Workstation.greeted(daemon.url, somebody("bob"));
    await bob.acquire("cad.pro");
    const ask = ["why", "--config", daemon.path, "--feature", "cad.pro", "--host", "ws-7"];
    const cleo = await seatkeeper(...ask, "--user", "cleo");
    expect(cleo.stdout).toMatch(
      /^cad\.pro of acme\.example: denied: RESERVED_FOR_OTHERS by rule keep: two seats are kept for the CAD team\n {2}who waits would be number 1\n/,
    );
    expect(cleo.code).toBe(1);
    const ada = await seatkeeper(...ask, "--user", "ada");
    expect(ada.stdout).toMatch(/^cad\.pro of acme\.example: granted\n {2}groups: cad\n/);
    expect(ada.code).toBe(0);
    const intern = await seatkeeper(...ask, "--user", "intern-3", "--json");
    expect(JSON.parse(intern.stdout)).toMatchObject({
      outcome: "denied",
      groups: ["interns"],
      reasons: [
        { reason: "EXCLUDED", ruleId: "exclude-2" },
        { reason: "RESERVED_FOR_OTHERS", ruleId: "keep" },
      ],
    });
  });

  it.each([
    ["no seats", ["--user", "ada", "--count", "0"], /--count is a whole number/],
    ["no version", ["--user", "ada", "--feature-version", "4 2"], /"4 2" is not a version/],
    ["no address", ["--user", "ada", "--address", "10.1.2.300"], /is not an IP address/],
    ["no login", ["--user", "u".repeat(257)], /--user is longer than 256 characters/],
  ])("asks no daemon about what is %s", async (_, words, said) => {
    const asked = await seatkeeper("why", "--feature", "cad.pro", "--host", "ws-7", ...words);
    expect(asked.stderr).toMatch(said);
    expect(asked.code).toBe(2);
  });
});

describe("seatkeeper run", () => {
  it("is denied by a rule with its id, its reason, who holds the seats, and what waiting would bring", async () => {
    const daemon = await aRuledDaemon(`
groups:
  cad: { users: [ada] }
rules:
  - id: keep
    reserve: { feature: cad.pro, seats: 2, for: cad }
    reason: two seats are kept for the CAD team
policy: { show_holders: pseudonym }
`);
    const bob = await Workstation.greeted(daemon.url, somebody("bob"));
    await bob.acquire("cad.pro");
    await bob.acquire("sim.solver");
    const [{ user } = { user: "" }] = (await daemon.admin.seats()).seats;
    const vendorPath = join(emptyFolder(), "acme.skvendor");
    writeFileSync(vendorPath, vendorFile);
    const asked = ["--server", daemon.url, "--vendor-file", vendorPath, "--", "echo", "never"];
    const reserved = await seatkeeper("run", "--feature", "cad.pro", ...asked);
    expect(reserved.stderr).toMatch(
      /^seatkeeper: error: cad\.pro denied: RESERVED_FOR_OTHERS by rule keep: two seats are kept for the CAD team \(SEAT_DENIED\)\nseatkeeper: hint: .*; who waits would be number 1; a seat may come free in about .+\n$/,
    );
    expect(reserved).toMatchObject({ code: 1, stdout: "" });
    const taken = await seatkeeper("run", "--feature", "sim.solver", ...asked);
    expect(taken.stderr).toMatch(
      new RegExp(`hint: all seats are taken; .*; held by ${user}; who waits would be number 1; `),
    );
    expect(taken.code).toBe(1);
  });
});

describe("SIGHUP", () => {
  it("reloads, says what is wrong with a bad file, and never ends the daemon", async () => {
    const folder = emptyFolder();
    const path = join(folder, "config.yaml");
    const settings = `data_dir: data\nsocket: admin.sock\ntls: { mode: off }\nlisten: { host: 127.0.0.1, port: 0 }\n`;
    await aSite(configIn(folder), folder);
    writeFileSync(path, settings);
    const daemon = spawn(process.execPath, [PROGRAM, "serve", "--config", path], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    onTestFinished(() => void daemon.kill("SIGKILL"));
    let log = "";
    daemon.stderr.on("data", (bytes: Buffer) => {
      log += bytes.toString();
    });
    const says = async (words: string): Promise<void> => {
      while (!log.includes(words)) await once(daemon.stderr, "data");
    };
    await says("daemon.started");
    writeFileSync(path, `${settings}rules: 7\n`);
    daemon.kill("SIGHUP");
    await says("reload.refused");
    expect(log).toMatch(/config\.yaml:5:1: rules: expected array, received number/);
    writeFileSync(path, `${settings}groups: { cad: { users: [ada] } }\n`);
    daemon.kill("SIGHUP");
    await says("reload.done");
    daemon.kill("SIGTERM");
    expect(await once(daemon, "exit")).toEqual([0, null]);
  });
});
