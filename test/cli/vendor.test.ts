import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { denied, ended, granted, metered } from "../vendor/given.ts";
import { Terminal } from "./vendor-desk.ts";

describe("making a vendor", () => {
  it("prints where its public file is and the root key to compile in", () => {
    const terminal = new Terminal();
    terminal.write("secret", "correct horse battery staple\n");
    expect(terminal.transcript("init --name acme.example --dir vendor SECRET")).toBe(
      [
        "vendor       acme.example",
        "vendor file  vendor/acme.skvendor",
        "root key     <key>",
        "! seatkeeper-vendor: ship the vendor file with your software, compile the root key in, back the folder up",
        "= 0",
        "",
      ].join("\n"),
    );
    expect(terminal.read("vendor/acme.skvendor")).toMatch(/^seatkeeper vendor v1\n/);
  });

  it("never overwrites one", () => {
    expect(Terminal.ofVendor().transcript("init --name other.example SECRET")).toBe(
      [
        "! seatkeeper-vendor: error: vendor is not empty (VENDOR_EXISTS)",
        "! seatkeeper-vendor: hint: choose a new folder; an existing vendor is never overwritten",
        "= 1",
        "",
      ].join("\n"),
    );
  });
});

describe("the vendor's day", () => {
  it("issues a license in answer to a request", () => {
    const terminal = Terminal.ofVendor();
    terminal.licensedSite();
    const again = "issue --request site.skreq --terms terms.yaml --out second.sklic SECRET";
    expect(terminal.transcript(again)).toBe(
      [
        "license  <id>",
        "site     Example GmbH",
        "ledger   <id>",
        "written  second.sklic",
        "! seatkeeper-vendor: this site already holds 3 seats of cad.pro; this license adds 3",
        "! seatkeeper-vendor: this site already holds 600 units of render.minutes; this license adds 600",
        "= 0",
        "",
      ].join("\n"),
    );
    expect(terminal.read("second.sklic")).toMatch(/^seatkeeper license v1\n/);
  });

  it("is warned of another name for a site, and still finds it by the old one", () => {
    const { terminal } = reported();
    terminal.run("ingest usage.skb SECRET");
    terminal.write("terms.yaml", "site: Example AG\nfeatures: [{name: sim.solver, seats: 1}]\n");
    const issue = "issue --request site.skreq --terms terms.yaml --out second.sklic SECRET";
    expect(terminal.transcript(issue)).toBe(
      [
        "license  <id>",
        "site     Example AG",
        "ledger   <id>",
        "written  second.sklic",
        '! seatkeeper-vendor: warning: this site was called "Example GmbH" so far; this license calls it "Example AG"',
        "! seatkeeper-vendor: this site already holds 3 seats of cad.pro; this license adds none",
        "! seatkeeper-vendor: this site already holds 600 units of render.minutes; this license adds none",
        "= 0",
        "",
      ].join("\n"),
    );
    const line = "Example AG (was Example GmbH)  <ledger>  cad.pro       2 ";
    expect(terminal.transcript('report --site "Example GmbH"')).toContain(line);
    expect(terminal.transcript('report --site "Example AG"')).toContain(line);
  });

  it("takes a bundle in, once, and gives the receipt each time", () => {
    const { terminal } = reported();
    expect(terminal.transcript("ingest usage.skb SECRET")).toBe(
      [
        "usage.skb: FIRST_VERIFIED: verified from the activated first block to the end",
        "  site      Example GmbH",
        "  ledger    <id>, 4 blocks",
        "  checked   V0 closing hash",
        "  checked   V1 activation record",
        "  checked   V1 license",
        "  checked   V2 first block",
        "  checked   V3 framing and limits of 4 blocks",
        "  checked   V4 order of the blocks",
        "  checked   V5 0 hand-offs between segments",
        "  checked   V6 tags of 4 blocks, 3 links, 4 payloads",
        "  checked   V6 event ids of 2 checkpoints up to 7",
        "  checked   V7 tip",
        "  checked   V8 root",
        "  checked   V8 checkpoint signature",
        "  checked   V9 nothing acknowledged before",
        "  checked   V10 incidents, clocks, host, receipts, exports",
        "  counted   2 checkpoints: 2 grants, 1.50 seat hours, 2 denials, 42 metered units",
        "  receipt   usage.skrcpt (number 1)",
        "! seatkeeper-vendor: hint: send usage.skrcpt back to the site",
        "= 0",
        "",
      ].join("\n"),
    );
    const receipt = terminal.read("usage.skrcpt");
    const again = terminal.transcript("ingest usage.skb SECRET");
    expect(again).toMatch(/^usage.skb: DUPLICATE: verified, and acknowledged before\n/);
    expect(again).toContain(
      "  counted   nothing\n  receipt   usage.skrcpt (number 1, as before)\n",
    );
    expect(terminal.read("usage.skrcpt")).toBe(receipt);
  });

  it("reports what was used, for people, for scripts and for spreadsheets", () => {
    const { terminal } = reported();
    terminal.run("ingest usage.skb SECRET");
    terminal.run("ingest usage.skb SECRET");
    expect(terminal.transcript("report")).toBe(
      [
        "site          ledger    feature  grants  overdraft  seat hours  peak  denials  why denied",
        "Example GmbH  <ledger>  cad.pro       2          0        1.50     2        2  NO_SEATS 1, TOO_MANY 1",
        "",
        "site          ledger    meter           records  units  late  denials  why denied",
        "Example GmbH  <ledger>  render.minutes        1     42     0        0",
        "= 0",
        "",
      ].join("\n"),
    );
    expect(terminal.transcript("report --csv --by month")).toBe(
      [
        "kind,site,ledger,period,name,reason,grants,overdraft_grants,seat_hours,seat_ms,peak,denials,records,units,late,borrows,borrowed_until,returned,vendor_released,refunds,refunded_units,net_units,named,unnamed",
        "feature,Example GmbH,<id>,2024-03,cad.pro,,2,0,1.5,5400000,2,2,,,,0,,0,0,,,,0,0",
        "denial,Example GmbH,<id>,2024-03,cad.pro,NO_SEATS,,,,,,1,,,,,,,,,,,,",
        "denial,Example GmbH,<id>,2024-03,cad.pro,TOO_MANY,,,,,,1,,,,,,,,,,,,",
        "meter,Example GmbH,<id>,2024-03,render.minutes,,,,,,,0,1,42,0,,,,,0,0,42,,",
        "= 0",
        "",
      ].join("\n"),
    );
    const { stdout } = terminal.run("report --json --from 2024-03-01 --to 2024-03-01");
    expect(JSON.parse(stdout)).toMatchObject({
      from: "2024-03-01T00:00:00.000Z",
      to: "2024-03-02T00:00:00.000Z",
      features: [{ feature: "cad.pro", grants: 2, seatMillis: 5_400_000, seatHours: 1.5, peak: 2 }],
      meters: [{ meter: "render.minutes", units: 42 }],
    });
    expect(terminal.transcript("report --from 2024-03-02")).toBe(
      "! seatkeeper-vendor: no usage was reported for this time\n= 0\n",
    );
  });

  it("lists its sites and when they last reported", () => {
    const { terminal } = reported();
    expect(terminal.transcript("sites")).toBe(
      [
        "site          ledger    activated   licenses  blocks  last report  next report    auditor",
        "Example GmbH  <ledger>  <today-->         1       0  never        by <day>  none",
        "= 0",
        "",
      ].join("\n"),
    );
    terminal.run("ingest usage.skb SECRET");
    const { stdout } = terminal.run("sites --json");
    expect(JSON.parse(stdout)).toMatchObject({
      sites: [{ site: "Example GmbH", licenses: 1, size: 4, receiptNo: 1, overdue: false }],
    });
  });

  it("changes its passphrase", () => {
    const { terminal } = reported();
    terminal.write("new", "a quite different passphrase\n");
    expect(terminal.transcript("passphrase SECRET --new-passphrase-file new")).toBe(
      [
        "keys sealed anew: 3",
        "! seatkeeper-vendor: copies of the folder in backups still open with the old passphrase",
        "= 0",
        "",
      ].join("\n"),
    );
    expect(terminal.run("ingest usage.skb SECRET").status).toBe(1);
    expect(terminal.run("ingest usage.skb --passphrase-file new").status).toBe(0);
  });
});

describe("the terms example", () => {
  it("can be sold as it is printed", () => {
    const { terminal } = reported();
    terminal.write("terms.yaml", terminal.run("terms").stdout);
    const issue = "issue --request site.skreq --terms terms.yaml --out new.sklic SECRET";
    const { status, stderr } = terminal.run(issue);
    expect(status).toBe(0);
    expect(stderr).not.toContain("sites of this release refuse");
    expect(existsSync(join(terminal.path, "new.sklic"))).toBe(true);
  });
});

/** A site that has written `usage.skb`. */
function reported(): { readonly terminal: Terminal } {
  const terminal = Terminal.ofVendor();
  const site = terminal.licensedSite();
  site.checkpoint([granted(), granted(), denied("NO_SEATS"), metered(42)]);
  site.checkpoint([ended(60), ended(30), denied("TOO_MANY")]);
  terminal.write("usage.skb", site.export());
  return { terminal };
}
