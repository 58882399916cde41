import { beforeAll, describe, expect, it } from "vitest";
import { Site, Vendor } from "../support/site.ts";
import { expectSession } from "../support/terminal.ts";

let vendor: Vendor;
beforeAll(() => {
  vendor = Vendor.named();
});

describe("seatkeeper init", () => {
  it("makes the site's identity and a ledger for the vendor, once", async () => {
    await expectSession(
      Site.empty(vendor),
      `
      $ seatkeeper init --vendor acme.skvendor
      vendor    acme.example
      chain     <id>
      data      <folder>/data
      ! seatkeeper: next: seatkeeper license request --out site.skreq, and send that file to the vendor
      = 0

      $ stat -c '%a %n' data data/site.key data/tls.key data/tls.crt data/seatkeeper.db data/vendors
      700 data
      600 data/site.key
      600 data/tls.key
      600 data/tls.crt
      600 data/seatkeeper.db
      700 data/vendors
      = 0

      $ seatkeeper init --vendor acme.skvendor
      ! seatkeeper: error: this site keeps a ledger for acme.example already (VENDOR_LEDGER_EXISTS)
      ! seatkeeper: hint: go on with seatkeeper license request
      = 1
      `,
    );
  });

  it("tells a script what a license will be bound to", async () => {
    const site = Site.empty(vendor);
    expect(await site.json("seatkeeper init --vendor acme.skvendor")).toMatchObject({
      vendor: "acme.example",
      host: { parts: ["machine-id"] },
    });
  });

  it("keeps a ledger for each of several vendors", async () => {
    const site = Site.empty(vendor);
    site.write("zeta.skvendor", Vendor.named("zeta.example").file);
    await expectSession(
      site,
      `
      $ seatkeeper init --vendor acme.skvendor
      vendor    acme.example
      chain     <id>
      data      <folder>/data
      ! seatkeeper: next: seatkeeper license request --out site.skreq, and send that file to the vendor
      = 0

      $ seatkeeper init --vendor zeta.skvendor
      vendor    zeta.example
      chain     <id>
      data      <folder>/data
      ! seatkeeper: next: seatkeeper license request --out site.skreq, and send that file to the vendor
      = 0

      $ seatkeeper license request --out site.skreq
      ! seatkeeper: error: this site keeps ledgers for several vendors (VENDOR_NOT_NAMED)
      ! seatkeeper: hint: name one of them: acme.example, zeta.example
      = 1

      $ seatkeeper license request --vendor zeta.example --out site.skreq
      ! seatkeeper: wrote site.skreq; send it to the vendor
      = 0

      $ seatkeeper ledger verify --vendor other.example
      ! seatkeeper: error: no ledger is kept for other.example (VENDOR_NOT_HERE)
      ! seatkeeper: hint: run seatkeeper init with the vendor's file
      = 1
      `,
    );
  });

  it("takes no file that is not a vendor's own", async () => {
    const site = Site.empty(vendor);
    site.write(
      "changed.skvendor",
      site.read("acme.skvendor").replace("acme.example", "acne.example"),
    );
    site.write("mailed.skvendor", site.read("acme.skvendor").replaceAll("\n", "\r\n"));
    site.write("half.skvendor", site.read("acme.skvendor").slice(0, 400));
    await expectSession(
      site,
      `
      $ seatkeeper init --vendor none.skvendor
      ! seatkeeper: error: no such vendor file: none.skvendor (FILE_NOT_FOUND)
      ! seatkeeper: hint: check the spelling and the folder
      = 1

      $ seatkeeper init --vendor .
      ! seatkeeper: error: vendor file . is a folder (FILE_NOT_REGULAR)
      ! seatkeeper: hint: name the file inside it
      = 1

      $ seatkeeper init --vendor changed.skvendor
      ! seatkeeper: error: the vendor file is not signed by its root key (VENDOR_FILE_SIGNATURE)
      ! seatkeeper: hint: the file was changed after it was signed; fetch it again from the vendor
      = 3

      $ seatkeeper init --vendor mailed.skvendor
      ! seatkeeper: error: the note has carriage returns, first in line 1 (NOTE_CRLF)
      ! seatkeeper: hint: a mail program or editor changed its line endings; transfer the file as an attachment or in binary mode
      = 1

      $ seatkeeper init --vendor half.skvendor
      ! seatkeeper: error: the note ends in the middle of a line (NOTE_TRUNCATED)
      ! seatkeeper: hint: copy the file again, whole and unchanged
      = 1

      $ ls data
      ! ls: cannot access 'data': No such file or directory
      = 2
      `,
    );
  });
});

describe("seatkeeper license request", () => {
  it("writes what the vendor makes a license of", async () => {
    const site = await Site.initialised(vendor);
    await expectSession(
      site,
      `
      $ seatkeeper license request --out site.skreq
      ! seatkeeper: wrote site.skreq; send it to the vendor
      = 0

      $ seatkeeper-vendor issue --request site.skreq --terms terms.yaml --out again.sklic --passphrase-file passphrase
      license  <id>
      site     Example Studio
      ledger   <id>
      written  again.sklic
      ! seatkeeper-vendor: this site already holds 2 seats of cad.pro; this license adds 2
      ! seatkeeper-vendor: this site already holds 1 seat of sim.solver; this license adds 1
      ! seatkeeper-vendor: this site already holds 100 units of render.minutes; this license adds 100
      = 0

      $ seatkeeper license request --out site.skreq
      ! seatkeeper: error: site.skreq exists already (OUTPUT_EXISTS)
      ! seatkeeper: hint: choose another name, or add --force to replace it
      = 1

      $ seatkeeper license request --out site.skreq --force
      ! seatkeeper: wrote site.skreq; send it to the vendor
      = 0

      $ seatkeeper license request --out none/site.skreq
      ! seatkeeper: error: cannot write none/site.skreq: no such folder (OUTPUT_FAILED)
      ! seatkeeper: hint: make the folder first
      = 1
      `,
    );
  });

  it("needs a site", async () => {
    await expectSession(
      Site.empty(vendor),
      `
      $ seatkeeper license request --out site.skreq
      ! seatkeeper: error: there is no data folder <folder>/data (DATA_FOLDER_MISSING)
      ! seatkeeper: hint: run seatkeeper init first, or check data_dir in the configuration
      = 1

      $ seatkeeper license request
      ! seatkeeper: error: --out is missing
      ! seatkeeper: hint: see seatkeeper license request --help
      = 2
      `,
    );
  });
});

describe("a configuration", () => {
  it("is looked for where it was named, and must be one", async () => {
    const site = Site.empty(vendor);
    site.write("bad.yaml", "data_dir: data\nlimits:\n  queue_lenght: 5\n");
    await expectSession(
      site,
      `
      $ seatkeeper status --config none.yaml
      ! seatkeeper: error: no such configuration: none.yaml (FILE_NOT_FOUND)
      ! seatkeeper: hint: check the spelling and the folder
      = 1

      $ seatkeeper serve --config bad.yaml
      ! seatkeeper: error: bad.yaml:3:3: limits.queue_lenght: unknown option, did you mean queue_length? (CONFIG_FIELD)
      ! seatkeeper: hint: config.example.yaml explains every option
      = 1
      `,
    );
  });
});
