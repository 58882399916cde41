import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { metered } from "../vendor/given.ts";
import { PROGRAM, Terminal } from "./vendor-desk.ts";

describe("a bundle that does not verify", () => {
  it("ends with exit code 3, the verdict, why, what was checked and what to do", () => {
    const { terminal, bundle } = reported();
    const bent = Uint8Array.from(bundle);
    bent[bent.length - 40] = (bent[bent.length - 40] ?? 0) ^ 1;
    terminal.write("bent.skb", bent);
    expect(terminal.transcript("ingest bent.skb SECRET")).toBe(
      [
        "bent.skb: TRANSPORT_DAMAGED: the file is not what the site wrote: it was damaged or cut on its way",
        "  site      Example GmbH",
        "  problem   TRANSPORT_DAMAGED: the closing hash differs",
        "  checked   V0 closing hash and framing",
        "  counted   nothing",
        "! seatkeeper-vendor: hint: copy the bundle again from the site",
        "= 3",
        "",
      ].join("\n"),
    );
    expect(existsSync(join(terminal.path, "bent.skrcpt"))).toBe(false);
  });

  it("is refused where it is no file that can be read from any place", () => {
    const { terminal } = reported();
    expect(terminal.transcript("ingest /dev/null SECRET")).toBe(
      [
        "! seatkeeper-vendor: error: /dev/null is not a regular file (BUNDLE_UNREADABLE)",
        "! seatkeeper-vendor: hint: copy the bundle to this computer and ingest the copy",
        "= 1",
        "",
      ].join("\n"),
    );
  });

  it("does not keep the others from being counted", () => {
    const { terminal } = reported();
    terminal.write("bad.skb", "no bundle");
    const { status, stdout, stderr } = terminal.run(
      "ingest bad.skb gone.skb usage.skb --json SECRET",
    );
    expect(status).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({
      bundles: [
        { file: "bad.skb", verdict: "MALFORMED", accepted: false, counted: null, receipt: null },
        { file: "gone.skb", accepted: false, error: { code: "FILE_NOT_FOUND" } },
        {
          file: "usage.skb",
          verdict: "FIRST_VERIFIED",
          accepted: true,
          counted: { units: 42 },
          receipt: { receiptNo: 1, resent: false, file: "usage.skrcpt" },
        },
      ],
    });
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: "FILE_NOT_FOUND" } });
  });
});

describe("a receipt", () => {
  it("takes the place of an older receipt, and of nothing else", () => {
    const { terminal } = reported();
    terminal.write("usage.skrcpt", "seatkeeper receipt v1\nof last month\n");
    expect(terminal.run("ingest usage.skb SECRET").status).toBe(0);
    expect(terminal.read("usage.skrcpt")).toContain('"receipt_no": 1');
    terminal.write("usage.skrcpt", "my shopping list");
    expect(terminal.transcript("ingest usage.skb SECRET")).toBe(
      [
        "! seatkeeper-vendor: error: usage.skrcpt exists already (OUTPUT_EXISTS)",
        "! seatkeeper-vendor: hint: nothing was counted; name a folder for the receipt with --receipt-dir",
        "= 1",
        "",
      ].join("\n"),
    );
    expect(terminal.read("usage.skrcpt")).toBe("my shopping list");
  });

  it("needs a folder; without one nothing is counted", () => {
    const { terminal } = reported();
    expect(terminal.transcript("ingest usage.skb --receipt-dir nodir SECRET")).toBe(
      [
        "! seatkeeper-vendor: error: cannot write nodir/usage.skrcpt: no such folder (OUTPUT_FAILED)",
        "! seatkeeper-vendor: hint: nothing was counted; name a folder for the receipt with --receipt-dir",
        "= 1",
        "",
      ].join("\n"),
    );
    const { stdout } = terminal.run("sites --json");
    expect(JSON.parse(stdout)).toMatchObject({ sites: [{ size: 0, receiptNo: 0 }] });
  });

  // Root may write to any folder; this one takes no files all the same.
  it.runIf(process.getuid?.() === 0)("that fails at last does not hide the verdict", () => {
    const { terminal } = reported();
    const ingest = "ingest usage.skb --receipt-dir /proc SECRET";
    const { status, stdout, stderr } = terminal.run(ingest);
    expect(stdout).toContain(".skb: FIRST_VERIFIED: ");
    expect(stdout).toContain("  receipt   not written (number 1)\n");
    expect(stderr).toContain("cannot write /proc/usage.skrcpt: no such folder (OUTPUT_FAILED)\n");
    expect(stderr).toContain("hint: the usage is counted; ingest the bundle again with");
    expect(status).toBe(1);
    const again = terminal.run(`${ingest} --json`);
    expect(JSON.parse(again.stdout)).toMatchObject({
      bundles: [
        {
          verdict: "DUPLICATE",
          accepted: true,
          receipt: { receiptNo: 1, file: null },
          error: { code: "OUTPUT_FAILED" },
        },
      ],
    });
  });

  it("can go elsewhere when the bundle lies on a medium that cannot be written", () => {
    const { terminal } = reported();
    terminal.write("receipts/.keep", "");
    expect(terminal.run("ingest usage.skb --receipt-dir receipts SECRET").status).toBe(0);
    expect(terminal.read("receipts/usage.skrcpt")).toMatch(/^seatkeeper receipt v1\n/);
  });
});

