import { describe, expect, it } from "vitest";
import { chainId, leaseId } from "../../src/base/ids.ts";
import { unixMillis } from "../../src/base/time.ts";
import {
  type BorrowRelease,
  checkRelease,
  readBorrowRelease,
  writeBorrowRelease,
} from "../../src/license/borrow-release.ts";
import {
  chain,
  issuerNote,
  issuerUntil,
  issuing,
  mallory,
  noon,
  resigned,
  trust,
  vendor,
} from "./given.ts";

const refusal = (code: string): unknown => expect.objectContaining({ code });

const release: BorrowRelease = {
  vendor,
  chainId: chain,
  leaseId: leaseId("00112233445566778899aabbccddeeff"),
  reason: "stolen on a train",
  issuedAt: noon,
  issuer: issuerNote,
};
const note = writeBorrowRelease(release, issuing);

describe("a borrow release", () => {
  it("gives back what the vendor said", () => {
    expect(readBorrowRelease(note, trust)).toEqual(release);
  });

  it("is believed under an issuing key of this vendor alone", () => {
    const changed = note.replace("stolen", "forgotten");
    expect(() => readBorrowRelease(changed, trust)).toThrow(refusal("RELEASE_SIGNATURE"));
    const forged = writeBorrowRelease(release, mallory);
    expect(() => readBorrowRelease(forged, trust)).toThrow(refusal("RELEASE_SIGNATURE"));
    const strange = { vendorName: vendor, rootKey: mallory.publicKey };
    expect(() => readBorrowRelease(note, strange)).toThrow(refusal("LICENSE_ISSUER"));
    const other = { ...trust, vendorName: "other.example" };
    expect(() => readBorrowRelease(note, other)).toThrow(refusal("RELEASE_WRONG_VENDOR"));
  });

  it("is signed while its issuing key may sign", () => {
    const late = writeBorrowRelease({ ...release, issuedAt: issuerUntil }, issuing);
    expect(() => readBorrowRelease(late, trust)).toThrow(refusal("LICENSE_ISSUER_EXPIRED"));
  });

  it("has every field in its form", () => {
    const text = resigned(note, `${vendor}/issuer`, issuing, (plain) =>
      plain.replace('"stolen on a train"', '""'),
    );
    expect(() => readBorrowRelease(text, trust)).toThrow(refusal("RELEASE_FIELD"));
  });

  it("is for one ledger, and for 30 days", () => {
    const monthLater = unixMillis(noon + 30 * 86_400_000);
    expect(() => checkRelease(release, chain, unixMillis(monthLater - 1))).not.toThrow();
    expect(() => checkRelease(release, chain, monthLater)).toThrow(refusal("RELEASE_TOO_OLD"));
    const elsewhere = chainId("0".repeat(32));
    expect(() => checkRelease(release, elsewhere, noon)).toThrow(refusal("RELEASE_WRONG_SITE"));
  });
});
