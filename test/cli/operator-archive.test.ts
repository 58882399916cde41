import { mkdirSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { Site, Vendor } from "../support/site.ts";
import { canMount, SmallDisk } from "../support/small-disk.ts";
import { expectSession } from "../support/terminal.ts";

const CHAIN = "data/vendors/acme.example/ledger.skc";

let site: Site;
beforeAll(async () => {
  site = await Site.serving(Vendor.named());
});

/** Something is used and exported, and the vendor's receipt is imported. */
async function acknowledge(name: string): Promise<void> {
  const ada = await site.workstation(`ada-${name}`);
  await ada.usage.record("render.minutes", 12);
  await ada.close();
  for (const line of [
    `seatkeeper usage export --out ${name}.skb`,
    `seatkeeper-vendor ingest ${name}.skb --passphrase-file passphrase`,
    `seatkeeper usage receipt ${name}.skrcpt`,
  ]) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    expect(await site.type(line)).toMatchObject({ code: 0 });
  }
}

describe("seatkeeper ledger archive", () => {
  it("says what is missing before there is anything to archive", async () => {
    await expectSession(
      site,
      `
      $ seatkeeper ledger archive
      ! seatkeeper: acme.example: nothing to archive: the vendor has acknowledged nothing yet
      ! seatkeeper: next: seatkeeper usage export, and seatkeeper usage receipt with the answer
      = 0
      `,
    );
  });
});

describe("seatkeeper ledger archive, when the vendor has acknowledged twice", () => {
  beforeAll(async () => {
    await acknowledge("first");
    await acknowledge("second");
  });

  it.runIf(canMount)(
    "removes nothing from the ledger when the disk of the archive is full",
    async () => {
      const before = site.bytes(CHAIN);
      const disk = await SmallDisk.at(site.path("small"), 1);
      const inside = site.through(...disk.enter);
      await inside.type("dd if=/dev/zero of=small/fill bs=4k");
      const { code, stderr } = await inside.type("seatkeeper ledger archive --out small");
      expect(code).toBe(1);
      expect(stderr).toContain("the disk is full (OUTPUT_FAILED)");
      expect(site.bytes(CHAIN)).toEqual(before);
    },
  );

  it("moves acknowledged blocks to a file, which ledger verify and seatkeeper-audit read", async () => {
    mkdirSync(site.path("archive"));
    const planned = await site.json("seatkeeper ledger archive --dry-run --out archive");
    const { file } = planned as { file: string };
    expect(file).toMatch(/^archive\/acme\.example-[0-9a-f]{8}-000000000-000000004\.skarchive$/);
    await expectSession(
      site,
      `
      $ seatkeeper ledger archive --dry-run --out archive
      acme.example: blocks 0 to 4 of ledger <id>
        would be archived  <n> bytes, as ${file}
      ! seatkeeper: nothing was written
      = 0

      $ seatkeeper ledger archive --out nowhere
      ! seatkeeper: error: cannot write nowhere/${file.slice(8)}: no such folder (OUTPUT_FAILED)
      ! seatkeeper: hint: make the folder first
      = 1

      $ seatkeeper ledger archive --out archive
      acme.example: blocks 0 to 4 of ledger <id>
        archived      <n> bytes, packed into <n> bytes
        checked       read back: its blocks have the ledger's root at block 5
        the ledger    <n> bytes shorter; <n> bytes of leaf hashes stay
      ! seatkeeper: wrote ${file}
      ! seatkeeper: keep it as long as your books: the blocks in it are nowhere else at this site
      = 0

      $ seatkeeper ledger archive --out archive
      ! seatkeeper: acme.example: nothing to archive: the next export begins with block 5
      = 0

      $ seatkeeper ledger verify --archive ${file} --archive first.skb
      acme.example: 10 blocks
        checked  form of 6 blocks in <n> bytes
        checked  4 archived blocks, by their leaf hashes
        checked  order, segments and hash chain of the blocks
        checked  block 0 against the license
        checked  the key state against the blocks, and the erasure of the other slot
        checked  ${file.slice(8)}: blocks 0 to 4, against the ledger's tree
        MALFORMED  first.skb: the archive does not begin with SKA1
        not checked here: what the blocks say, and who wrote them; that takes the vendor's key
      ! seatkeeper: hint: stop the daemon, keep a copy of the data folder as it is, and ask the vendor
      = 3
      `,
    );
    expect(await site.json(`seatkeeper-audit verify ${file}`)).toMatchObject({
      kind: "archive",
      blocks: 5,
      problems: [],
    });
    expect(await site.json(`seatkeeper-audit verify ${CHAIN}`)).toMatchObject({
      kind: "ledger",
      blocks: 6,
      size: 10,
      problems: [],
    });
  });

  it("works without a daemon, into the data folder, and the daemon goes on from there", async () => {
    await acknowledge("third");
    await site.stopDaemon();
    const done = await site.json("seatkeeper ledger archive");
    expect(done).toMatchObject({ daemon: "stopped", archived: true, from: 5, size: 9, kept: 288 });
    expect(JSON.stringify(done)).toContain("data/vendors/acme.example/archive/acme.example-");
    await site.serve();
    expect(await site.json("seatkeeper ledger verify")).toMatchObject({ problems: [] });
    expect(await site.type("seatkeeper backup --out site.skbackup")).toMatchObject({ code: 0 });
  });
});
