import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/leftovers.ts";
import { Site, usualTerms, Vendor } from "../support/site.ts";
import { expectSession, Terminal } from "../support/terminal.ts";

const VECTORS = new URL("../vectors/bundles/written/", import.meta.url).pathname;
const twoSegments = `${VECTORS}auditor-of-two-segments.skb`;
const hasStrace = spawnSync("strace", ["-V"]).status === 0;

/** A terminal with the vectors' auditor key, as `auditor.skkey`. */
function auditorsDesk(): Terminal {
  const terminal = new Terminal(temporaryFolder());
  terminal.write("auditor.skkey", new Terminal(VECTORS).bytes("auditor.skkey"));
  return terminal;
}

describe("seatkeeper-audit", () => {
  it("helps, and says what it cannot do", async () => {
    const { code, stdout } = await auditorsDesk().type("seatkeeper-audit --help");
    expect(code).toBe(0);
    const commands = stdout.slice(0, stdout.indexOf("Options:"));
    expect(
      [...commands.matchAll(/^ {2}seatkeeper-audit (\w+) /gm)].map(([, name]) => name),
    ).toEqual(["completion", "init", "key", "show", "verify"]);
    expect(stdout).toContain("it cannot make a block that\nthe vendor takes");
    expect(stdout).toMatch(/exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 /);
  });

  it("ends with 2 on a command line that means nothing", async () => {
    await expectSession(
      auditorsDesk(),
      `
      $ seatkeeper-audit
      ! seatkeeper-audit: error: name a command
      ! seatkeeper-audit: hint: see seatkeeper-audit --help
      = 2

      $ seatkeeper-audit veryfi x
      ! seatkeeper-audit: error: unknown command: veryfi
      ! seatkeeper-audit: hint: did you mean verify?
      = 2

      $ seatkeeper-audit show x --csv --json
      ! {"error":{"code":"USAGE","message":"--csv and --json exclude each other","hint":null,"facts":{}}}
      = 2

      $ seatkeeper-audit verify x --license site.sklic
      ! seatkeeper-audit: error: --license and --vendor-file belong together: the one vouches for the other
      = 2

      $ seatkeeper-audit verify x --known 12
      ! seatkeeper-audit: error: --known 12 is no key id
      ! seatkeeper-audit: hint: a key id is 16 hex digits, as in 1f3a5c7e90b2d4f6
      = 2

      $ seatkeeper-audit init --out k.skkey --plain --passphrase-file p
      ! seatkeeper-audit: error: --plain takes no passphrase
      = 2
      `,
    );
  });

  it("ends with 1 when a file is not there, or no key file", async () => {
    await expectSession(
      auditorsDesk(),
      `
      $ seatkeeper-audit verify usage.skb --key auditor.skkey
      ! seatkeeper-audit: error: no such file: usage.skb (FILE_NOT_FOUND)
      ! seatkeeper-audit: hint: check the spelling and the folder
      = 1

      $ seatkeeper-audit verify auditor.skkey --key nowhere.skkey
      ! seatkeeper-audit: error: no such auditor's key file: nowhere.skkey (FILE_NOT_FOUND)
      ! seatkeeper-audit: hint: check the spelling and the folder
      = 1

      $ seatkeeper-audit verify auditor.skkey --key ${twoSegments}
      ! seatkeeper-audit: warning: auditor's key file ${twoSegments} can be read by others: chmod 600 ${twoSegments}
      ! seatkeeper-audit: error: auditor's key file ${twoSegments} is not text (FILE_UNREADABLE)
      ! seatkeeper-audit: hint: this is probably another kind of file
      = 1
      `,
    );
  });

  it("shows a bundle as a page, value by value, and what was checked and what was not", async () => {
    await expectSession(
      auditorsDesk(),
      `
      $ seatkeeper-audit show ${twoSegments} --key auditor.skkey
      block 0  segment 0.0  segment  <n> bytes
        readers.vendor    7a2b3ae60fe74054
        readers.auditors  none
        content           sealed under keys not given

      block 1  segment 1.0  segment  <n> bytes
        readers.vendor      7a2b3ae60fe74054
        readers.auditors.0  94f95493a114cd20
        content             sealed under keys not given

      block 2  segment 1.1  checkpoint  <n> bytes
        meta.detail                   totals
        meta.firstEventId             1
        meta.count                    1
        meta.from                     <moment>
        meta.to                       <moment>
        meta.clocks.wall              <moment>
        meta.clocks.mono              120000
        meta.clocks.bootId            boot-1
        meta.clocks.highWater         <moment>
        meta.clocks.boottime          120000
        meta.clocks.clientSkewMedian  not known
        meters                        none
        refunds                       none
        namings                       none
        features
          feature  grants  overdraftGrants  released  expired  revoked  denials  seatMillis  peak  inUse
          cad.pro  1       0                0         0        0                 0           1     1

      block 3  segment 2.0  segment  <n> bytes
        readers.vendor      7a2b3ae60fe74054
        readers.auditors.0  94f95493a114cd20
        createdAt           <moment>
        highWater           <moment>
        reason              daily

      block 4  segment 2.1  checkpoint  <n> bytes
        meta.detail                   totals
        meta.firstEventId             2
        meta.count                    1
        meta.from                     <moment>
        meta.to                       <moment>
        meta.clocks.wall              <moment>
        meta.clocks.mono              240000
        meta.clocks.bootId            boot-1
        meta.clocks.highWater         <moment>
        meta.clocks.boottime          240000
        meta.clocks.clientSkewMedian  not known
        meters                        none
        refunds                       none
        namings                       none
        features
          feature  grants  overdraftGrants  released  expired  revoked  denials  seatMillis  peak  inUse
          cad.pro  1       0                0         0        0                 0           1     1

      block 5  segment 2.2  export  <n> bytes
        exportNo       1
        sizeBefore     5
        lastReceiptNo  not known
        receiptNonce   not known
        wall           <moment>
        hostHash       <hash>

      ${twoSegments}: bundle of ledger <id>
        blocks      6 (0 to 5): 4 opened, 2 not
        not opened  blocks 0 to 1
        readers     from segment 0 (block 0) on: vendor 7a2b3ae60fe74054, no auditor
        readers     from segment 1 (block 1) on: vendor 7a2b3ae60fe74054, auditor 94f95493a114cd20
        root        <hash>
        bytes       2878: 257 of contents shown, 950 in the open, 736 recomputed
        bytes       608 in fixed places that only the vendor or another auditor can check
        bytes       327 in blocks that were not opened
        checked     closing hash and framing of 6 blocks
        checked     hash chain: 5 links
        checked     root, recomputed and compared
        checked     recipient lists of 3 segments
        checked     read commitments of 2 segments
        checked     contents of 4 blocks: cipher, synthetic IV, form, entries under blinds
        checked     event ids of 2 checkpoints, up to 2
        not checked tags of 6 blocks, hand-offs and self tags of 3 segments: only the vendor has their keys
        not checked tip, which proves where the ledger ends: only the vendor has its key
        not checked contents of 2 blocks, under keys this auditor was not given
        not checked signature of the head: block 0, which names the key, was not opened; name the license
        not checked whether this is the licensed ledger: no license was named
      = 0
      `,
    );
  });

  it("ends with 3 when what it can check does not hold, and says what", async () => {
    const terminal = auditorsDesk();
    const ended = await terminal.type(
      `seatkeeper-audit verify ${VECTORS}share-of-another-seed.skb --key auditor.skkey`,
    );
    expect(ended.code).toBe(3);
    expect(ended.stdout).toContain(
      "READ_COMMIT_MISMATCH  the auditor is given other keys than the segment commits to (block 1)",
    );
    expect(await terminal.json(`seatkeeper-audit verify ${twoSegments}`)).toMatchObject({
      sound: true,
      auditor: null,
      opened: 0,
    });
  });

  it("gives the same as JSON and as CSV, every value of every block", async () => {
    const terminal = auditorsDesk();
    const line = `seatkeeper-audit show ${twoSegments} --key auditor.skkey`;
    const shown = (await terminal.json(line)) as {
      readonly blocks: readonly { readonly index: number; readonly payload?: object }[];
      readonly report: object;
    };
    expect(shown.blocks).toHaveLength(6);
    expect(shown.blocks[2]?.payload).toMatchObject({
      type: "checkpoint",
      meta: { detail: "totals", from: 1_795_348_860_000 },
      features: [{ feature: "cad.pro", grants: 1, denials: [] }],
    });
    expect(shown.report).toMatchObject({ sound: true, opened: 4, problems: [] });
    const { stdout } = await terminal.type(`${line} --csv`);
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0]).toBe("block,segment,type,field,value");
    expect(lines).toContain("2,1,checkpoint,features.0.grants,1");
    expect(lines).toContain("1,1,segment,readers.auditors.0,94f95493a114cd20");
    expect(lines).toContain("0,0,segment,content,sealed");
    for (const { index, payload } of shown.blocks) {
      const cells = lines.filter((row) => row.startsWith(`${index},`) && !row.includes("readers"));
      expect(cells).toHaveLength(payload === undefined ? 1 : leaves(payload));
    }
  });

  it("makes a key that is never replaced, and shows its public half again", async () => {
    const terminal = new Terminal(temporaryFolder());
    terminal.write("passphrase", "correct horse battery\n");
    const made = (await terminal.json(
      "seatkeeper-audit init --out auditor.skkey --passphrase-file passphrase",
    )) as { readonly file: string; readonly keyId: string; readonly key: string };
    expect(made.file).toBe("auditor.skkey");
    expect(made.keyId).toMatch(/^[0-9a-f]{16}$/);
    expect(made.key).toMatch(/^skaud1-[\w-]{48}$/);
    expect(statSync(terminal.path("auditor.skkey")).mode & 0o777).toBe(0o600);
    const { file: _, ...halves } = made;
    const again = "seatkeeper-audit key auditor.skkey --passphrase-file passphrase";
    expect(await terminal.json(again)).toEqual(halves);
    terminal.write("other", "wrong horse battery\n");
    await expectSession(
      terminal,
      `
      $ seatkeeper-audit init --out auditor.skkey --plain
      ! seatkeeper-audit: error: auditor.skkey exists already (OUTPUT_EXISTS)
      ! seatkeeper-audit: hint: choose another name: a key is never replaced, for it may be the only one that reads what is sealed
      = 1

      $ seatkeeper-audit verify ${twoSegments} --key auditor.skkey
      ! seatkeeper-audit: error: no passphrase given and no terminal to ask on (PASSPHRASE_MISSING)
      ! seatkeeper-audit: hint: use --passphrase-file FILE or --passphrase-fd N
      = 1
      `,
    );
    const wrong = await terminal.type("seatkeeper-audit key auditor.skkey --passphrase-file other");
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toContain("(KEY_FILE_PASSPHRASE)");
  });

  it.skipIf(!hasStrace)("opens no connection, starts nothing, and writes no file", async () => {
    const terminal = auditorsDesk();
    const traced = terminal.through(
      "strace",
      "-f",
      "-qq",
      "-o",
      "trace",
      "-e",
      "trace=socket,socketpair,connect,bind,listen,accept,accept4,sendto,sendmsg,execve,openat,open,creat,unlink,unlinkat,rename,renameat,renameat2,mkdir,mkdirat,link,linkat,symlink,symlinkat,truncate,ftruncate",
    );
    const ended = await traced.type(`seatkeeper-audit show ${twoSegments} --key auditor.skkey`);
    expect(ended.code).toBe(0);
    const calls = terminal
      .read("trace")
      .split("\n")
      .filter((line) => /^\d+ +\w+\(/.test(line));
    expect(calls.some((line) => line.includes(twoSegments))).toBe(true);
    const [program, ...others] = calls.filter((line) => line.includes("execve("));
    expect(program).toContain("node");
    expect(others).toEqual([]);
    const changing = calls.filter(
      (line) =>
        !line.includes("execve(") && (!line.includes("open") || /O_(WRONLY|RDWR|CREAT)/.test(line)),
    );
    expect(changing.filter((line) => !ofNodeItself(line))).toEqual([]);
  });
});

