import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { fromHex, toBase64Url, utf8 } from "../../src/base/bytes.ts";
import { chainId } from "../../src/base/ids.ts";
import { type Signer, signerFromSeed } from "../../src/crypto/ed25519.ts";
import { sha256 } from "../../src/crypto/hash.ts";
import { x25519PublicKey } from "../../src/crypto/x25519.ts";
import {
  readActivationRequest,
  writeActivationRequest,
} from "../../src/license/activation-request.ts";
import { readBorrowRelease, writeBorrowRelease } from "../../src/license/borrow-release.ts";
import { readBorrowTicket, writeBorrowTicket } from "../../src/license/borrow-ticket.ts";
import {
  readDaemonKeyCertificate,
  writeDaemonKeyCertificate,
} from "../../src/license/daemon-key.ts";
import { readIssuer, writeIssuer } from "../../src/license/issuer.ts";
import { readLeaseNote, writeLeaseNotes } from "../../src/license/lease-note.ts";
import { readLicense, writeLicense } from "../../src/license/license.ts";
import { readRevocations, writeRevocations } from "../../src/license/revocations.ts";
import { readSupersede, writeSupersede } from "../../src/license/supersede.ts";
import { readVendorFile, writeVendorFile } from "../../src/license/vendor-file.ts";
import { chainOrigin, openHead, signHead } from "../../src/note/checkpoint.ts";

const file = (path: string): string =>
  readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const vector = (name: string): string => file(`test/vectors/notes/${name}`);
const signerOf = (name: string): Signer =>
  signerFromSeed(sha256(utf8(`seatkeeper vector ${name}`)));

const vendor = "acme.example";
const [root, issuing, daemon] = [signerOf("root"), signerOf("issuing"), signerOf("daemon")];
const origin = chainOrigin(vendor, chainId("cda7e129b9ff840b1a7130cfea479f0d"));
const verifier = { name: origin, publicKey: daemon.publicKey };

describe("the published notes are read, and written again byte for byte", () => {
  it("as a list of revocations", () => {
    const trust = { vendorName: vendor, rootKey: root.publicKey };
    const read = readRevocations(vector("revocations.note"), trust);
    expect(read).toMatchObject({ number: 2, issuers: [signerOf("stolen").publicKey] });
    expect(writeRevocations(read, root)).toBe(vector("revocations.note"));
  });

  it("as a supersede note", () => {
    const chain = chainId("cda7e129b9ff840b1a7130cfea479f0d");
    const ledger = { chainId: chain, daemonKey: daemon.publicKey };
    const trust = { vendorName: vendor, rootKey: root.publicKey, ...ledger };
    const read = readSupersede(vector("supersede.note"), trust);
    expect(read.accepted).toMatchObject({ size: 12 });
    expect(writeSupersede(read, issuing)).toBe(vector("supersede.note"));
  });

  it("as a vendor file", () => {
    const read = readVendorFile(vector("vendor.skvendor"), root.publicKey);
    expect(read.sealingKeys[0]).toMatchObject({
      kid: "6d9341589e9674c2",
      key: x25519PublicKey(sha256(utf8("seatkeeper vector sealing"))),
    });
    expect(writeVendorFile(read, root)).toBe(vector("vendor.skvendor"));
  });

  it("as an issuer certificate", () => {
    const read = readIssuer(vector("issuer.note"), vendor, root.publicKey);
    expect(read.key).toEqual(issuing.publicKey);
    expect(writeIssuer(read, root)).toBe(vector("issuer.note"));
  });

  it("as a head", () => {
    const read = openHead(vector("head.note"), verifier);
    expect(read.size).toBe(1);
    expect(signHead(read, { name: origin, signer: daemon })).toBe(vector("head.note"));
  });

  it("as an activation request", () => {
    const read = readActivationRequest(vector("request.skreq"));
    expect(read.genesisBlock).toEqual(utf8("SKB1 stand-in for a genesis block"));
    expect(writeActivationRequest(read, daemon)).toBe(vector("request.skreq"));
  });

  it("as a certificate of a new daemon key", () => {
    const read = readDaemonKeyCertificate(vector("daemon-key.note"), daemon.publicKey);
    expect(read.daemonKey).toEqual(signerOf("next daemon").publicKey);
    expect(writeDaemonKeyCertificate(read, daemon)).toBe(vector("daemon-key.note"));
  });

  it("as a license", () => {
    const read = readLicense(vector("license.sklic"), {
      vendorName: vendor,
      rootKey: root.publicKey,
    });
    expect(read.genesisLeaf).toEqual(
      fromHex("9a9ed0c983eb8b89c903b1e489a99d869b0859ebe5d0d8345c63280077f889d5"),
    );
    expect(read.terms.features.map(({ name, seats }) => [name, seats])).toEqual([
      ["cad.pro", 3],
      ["sim.solver", 1],
    ]);
    expect(writeLicense(read, issuing)).toBe(vector("license.sklic"));
  });

  it("as a lease", () => {
    const read = readLeaseNote(vector("lease.note"), verifier);
    expect(read).toMatchObject({ feature: "cad.pro", version: "2027.1", leaseTimeMs: 90_000 });
    expect(writeLeaseNotes([read], { name: origin, signer: daemon })).toEqual([
      vector("lease.note"),
    ]);
  });

  it("as three leases that are signed together", () => {
    const notes = ["group-0.note", "group-1.note", "group-2.note"].map(vector);
    const read = notes.map((note) => readLeaseNote(note, verifier));
    expect(read.map(({ nonce }) => nonce)).toEqual(
      ["nonce", "nonce 1", "nonce 2"].map((name) =>
        toBase64Url(sha256(utf8(`seatkeeper vector ${name}`))),
      ),
    );
    expect(writeLeaseNotes(read, { name: origin, signer: daemon })).toEqual(notes);
  });

  it("as a borrow ticket", () => {
    const read = readBorrowTicket(vector("borrow.note"), verifier);
    expect(read).toMatchObject({ feature: "cad.pro", until: read.from + 7 * 86_400_000 });
    expect(writeBorrowTicket(read, { name: origin, signer: daemon })).toBe(vector("borrow.note"));
  });

  it("as a borrow release", () => {
    const trust = { vendorName: vendor, rootKey: root.publicKey };
    const read = readBorrowRelease(vector("borrow-release.skrelease"), trust);
    expect(read).toMatchObject({ reason: "stolen on a train", vendor });
    expect(writeBorrowRelease(read, issuing)).toBe(vector("borrow-release.skrelease"));
  });
});