describe("a passphrase", () => {
  it("that is wrong opens nothing", () => {
    const { terminal } = reported();
    terminal.write("secret", "correct horse battery stable\n");
    expect(terminal.transcript("ingest usage.skb SECRET")).toBe(
      [
        "! seatkeeper-vendor: error: the passphrase does not open the key of acme.example (KEY_FILE_PASSPHRASE)",
        "! seatkeeper-vendor: hint: try again; if you are sure of the passphrase, the file was damaged: restore it from a backup",
        "= 1",
        "",
      ].join("\n"),
    );
  });

  it("can come through a descriptor", () => {
    const { terminal } = reported();
    const input = terminal.read("secret");
    expect(terminal.run("ingest usage.skb --passphrase-fd 0", { input }).status).toBe(0);
  });

  it("never comes from anywhere else: without a terminal there is nobody to ask", () => {
    const { terminal } = reported();
    const env = { SEATKEEPER_PASSPHRASE: "correct horse battery staple" };
    expect(terminal.transcript("ingest usage.skb", { env })).toBe(
      [
        "! seatkeeper-vendor: error: no passphrase given and no terminal to ask on (PASSPHRASE_MISSING)",
        "! seatkeeper-vendor: hint: use --passphrase-file FILE or --passphrase-fd N",
        "= 1",
        "",
      ].join("\n"),
    );
  });

  it.each([
    ["short", "the passphrase is too short (PASSPHRASE_REFUSED)"],
    ["", "the passphrase is empty (PASSPHRASE_REFUSED)"],
  ])("%j cannot be chosen", (chosen, why) => {
    const terminal = new Terminal();
    terminal.write("secret", `${chosen}\n`);
    const { status, stderr } = terminal.run("init --name acme.example SECRET");
    expect(status).toBe(1);
    expect(stderr).toContain(`seatkeeper-vendor: error: ${why}\n`);
    expect(existsSync(join(terminal.path, "vendor"))).toBe(false);
  });
});