describe("from the auditor's desk to the vendor's, with the real programs", () => {
  it("what the auditor reads is what the vendor counts, and the vendor knows who reads", async () => {
    const terms = { ...usualTerms, auditor_allowed: true };
    const site = await Site.initialised(Vendor.named(), terms);
    const { keyId, key } = (await site.json(
      "seatkeeper-audit init --out auditor.skkey --plain",
    )) as { readonly keyId: string; readonly key: string };
    site.write("config.yaml", `${site.read("config.yaml")}auditor:\n  key: ${key}\n`);
    await site.serveLicensed();
    const ada = await site.workstation("ada");
    await ada.acquire("cad.pro");
    await ada.usage.record("render.minutes", 7);
    const exported = await site.type("seatkeeper usage export --out usage.skb");
    expect(exported.code).toBe(0);

    const checked = "--license site.sklic --vendor-file acme.skvendor";
    const shown = (await site.json(
      `seatkeeper-audit show usage.skb --key auditor.skkey ${checked}`,
    )) as Shown;
    expect(shown.report).toMatchObject({ sound: true, auditor: keyId, head: { size: 5 } });
    const [totals] = shown.blocks.flatMap(({ payload }) =>
      payload?.type === "checkpoint" ? [payload] : [],
    );
    expect(totals).toMatchObject({
      features: [{ feature: "cad.pro", grants: 1 }],
      meters: [{ meter: "render.minutes", records: 1, units: 7 }],
    });
    // The daemon runs on beside it: its own files are only read.
    const ledger = await site.json(
      `seatkeeper-audit verify data/vendors/acme.example/ledger.skc --key auditor.skkey ${checked}`,
    );
    expect(ledger).toMatchObject({ sound: true, kind: "ledger", opened: 3, sealed: 2 });

    const ingested = await site.type(
      "seatkeeper-vendor ingest usage.skb --passphrase-file passphrase",
    );
    expect(ingested.stdout).toContain("FIRST_VERIFIED");
    expect(ingested.stdout).toContain(`from block 1 on auditor ${keyId} can read too`);
    expect(ingested.stdout).toContain("1 grant");
    expect(ingested.stdout).toContain("7 metered units");
    const sites = await site.type("seatkeeper-vendor sites");
    expect(sites.stdout).toContain(keyId);
    const status = await site.type("seatkeeper status");
    expect(status.stdout).toContain(`auditor: ${keyId} reads what is sealed`);
    const verified = await site.type("seatkeeper ledger verify");
    expect(verified.stdout).toContain(`from segment 1 (block 1) on: the vendor by key`);
    expect(verified.stdout).toContain(`auditor ${keyId}`);
  });
});

