import { describe, expect, it } from "vitest";
import { unixMillis } from "../../src/base/time.ts";
import {
  checkReceipt,
  type Receipt,
  type ReceiptFields,
  type ReceiptSite,
  type ReceiptTrust,
  readReceipt,
  writeReceipt,
} from "../../src/bundle/receipt.ts";
import { signerFromSeed } from "../../src/crypto/ed25519.ts";
import { writeIssuer } from "../../src/license/issuer.ts";
import { writeJsonNote } from "../../src/note/json-note.ts";
import { issuer, issuerKey, minute, noon, root, seeded, vendorName } from "./given.ts";
import { Site } from "./site.ts";

describe("a receipt on its way to the site", () => {
  it("says what was acknowledged, in the words the site signed", () => {
    const { site, fields } = exported();
    const receipt = readReceipt(writeReceipt(fields, issuerKey), trustOf(site));
    expect(receipt).toMatchObject({
      receiptNo: 1,
      chainId: site.ledger.chainId,
      head: fields.head,
      vendorTime: noon,
      nonce: seeded("nonce"),
      acknowledged: { origin: site.ledger.origin, size: 3, root: site.ledger.root },
    });
  });

  it("is a text that a person can read", () => {
    const { fields } = exported();
    expect(writeReceipt(fields, issuerKey).split("\n").slice(0, 5)).toEqual([
      "seatkeeper receipt v1",
      "{",
      '  "vendor": "acme.example",',
      `  "chain_id": "${fields.chainId}",`,
      '  "receipt_no": 1,',
    ]);
  });

  it("keeps its bytes, which go into the ledger", () => {
    const { site, fields } = exported();
    const text = writeReceipt(fields, issuerKey);
    expect(readReceipt(Buffer.from(text), trustOf(site)).text).toBe(text);
  });
});

describe("a receipt that is not what it should be", () => {
  it("is refused when another key signed it", () => {
    const { site, fields } = exported();
    const text = writeReceipt(fields, signerFromSeed(seeded("not the issuer")));
    expect(() => readReceipt(text, trustOf(site))).toThrow(code("NOTE_UNSIGNED"));
  });

  it("is refused when another vendor's root key vouches for the issuer", () => {
    const { site, fields } = exported();
    const foreign = signerFromSeed(seeded("another root"));
    const own = { vendor: vendorName, key: issuerKey.publicKey, notBefore: noon, notAfter: null };
    const text = writeReceipt({ ...fields, issuer: writeIssuer(own, foreign) }, issuerKey);
    expect(() => readReceipt(text, trustOf(site))).toThrow(code("LICENSE_ISSUER"));
  });

  it("is refused when it is from another vendor or for another ledger", () => {
    const { site, fields } = exported();
    const other = Site.activate("other").ledger.chainId;
    const foreign = writeReceipt({ ...fields, vendor: "other.example" }, issuerKey);
    expect(() => readReceipt(foreign, trustOf(site))).toThrow(code("RECEIPT_WRONG_VENDOR"));
    const elsewhere = writeReceipt({ ...fields, chainId: other }, issuerKey);
    expect(() => readReceipt(elsewhere, trustOf(site))).toThrow(code("RECEIPT_WRONG_CHAIN"));
  });

  it("is refused when its date lies outside the time of its issuer", () => {
    const { site, fields } = exported();
    const early = { ...fields, vendorTime: unixMillis(noon - minute) };
    expect(() => readReceipt(writeReceipt(early, issuerKey), trustOf(site))).toThrow(
      code("RECEIPT_ISSUER_EXPIRED"),
    );
  });

  it("is refused when the head inside was not signed by this daemon", () => {
    const { site, fields } = exported();
    const other = Site.activate("other");
    const head = other.signHead(1, other.ledger.root);
    expect(() => readReceipt(writeReceipt({ ...fields, head }, issuerKey), trustOf(site))).toThrow(
      code("NOTE_UNSIGNED"),
    );
  });

  it("is refused when it was changed, cut or turned to carriage returns", () => {
    const { site, fields } = exported();
    const text = writeReceipt(fields, issuerKey);
    const trust = trustOf(site);
    expect(() => readReceipt(text.replace('"receipt_no": 1', '"receipt_no": 2'), trust)).toThrow(
      code("NOTE_SIGNATURE"),
    );
    expect(() => readReceipt(text.slice(0, -5), trust)).toThrow(code("NOTE_TRUNCATED"));
    expect(() => readReceipt(text.replaceAll("\n", "\r\n"), trust)).toThrow(code("NOTE_CRLF"));
  });

  it.each([
    ["without a number", { receipt_no: undefined }, "receipt_no is missing"],
    ["numbered zero", { receipt_no: 0 }, "receipt_no must be a whole number"],
    ["with a short nonce", { nonce: "AAAA" }, "nonce must be 32 bytes"],
    ["with a field nobody knows", { bonus: 1 }, "bonus is not a known field"],
  ])("is refused %s", (_, change, message) => {
    const { site, fields } = exported();
    const body = {
      vendor: vendorName,
      chain_id: fields.chainId,
      receipt_no: 1,
      head: fields.head,
      vendor_time: noon,
      nonce: "A".repeat(43),
      issuer,
      ...change,
    };
    const name = `${vendorName}/issuer`;
    const text = writeJsonNote("receipt", body, { name, signer: issuerKey });
    expect(() => readReceipt(text, trustOf(site))).toThrow(code("RECEIPT_FIELD"));
    expect(() => readReceipt(text, trustOf(site))).toThrow(message);
  });

  it("is refused when it is a note of another kind", () => {
    const { site } = exported();
    expect(() => readReceipt(issuer, trustOf(site))).toThrow(code("NOTE_KIND"));
  });
});

