import { describe, expect, it } from "vitest";
import { toBase64Url } from "../../src/base/bytes.ts";
import { clientKey, instanceId, leaseId } from "../../src/base/ids.ts";
import { millis } from "../../src/base/time.ts";
import { type LeaseNote, readLeaseNote, writeLeaseNotes } from "../../src/license/lease-note.ts";
import { chain, daemon, issuing, mallory, noon, origin, resigned } from "./given.ts";

const refusal = (code: string): unknown => expect.objectContaining({ code });
const signer = { name: origin, signer: daemon };
const verifier = { name: origin, publicKey: daemon.publicKey };

const lease: LeaseNote = {
  chainId: chain,
  leaseId: leaseId("00112233445566778899aabbccddeeff"),
  feature: "cad.pro",
  version: "2027.1",
  count: 1,
  clientKey: clientKey(toBase64Url(issuing.publicKey)),
  instanceId: instanceId("ffeeddccbbaa99887766554433221100"),
  nonce: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
  leaseTimeMs: millis(90_000),
  offlineGraceMs: millis(900_000),
  borrowUntil: null,
  headSize: 17,
  issuedAt: noon,
};
const [note = ""] = writeLeaseNotes([lease], signer);

describe("a lease note", () => {
  it("gives back what the daemon said", () => {
    expect(readLeaseNote(note, verifier)).toEqual(lease);
  });

  it("fits easily into one message", () => {
    expect(note.length).toBeLessThan(700);
  });

  it("is believed under the daemon's key alone", () => {
    const [forged = ""] = writeLeaseNotes([lease], { name: origin, signer: mallory });
    expect(() => readLeaseNote(forged, verifier)).toThrow(refusal("LEASE_NOTE_SIGNATURE"));
    expect(() => readLeaseNote(note.replace('"count":1', '"count":2'), verifier)).toThrow(
      refusal("LEASE_NOTE_SIGNATURE"),
    );
  });

  it.each([
    ["no seat", '"count":1', '"count":0'],
    ["a lease time that is no lease", '"lease_time":90000', '"lease_time":1'],
    ["a borrow end that is no time", '"borrow_until":null', '"borrow_until":-1'],
    ["a nonce of another length", '"nonce":"A', '"nonce":"'],
    ["an unknown field", '"count":1', '"count":1,"x":1'],
  ])("is refused with %s", (_, before, after) => {
    const text = resigned(note, origin, daemon, (plain) => plain.replace(before, after));
    expect(() => readLeaseNote(text, verifier)).toThrow(refusal("LEASE_NOTE_FIELD"));
  });
});

const signatureOf = (each: string): string => each.slice(each.lastIndexOf("\n\n"));

describe("leases that are signed together", () => {
  const leases = Array.from({ length: 5 }, (_, at) => ({ ...lease, count: at + 1 }));
  const notes = writeLeaseNotes(leases, signer);

  it("are read one by one, like one that was signed alone", () => {
    expect(notes.map((each) => readLeaseNote(each, verifier))).toEqual(leases);
  });

  it("fit easily into one message each, also in a full group", () => {
    const many = Array.from({ length: 256 }, (_, at) => ({ ...lease, count: at + 1 }));
    for (const each of writeLeaseNotes(many, signer)) expect(each.length).toBeLessThan(1_100);
  });

  it("are believed under the daemon's key alone, and with their own signature line", () => {
    const [forged = ""] = writeLeaseNotes(leases, { name: origin, signer: mallory });
    expect(() => readLeaseNote(forged, verifier)).toThrow(refusal("LEASE_NOTE_SIGNATURE"));
    const [first = "", second = ""] = notes;
    const swapped = first.replace(signatureOf(first), signatureOf(second));
    expect(() => readLeaseNote(swapped, verifier)).toThrow(refusal("LEASE_NOTE_SIGNATURE"));
  });
});
