import { expect, it } from "vitest";
import { chainSource, readBlocks } from "../../src/ledger/reader.ts";
import { SealedLedger } from "../../src/ledger/sealed-ledger.ts";
import { vendorName } from "./given.ts";
import { Site } from "./site.ts";
import { Vendor } from "./vendor.ts";

it("a ledger file that lost its end is BLOCKS_MISSING, however often the daemon was started since", () => {
  const site = Site.activate();
  for (let day = 0; day < 4; day += 1) site.use();
  const { outbox: row, index } = site.ledger.prepare({
    type: "export",
    exportNo: 1,
    sizeBefore: site.ledger.size,
    lastReceiptNo: null,
    receiptNonce: null,
    wall: site.activation.activatedAt,
    hostHash: site.hostHash,
  });
  expect(index).toBe(5);
  const third = [...readBlocks(chainSource(site.files))].find(({ block }) => block.index === 3);
  SealedLedger.open(site.files, [row], { vendorName });
  site.files.setAside((third?.offset ?? 0) + 100);
  for (const _ of [1, 2, 3]) SealedLedger.open(site.files, [row], { vendorName });
  const { ledger } = SealedLedger.open(site.files, [row], { vendorName });
  const bundle = site.bundle({
    size: ledger.size,
    checkpoint: site.signHead(ledger.size, ledger.root),
    root: ledger.root,
    tip: ledger.tip(),
  });
  expect(new Vendor(site.activation).verify(bundle)).toMatchObject({
    verdict: "BLOCKS_MISSING",
    missingBlocks: [{ first: 3, last: 4 }],
    problems: [{ verdict: "BLOCKS_MISSING" }],
  });
});