describe("a site that holds a receipt against its own ledger", () => {
  it("takes the first one", () => {
    const { site, receipt } = received();
    expect(checkReceipt(receipt, siteOf(site))).toEqual({ kind: "new" });
  });

  it("knows one that it took before", () => {
    const { site, receipt } = received();
    expect(checkReceipt(receipt, siteOf(site, { last: receipt, ackSize: 3 }))).toEqual({
      kind: "repeated",
    });
  });

  it("refuses an older one, and one that uses a number again", () => {
    const { site, receipt } = received();
    const later = { receiptNo: 2, nonce: seeded("later") };
    const other = { receiptNo: 1, nonce: seeded("other") };
    for (const last of [later, other]) {
      expect(() => checkReceipt(receipt, siteOf(site, { last }))).toThrow(code("RECEIPT_REPEATED"));
    }
  });

  it("refuses one for more blocks than it has: it was restored", () => {
    const { site, receipt } = received();
    expect(() => checkReceipt(receipt, siteOf(site, { size: 2 }))).toThrow(code("RECEIPT_AHEAD"));
  });

  it("refuses one for fewer blocks than are acknowledged", () => {
    const { site, receipt } = received();
    expect(() => checkReceipt(receipt, siteOf(site, { ackSize: 4, size: 9 }))).toThrow(
      code("RECEIPT_BEHIND"),
    );
  });

  it("refuses one whose root its own tree never had", () => {
    const { site, receipt } = received();
    expect(() => checkReceipt(receipt, siteOf(site, { rootAt: anotherRoot }))).toThrow(
      code("RECEIPT_ROOT"),
    );
  });

  it("refuses one of another ledger", () => {
    const { site, receipt } = received();
    const other = Site.activate("other").ledger.chainId;
    expect(() => checkReceipt(receipt, siteOf(site, { chainId: other }))).toThrow(
      code("RECEIPT_WRONG_CHAIN"),
    );
  });
});

function exported(): { site: Site; fields: ReceiptFields } {
  const site = Site.activate();
  site.use(1);
  site.sealExport();
  return {
    site,
    fields: {
      vendor: vendorName,
      chainId: site.ledger.chainId,
      receiptNo: 1,
      head: site.parts().checkpoint,
      vendorTime: noon,
      nonce: seeded("nonce"),
      issuer,
    },
  };
}

function received(): { site: Site; receipt: Receipt } {
  const { site, fields } = exported();
  return { site, receipt: readReceipt(writeReceipt(fields, issuerKey), trustOf(site)) };
}

function trustOf(site: Site): ReceiptTrust {
  const { daemonKey, origin } = site.activation;
  return { vendorName, rootKey: root.publicKey, origin, daemonKey };
}

function siteOf(site: Site, changes: Partial<ReceiptSite> = {}): ReceiptSite {
  const { chainId, size } = site.ledger;
  const rootAt = (): Uint8Array => site.ledger.root;
  return { chainId, size, ackSize: 0, last: undefined, rootAt, ...changes };
}

const anotherRoot = (): Uint8Array => seeded("another root");
const code = (expected: string): unknown => expect.objectContaining({ code: expected });
