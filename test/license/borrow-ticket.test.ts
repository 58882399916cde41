import { describe, expect, it } from "vitest";
import { toBase64Url } from "../../src/base/bytes.ts";
import { chainId, clientKey, leaseId } from "../../src/base/ids.ts";
import { unixMillis } from "../../src/base/time.ts";
import {
  type BorrowTicket,
  lends,
  readBorrowTicket,
  writeBorrowTicket,
} from "../../src/license/borrow-ticket.ts";
import { readLicense } from "../../src/license/license.ts";
import { decodeTerms } from "../../src/license/terms.ts";
import {
  chain,
  daemon,
  issuing,
  licenseWith,
  mallory,
  noon,
  origin,
  resigned,
  trust,
} from "./given.ts";

const refusal = (code: string): unknown => expect.objectContaining({ code });
const signer = { name: origin, signer: daemon };
const verifier = { name: origin, publicKey: daemon.publicKey };
const day = 86_400_000;

const ticket: BorrowTicket = {
  chainId: chain,
  leaseId: leaseId("00112233445566778899aabbccddeeff"),
  feature: "cad.pro",
  version: "2027.1",
  versionDate: unixMillis(noon - day),
  count: 1,
  clientKey: clientKey(toBase64Url(issuing.publicKey)),
  workstation: "a1".repeat(32),
  from: noon,
  until: unixMillis(noon + 7 * day),
};
const note = writeBorrowTicket(ticket, signer);

describe("a borrow ticket", () => {
  it("gives back what the daemon said", () => {
    expect(readBorrowTicket(note, verifier)).toEqual(ticket);
  });

  it("is believed under the daemon's key alone", () => {
    const forged = writeBorrowTicket(ticket, { name: origin, signer: mallory });
    expect(() => readBorrowTicket(forged, verifier)).toThrow(refusal("TICKET_SIGNATURE"));
    const later = note.replace(String(ticket.until), String(ticket.until + day));
    expect(() => readBorrowTicket(later, verifier)).toThrow(refusal("TICKET_SIGNATURE"));
  });

  it.each([
    ["that ends before it begins", `"until":${ticket.until}`, `"until":${noon}`],
    ["for no seat", '"count":1', '"count":0'],
    ["for no workstation", '"workstation":"a1', '"workstation":"'],
    ["with an unknown field", '"count":1', '"count":1,"x":1'],
  ])("%s is refused, whoever signed it", (_, before, after) => {
    const text = resigned(note, origin, daemon, (plain) => plain.replace(before, after));
    expect(() => readBorrowTicket(text, verifier)).toThrow(refusal("TICKET_FIELD"));
  });
});

describe("a license lends", () => {
  const borrow = { days: 7, seats: 1 };
  const lending = (feature: object, terms: object = {}): boolean => {
    const features = [{ name: "cad.pro", seats: 3, borrow, ...feature }];
    const text = licenseWith({
      terms: decodeTerms({ site: "Example Studio", features, ...terms }),
    });
    return lends(readLicense(text, trust), ticket);
  };

  it("what it says may be borrowed, up to its last day", () => {
    expect(lending({})).toBe(true);
    expect(lending({ version_max: "2027.1" })).toBe(true);
    expect(lending({ expires_at: ticket.until })).toBe(true);
    expect(lending({ maintenance_until: noon })).toBe(true);
  });

  it.each([
    ["another feature", { name: "cad.basic" }],
    ["nothing", { borrow: null }],
    ["for fewer days", { borrow: { days: 6, seats: 1 } }],
    ["older versions", { version_max: "2026.9" }],
    ["versions of before", { maintenance_until: noon - day }],
    ["from later on", { starts_at: noon + 1 }],
    ["until earlier", { expires_at: ticket.until - 1 }],
  ])("not where it is for %s", (_, feature) => {
    expect(lending(feature)).toBe(false);
  });

  it("not beyond its own end, and not for another ledger", () => {
    expect(lending({}, { not_after: ticket.until - 1 })).toBe(false);
    const terms = decodeTerms({ site: "S", features: [{ name: "cad.pro", seats: 1, borrow }] });
    const license = readLicense(licenseWith({ terms }), trust);
    const elsewhere = { ...ticket, chainId: chainId("0".repeat(32)) };
    expect(lends(license, elsewhere)).toBe(false);
  });
});
