import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/leftovers.ts";
import { type Ended, expectSession, Terminal } from "../support/terminal.ts";

/** Root without the right to ignore permissions; a user has none to give up. */
const OBEDIENT =
  process.getuid?.() === 0
    ? ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--"]
    : [];

/** A Python with the one library that the second verifier needs. */
const python = ["/usr/bin/python3", "python3"].find(
  (each) => spawnSync(each, ["-c", "import cryptography"]).status === 0,
);

/** What `examples/verify_bundle.py` says of a bundle that the demo has carried. */
function secondVerdict(folder: string, bundle: string, ...more: readonly string[]): object {
  const program = new URL("../../examples/verify_bundle.py", import.meta.url).pathname;
  const key = readdirSync(join(folder, "vendor/keys")).find((name) => name.startsWith("sealing-"));
  const known = [
    ["--vendor", "carried/acme.skvendor"],
    ["--request", "carried/site.skreq"],
    ["--license", "carried/site.sklic"],
    ["--key", `vendor/keys/${key}`],
    ["--passphrase-file", "vendor-passphrase"],
  ].flat();
  const args = [program, bundle, ...known, ...more];
  const { stdout } = spawnSync(python ?? "python3", args, { cwd: folder, encoding: "utf8" });
  return JSON.parse(stdout) as object;
}

describe("seatkeeper demo, played to its end", () => {
  let terminal: Terminal;
  let ended: Ended;
  beforeAll(async () => {
    terminal = new Terminal(temporaryFolder());
    ended = await terminal.type("seatkeeper demo --dir played");
  });

  it("plays the whole journey, and the vendor's figures are those of the workstations", async () => {
    const { code, stdout, stderr } = ended;
    expect(stderr).toBe("");
    expect(stdout.endsWith("\ndemo: ok\n")).toBe(true);
    expect(code).toBe(0);

    const told = stdout.match(/^ +\d+\.\ds {2}ws-\d .*$/gm) ?? [];
    const count = (pattern: RegExp): number => told.filter((line) => pattern.test(line)).length;
    expect({
      cadGrants: count(/cad\.pro {2}granted/),
      cadWaits: count(/cad\.pro {2}waits/),
      simGrants: count(/sim\.solver {2}granted/),
      simDenials: count(/sim\.solver {2}denied: NO_SEATS/),
      meterDenials: count(/render\.minutes {2}denied: QUOTA_EXHAUSTED/),
      killed: count(/killed with SIGKILL/),
    }).toEqual({
      cadGrants: 5,
      cadWaits: 2,
      simGrants: 1,
      simDenials: 1,
      meterDenials: 1,
      killed: 1,
    });
    expect(stdout.match(/ agrees$/gm)).toHaveLength(7);
    expect(stdout).toContain("usage.skb: FIRST_VERIFIED");
    expect(stdout).toContain("flipped.skb: TRANSPORT_DAMAGED");
    expect(stdout).toContain("flipped.skb: TAMPERED");

    const vendor = new Terminal(terminal.path("played"));
    expect(await vendor.json("seatkeeper-vendor report --dir vendor")).toMatchObject({
      features: [
        { feature: "cad.pro", grants: 5, denials: [] },
        { feature: "sim.solver", grants: 1, denials: [{ reason: "NO_SEATS", count: 1 }] },
      ],
      meters: [{ meter: "render.minutes", records: 4, units: 85 }],
    });
    await expectSession(
      vendor,
      `
      $ seatkeeper status --config site/config.yaml
      ! seatkeeper: error: no daemon answers on <folder>/site/admin.sock: connect ENOENT <folder>/site/admin.sock (ADMIN_UNREACHABLE)
      ! seatkeeper: hint: start it with seatkeeper serve, or check socket in the configuration
      = 1
      `,
    );
  });

  it.skipIf(python === undefined)("carries a bundle that a second verifier reads alike", () => {
    const folder = terminal.path("played");
    expect(secondVerdict(folder, "carried/usage.skb")).toMatchObject({
      verdict: "FIRST_VERIFIED",
      head_signed: true,
      figures: {
        features: { "cad.pro": { granted: 5 }, "sim.solver": { granted: 1 } },
        meters: { "render.minutes": { records: 4, units: 85 } },
      },
    });
    const before = ["--receipt", "carried/usage.skrcpt", "--earlier", "carried/usage.skb"];
    expect(secondVerdict(folder, "carried/flipped.skb", ...before)).toMatchObject({
      verdict: "TAMPERED",
      figures: null,
    });
  });
});

describe("seatkeeper demo", () => {
  it("replaces an earlier demo, and nothing else", async () => {
    const terminal = new Terminal(temporaryFolder());
    terminal.write("thesis.txt", "three years of work");
    await expectSession(
      terminal,
      `
      $ seatkeeper demo --dir .
      ! seatkeeper: error: . holds something else than a demo (OUTPUT_EXISTS)
      ! seatkeeper: hint: choose another folder with --dir
      = 1
      `,
    );
    expect(terminal.read("thesis.txt")).toBe("three years of work");
  });

  it("says so where it may not write", async () => {
    const terminal = new Terminal(temporaryFolder());
    terminal.write("taken", "a file");
    await expectSession(
      terminal,
      `
      $ seatkeeper demo --dir taken/here
      ! seatkeeper: error: cannot write taken/here: ENOTDIR: not a directory, mkdir 'taken/here' (OUTPUT_FAILED)
      ! seatkeeper: hint: choose a folder that belongs to you with --dir
      = 1
      `,
    );
    chmodSync(terminal.folder, 0o500);
    await expectSession(
      terminal.through(...OBEDIENT),
      `
      $ seatkeeper demo
      ! seatkeeper: error: cannot write demo-data: permission denied (OUTPUT_FAILED)
      ! seatkeeper: hint: choose a folder that belongs to you with --dir
      = 1
      `,
    );
    chmodSync(terminal.folder, 0o700);
  });

  it("leaves no process behind when it is stopped in the middle", async () => {
    const folder = join(temporaryFolder(), "stopped");
    const terminal = new Terminal(join(folder, ".."));
    const demo = terminal.start("seatkeeper demo --dir stopped");
    await demo.says(/ws-1 {2}cad\.pro {2}granted/);
    const { code, stderr } = await demo.kill("SIGTERM");
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: "seatkeeper: error: ended by SIGTERM (INTERRUPTED)\n",
    });
    const { stderr: status } = await terminal.type(
      "seatkeeper status --config stopped/site/config.yaml",
    );
    expect(status).toContain("ECONNREFUSED");
    expect(existsSync(join(folder, "site", "data"))).toBe(true);
    expect(readFileSync(join(folder, ".seatkeeper-demo"), "utf8")).toContain("Delete at will");
  });
});