describe("terms that cannot be sold", () => {
  it.each([
    ["features:\n  - name: cad.pro\n    seats: many\n", "terms.yaml:3:5: features.0.seats"],
    [
      "features:\n  - name: cad.pro\n    seats: 1\n    seat: 1\n",
      "terms.yaml:4:5: features.0.seat",
    ],
    ["features:\n  - name: cad.pro\n    seats: 1\nfeatures: []\n", "terms.yaml:4:1: "],
    ["sites: x\n", "terms.yaml:1:1: "],
    [
      "pools: [{name: suite, tokens: 4}]\nfeatures:\n  - {name: cad.pro, seats: 1, tokens: {pool: suite, cost: 5}}\n",
      "terms.yaml:3:53: features.0.tokens.cost must be at most 4, all that the pool suite has: no seat could ever be granted (TERMS_FIELD)",
    ],
  ])("are refused naming line and field: %j", (text, place) => {
    const { terminal } = reported();
    terminal.write("terms.yaml", text.startsWith("sites") ? text : `${text}site: Example GmbH\n`);
    const issue = "issue --request site.skreq --terms terms.yaml --out new.sklic SECRET";
    const { status, stderr } = terminal.run(issue);
    expect(status).toBe(1);
    expect(stderr).toContain(`seatkeeper-vendor: error: ${place}`);
    expect(stderr).toContain("seatkeeper-vendor: hint: ");
    expect(existsSync(join(terminal.path, "new.sklic"))).toBe(false);
  });

  it.each([
    ["not_after: 2024-01-31\n", "terms.yaml:4:1: not_after is in the past (TERMS_FIELD)"],
    [
      "  - {name: sim.solver, seats: 1, expires_at: 2024-01-31}\n",
      "terms.yaml:4:34: features.1.expires_at is in the past (TERMS_FIELD)",
    ],
  ])("have not ended yet, unless --force says so: %j", (text, why) => {
    const { terminal } = reported();
    const features = "site: Example GmbH\nfeatures:\n  - {name: cad.pro, seats: 1}\n";
    terminal.write("terms.yaml", `${features}${text}`);
    const issue = "issue --request site.skreq --terms terms.yaml --out new.sklic SECRET";
    expect(terminal.transcript(issue)).toBe(
      [
        `! seatkeeper-vendor: error: ${why}`,
        "! seatkeeper-vendor: hint: correct the date, or add --force to issue it all the same",
        "= 1",
        "",
      ].join("\n"),
    );
    expect(terminal.run(`${issue} --force`).status).toBe(0);
  });
});