describe("seatkeeper usage export --preview", () => {
  it("shows the same before the file is written, with the daemon running or not", async () => {
    const terms = { ...usualTerms, auditor_allowed: true };
    const site = await Site.initialised(Vendor.named(), terms);
    const { key } = (await site.json("seatkeeper-audit init --out auditor.skkey --plain")) as {
      readonly key: string;
    };
    site.write("config.yaml", `${site.read("config.yaml")}auditor:\n  key: ${key}\n`);
    await site.serveLicensed();
    const ada = await site.workstation("ada");
    await ada.usage.record("render.minutes", 7);
    await site.admin.checkpoint();
    await ada.usage.record("render.minutes", 4);

    const line = "seatkeeper usage export --preview";
    const blind = await site.type(line);
    expect(blind.code).toBe(0);
    expect(blind.stdout).toContain("4 sealed blocks of ");
    expect(blind.stdout).toContain("only the vendor can open them, or an auditor who was named");
    expect(blind.stdout).toContain("to be sealed: block 4  segment 1.3  checkpoint");
    expect(blind.stdout).toContain(
      "acme.example: an export now would hold blocks 0 to 5: 4 sealed, 2 to be sealed",
    );
    expect(blind.stderr).toBe("seatkeeper: nothing was sealed or written\n");

    const open = (await site.json(`${line} --auditor-key auditor.skkey`)) as Preview;
    expect(unitsIn(open.sealed)).toEqual([7]);
    expect(unitsIn(open.pending)).toEqual([4]);
    const csv = await site.type(`${line} --auditor-key auditor.skkey --csv`);
    expect(csv.stdout).toContain("\n3,1,checkpoint,meters.0.units,7\n");
    expect(csv.stdout).toContain("\n4,1,checkpoint,meters.0.units,4\n");

    // Without the daemon the command itself looks, and what waits goes on waiting.
    await site.stopDaemon();
    const stopped = (await site.json(`${line} --auditor-key auditor.skkey`)) as Preview;
    expect(unitsIn(stopped.sealed)).toEqual([7, 4]);
    expect(await site.json(`${line} --auditor-key auditor.skkey`)).toMatchObject({
      size: stopped.size,
    });
    await site.type("seatkeeper usage export --out usage.skb");
    const shown = (await site.json("seatkeeper-audit show usage.skb --key auditor.skkey")) as Shown;
    expect(unitsIn(shown.blocks)).toEqual([7, 4]);
    expect(shown.blocks.slice(0, stopped.size)).toEqual(stopped.sealed);
  });

  it("takes no --out, and --out is missing without it", async () => {
    const site = Site.empty(Vendor.named());
    await expectSession(
      site,
      `
      $ seatkeeper usage export --preview --out usage.skb
      ! seatkeeper: error: --preview writes nothing, so it takes no --out
      = 2

      $ seatkeeper usage export
      ! seatkeeper: error: --out is missing
      ! seatkeeper: hint: see seatkeeper usage export --help
      = 2

      $ seatkeeper usage export --out usage.skb --csv
      ! seatkeeper: error: --auditor-key and --csv belong to --preview
      = 2
      `,
    );
  });
});

interface Preview {
  readonly size: number;
  readonly sealed: Shown["blocks"];
  readonly pending: Shown["blocks"];
}

/** Units of each checkpoint that was opened. */
const unitsIn = (blocks: Shown["blocks"]): readonly number[] =>
  blocks.flatMap(({ payload }) => (payload?.meters ?? []).map(({ units }) => units));

interface Shown {
  readonly blocks: readonly { readonly payload?: ShownPayload }[];
  readonly report: object;
}

interface ShownPayload {
  readonly type: string;
  readonly meters?: readonly { readonly units: number }[];
}

/** Values in a payload: an empty list counts as one. */
function leaves(value: unknown): number {
  if (typeof value !== "object" || value === null) return 1;
  const inner = Object.values(value);
  return inner.length === 0 ? 1 : inner.reduce((sum: number, each) => sum + leaves(each), 0);
}

/** Pipes among its own threads, and what the dynamic linker looks for. */
const ofNodeItself = (line: string): boolean => /"\/(?:dev|proc|sys|etc)\//.test(line);
