import { beforeAll, describe, expect, it } from "vitest";
import { Site, Vendor } from "../support/site.ts";
import { expectSession } from "../support/terminal.ts";

const CHAIN = "data/vendors/acme.example/ledger.skc";
const STATE = "data/vendors/acme.example/ledger.state";

let vendor: Vendor;
beforeAll(() => {
  vendor = Vendor.named();
});

/** Four blocks: genesis, start, checkpoint, export. */
async function exportedSite(): Promise<Site> {
  const site = await Site.serving(vendor);
  const ada = await site.workstation("ada");
  await ada.usage.record("render.minutes", 12);
  await ada.close();
  await site.type("seatkeeper usage export --out usage.skb");
  return site;
}

function flip(bytes: Uint8Array, at: number): Uint8Array {
  const flipped = Uint8Array.from(bytes);
  flipped[at] = (flipped[at] ?? 0) ^ 1;
  return flipped;
}

const sound = `
      $ seatkeeper ledger verify
      acme.example: 4 blocks
        checked  form of 4 blocks in <n> bytes
        checked  order, segments and hash chain of the blocks
        checked  block 0 against the license
        checked  the key state against the blocks, and the erasure of the other slot
        not checked here: what the blocks say, and who wrote them; that takes the vendor's key
      = 0
`;

describe("seatkeeper ledger verify", () => {
  it("says what it has checked and what it cannot, beside a running daemon", async () => {
    const site = await exportedSite();
    await expectSession(site, sound);
    expect(await site.json("seatkeeper ledger verify")).toMatchObject({
      vendor: "acme.example",
      size: 4,
      segments: 1,
      problems: [],
      sound: true,
    });
  });

  it("works without a daemon, and changes nothing", async () => {
    const site = await exportedSite();
    await site.stopDaemon();
    const before = [site.bytes(CHAIN), site.bytes(STATE)];
    await expectSession(site, sound);
    expect([site.bytes(CHAIN), site.bytes(STATE)]).toEqual(before);
  });

  it("ends with 3 when a byte of a block was changed", async () => {
    const site = await exportedSite();
    await site.stopDaemon();
    const chain = site.bytes(CHAIN);
    site.write(CHAIN, flip(chain, chain.length - 40));
    await expectSession(
      site,
      `
      $ seatkeeper ledger verify
      acme.example: 4 blocks
        checked  form of 4 blocks in <n> bytes
        checked  order, segments and hash chain of the blocks
        checked  block 0 against the license
        checked  the key state against the blocks, and the erasure of the other slot
        STATE_MISMATCH  the blocks are not those that the key state was left at
        not checked here: what the blocks say, and who wrote them; that takes the vendor's key
      ! seatkeeper: hint: stop the daemon, keep a copy of the data folder as it is, and ask the vendor
      = 3
      `,
    );
    expect(await site.json("seatkeeper ledger verify", 3)).toMatchObject({ sound: false });
    site.write(CHAIN, flip(chain, 600));
    expect(await site.json("seatkeeper ledger verify", 3)).toMatchObject({ sound: false });
  });

  it("ends with 3 when the last block was cut off", async () => {
    const site = await exportedSite();
    await site.stopDaemon();
    const chain = site.bytes(CHAIN);
    site.write(CHAIN, chain.subarray(0, chain.length - 1));
    await expectSession(
      site,
      `
      $ seatkeeper ledger verify
      acme.example: 3 blocks
        checked  form of 3 blocks in <n> bytes
        checked  order, segments and hash chain of the blocks
        checked  block 0 against the license
        checked  the key state against the blocks, and the erasure of the other slot
        MALFORMED  block 3 has <n> bytes (at byte <n>)
        STATE_MISMATCH  the key state was left after 4 blocks, the file has 3
        not checked here: what the blocks say, and who wrote them; that takes the vendor's key
      ! seatkeeper: hint: stop the daemon, keep a copy of the data folder as it is, and ask the vendor
      = 3
      `,
    );
  });

  it("ends with 3 when ledger or state were put back to an earlier day", async () => {
    const site = await exportedSite();
    await site.stopDaemon();
    const early = site.bytes(STATE);
    await site.serve();
    await site.type("seatkeeper usage export --out again.skb");
    await site.stopDaemon();
    site.write(STATE, early);
    await expectSession(
      site,
      `
      $ seatkeeper ledger verify
      acme.example: 6 blocks
        checked  form of 6 blocks in <n> bytes
        checked  order, segments and hash chain of the blocks
        checked  block 0 against the license
        checked  the key state against the blocks, and the erasure of the other slot
        STATE_MISMATCH  the key state was left after 4 blocks, the file has 6
        not checked here: what the blocks say, and who wrote them; that takes the vendor's key
      ! seatkeeper: hint: stop the daemon, keep a copy of the data folder as it is, and ask the vendor
      = 3
      `,
    );
  });

  it("ends with 1 when there is nothing to verify", async () => {
    const site = await Site.initialised(vendor);
    await site.type(`rm ${CHAIN}`);
    await expectSession(
      site,
      `
      $ seatkeeper ledger verify
      ! seatkeeper: error: there is no ledger <folder>/data/vendors/acme.example/ledger.skc (CHAIN_MISSING)
      ! seatkeeper: hint: restore the data folder from the backup; a new ledger needs a new license
      = 1

      $ seatkeeper serve
      ! seatkeeper: error: the ledger file is missing or empty (CHAIN_MISSING)
      ! seatkeeper: hint: restore the data folder, or activate the site again
      = 1
      `,
    );
  });
});