describe("files that are in the way or not there", () => {
  it.each(["no/x", "secret/x"])("a license that cannot be written, %s, is not issued", (out) => {
    const { terminal } = reported();
    terminal.write("terms.yaml", "site: Renamed AG\nfeatures: [{name: cad.pro, seats: 9}]\n");
    const { status, stdout, stderr } = terminal.run(
      `issue --request site.skreq --terms terms.yaml --out ${out} SECRET`,
    );
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(`seatkeeper-vendor: error: cannot write ${out}: `);
    expect(JSON.parse(terminal.run("sites --json").stdout)).toMatchObject({
      sites: [{ site: "Example GmbH", licenses: 1 }],
    });
  });

  it.each([
    ["site.skreq", "activation request"],
    ["./terms.yaml", "terms file"],
    ["secret", "passphrase file"],
    ["vendor/vendor.db", "vendor's store"],
  ])("a license is never written over %s, the %s, not even with --force", (out, what) => {
    const { terminal } = reported();
    const before = readFileSync(join(terminal.path, out));
    const issue = `issue --request site.skreq --terms terms.yaml --out ${out} --force SECRET`;
    const { status, stderr } = terminal.run(issue);
    expect(stderr).toBe(`seatkeeper-vendor: error: --out ${out} is the ${what}\n`);
    expect(status).toBe(2);
    expect(readFileSync(join(terminal.path, out))).toEqual(before);
  });

  it("a license is not written over another file without --force", () => {
    const { terminal } = reported();
    const before = terminal.read("site.sklic");
    const issue = "issue --request site.skreq --terms terms.yaml --out site.sklic SECRET";
    expect(terminal.transcript(issue)).toBe(
      [
        "! seatkeeper-vendor: error: site.sklic exists already (OUTPUT_EXISTS)",
        "! seatkeeper-vendor: hint: choose another name, or add --force to replace it",
        "= 1",
        "",
      ].join("\n"),
    );
    expect(terminal.run(`${issue} --force`).status).toBe(0);
    expect(terminal.read("site.sklic")).not.toBe(before);
  });

  it.each([
    [
      "issue --request gone --terms terms.yaml --out x SECRET",
      "no such activation request: gone (FILE_NOT_FOUND)",
    ],
    [
      "issue --request site.skreq --terms gone --out x SECRET",
      "no such terms file: gone (FILE_NOT_FOUND)",
    ],
    [
      "issue --request vendor --terms terms.yaml --out x SECRET",
      "activation request vendor is a folder (FILE_NOT_REGULAR)",
    ],
    [
      "issue --request site.skreq --terms terms.yaml --out no/x SECRET",
      "cannot write no/x: no such folder (OUTPUT_FAILED)",
    ],
    ["sites --dir elsewhere", "elsewhere is not a vendor folder (VENDOR_MISSING)"],
    ["sites --passphrase-file secret", "unknown option: --passphrase-file"],
  ])("%s: %s", (line, why) => {
    const { status, stderr } = reported().terminal.run(line);
    expect(stderr).toContain(`seatkeeper-vendor: error: ${why}\n`);
    expect(status).toBe(why.startsWith("unknown") ? 2 : 1);
  });

  it.each([
    ["usage.skb", "usage.skb is a usage bundle, not an activation request (FILE_UNREADABLE)"],
    ["site.sklic", "site.sklic is a license, not an activation request (FILE_UNREADABLE)"],
    ["empty", "activation request empty is empty (FILE_UNREADABLE)"],
  ])("a file of another kind is named: %s", (file, why) => {
    const { terminal } = reported();
    terminal.write("empty", "");
    const issue = `issue --request ${file} --terms terms.yaml --out x SECRET`;
    const { status, stderr } = terminal.run(issue);
    expect(stderr).toContain(`seatkeeper-vendor: error: ${why}\n`);
    expect(status).toBe(1);
  });

  it("the vendor's folder can be named in the environment", () => {
    const { terminal } = reported();
    const env = { SEATKEEPER_VENDOR_DIR: join(terminal.path, "vendor") };
    expect(terminal.run("sites", { env }).stdout).toContain("Example GmbH");
  });
});

describe("a damaged store", () => {
  it("is named, nothing is counted, and no receipt is written", () => {
    const { terminal } = reported();
    const path = join(terminal.path, "vendor/vendor.db");
    writeFileSync(path, readFileSync(path).fill(0x55, 0, 64));
    expect(terminal.transcript("ingest usage.skb SECRET")).toBe(
      [
        "! seatkeeper-vendor: error: vendor/vendor.db is damaged or no vendor store (VENDOR_STORE_CORRUPT)",
        "! seatkeeper-vendor: hint: put vendor.db back from your backup, then ingest the bundles since then again",
        "= 1",
        "",
      ].join("\n"),
    );
    expect(existsSync(join(terminal.path, "usage.skrcpt"))).toBe(false);
  });
});

describe("a command line that makes no sense", () => {
  it.each([
    ["", "name a command", "see seatkeeper-vendor --help"],
    ["ingst usage.skb", "unknown command: ingst", "did you mean ingest?"],
    ["ingest", "an argument is missing", "see seatkeeper-vendor ingest --help"],
    ["ingest a --jsn", "unknown option: --jsn", "did you mean --json?"],
    [
      "report --by week",
      '--by cannot be "week": choose one of "total", "month", "day"',
      "see seatkeeper-vendor report --help",
    ],
    ["report --site", "--site needs a value", "see seatkeeper-vendor report --help"],
    ["report --site a --site b", "--site is given twice", undefined],
    ['report --site ""', "--site is empty", undefined],
    [
      "report --from yesterday",
      "--from yesterday is not a day",
      "write it like 2026-11-30, or 2026-11-30T12:00:00Z",
    ],
    ["report --from 2026-02-30", "2026-02-30 is not a day of the calendar", undefined],
    ["report --from 2026-03-01 --to 2026-02-01", "--from is after --to", undefined],
    ["issue --terms t --out o", "--request is missing", "see seatkeeper-vendor issue --help"],
    ["sites extra", "unknown argument: extra", "see seatkeeper-vendor sites --help"],
    ["sites -- extra", "unexpected arguments after --: extra", undefined],
    ["ingest a --passphrase-fd three", "--passphrase-fd needs a number", undefined],
  ])("%s: %s", (line, why, hint) => {
    const { status, stdout, stderr } = new Terminal().run(line);
    const hinted = hint === undefined ? "" : `seatkeeper-vendor: hint: ${hint}\n`;
    expect(stderr).toBe(`seatkeeper-vendor: error: ${why}\n${hinted}`);
    expect([status, stdout]).toEqual([2, ""]);
  });

  it("is answered in JSON when JSON was asked for", () => {
    const terminal = new Terminal();
    expect(terminal.transcript("report --json --csv")).toBe(
      '! {"error":{"code":"USAGE","message":"--json and --csv exclude each other","hint":null,"facts":{}}}\n= 2\n',
    );
    const { status, stderr } = terminal.run("reprot --json");
    expect(status).toBe(2);
    expect(JSON.parse(stderr)).toEqual({
      error: {
        code: "USAGE",
        message: "unknown command: reprot",
        hint: "did you mean report?",
        facts: {},
      },
    });
  });
});

describe("output that cannot go where it should", () => {
  it("is dropped in silence when its reader has seen enough", () => {
    const { status, stdout, stderr } = piped("terms | head -1");
    expect(stdout).toBe("# terms.yaml: what you sell to one site.\n");
    expect([status, stderr]).toEqual([0, ""]);
  });

  it("is a failure when the disk is full", () => {
    const { status, stderr } = piped("terms > /dev/full");
    expect(stderr).toContain("seatkeeper-vendor: error: cannot write to stdout: ENOSPC");
    expect(status).toBe(1);
  });
});

describe("asking for help", () => {
  it("goes to stdout and succeeds, for the program and for each command", () => {
    const terminal = new Terminal();
    const program = terminal.run("--help");
    expect([program.status, program.stderr]).toEqual([0, ""]);
    for (const name of ["init", "terms", "issue", "ingest", "report", "sites", "passphrase"]) {
      expect(program.stdout).toContain(`seatkeeper-vendor ${name}`);
      const command = terminal.run(`${name} --help`);
      expect([command.status, command.stderr]).toEqual([0, ""]);
      expect(command.stdout).toContain("Examples:");
    }
    expect(program.stdout).toContain("exit codes: 0 done, 1 refused or failed, 2 wrong usage");
  });

  it("tells the version, and completes commands in the shell", () => {
    const terminal = new Terminal();
    expect(terminal.transcript("--version")).toMatch(/^\d+\.\d+\.\d+\n= 0\n$/);
    expect(terminal.transcript("-v")).toBe(terminal.transcript("--version"));
    expect(terminal.transcript("issue -h")).toBe(terminal.transcript("issue --help"));
    expect(terminal.run("completion").stdout).toContain("complete -o bashdefault");
    const completed = terminal.run("--get-yargs-completions seatkeeper-vendor ingest --re");
    expect(completed.stdout).toContain("--receipt-dir\n--reviewed\n");
  });
});

function piped(line: string): ReturnType<typeof spawnSync> {
  const script = `set -o pipefail; "${process.execPath}" "${PROGRAM}" ${line}`;
  return spawnSync("bash", ["-c", script], { encoding: "utf8" });
}

/** A licensed site whose usage.skb of 42 units waits to be ingested. */
function reported(): { readonly terminal: Terminal; readonly bundle: Uint8Array } {
  const terminal = Terminal.ofVendor();
  const site = terminal.licensedSite();
  site.checkpoint([metered(42)]);
  const bundle = site.export();
  terminal.write("usage.skb", bundle);
  return { terminal, bundle };
}
