import { readFileSync } from "node:fs";
import { audit } from "../../src/audit/audit.ts";
import type { AuditedBlock } from "../../src/audit/audit-report.ts";
import {
  isSealedKeyFile,
  openAuditorKey,
  plainAuditorKey,
} from "../../src/audit/auditor-key-file.ts";
import { concat, fromHex, fromUtf8, toBase64Url, utf8 } from "../../src/base/bytes.ts";
import { clientKey, instanceId, leaseId } from "../../src/base/ids.ts";
import { millis, unixMillis } from "../../src/base/time.ts";
import { readReceipt } from "../../src/bundle/receipt.ts";
import { verifyBundle } from "../../src/bundle/verify.ts";
import { pieceCodec } from "../../src/cli/shared/piece-codec.ts";
import { readConfig } from "../../src/config/config.ts";
import { readYaml } from "../../src/config/yaml.ts";
import { auditorKeyOf, readAuditorKey } from "../../src/crypto/auditor-key.ts";
import { type Signer, signerFromSeed } from "../../src/crypto/ed25519.ts";
import { sha256 } from "../../src/crypto/hash.ts";
import { sealingKeyId } from "../../src/crypto/key-id.ts";
import { x25519PublicKey } from "../../src/crypto/x25519.ts";
import { readArchive } from "../../src/ledger/archive.ts";
import { BLOCK_TYPES, decodeBlock } from "../../src/ledger/block.ts";
import { decodePayload } from "../../src/ledger/payload-codec.ts";
import { verifyPublic } from "../../src/ledger/public-check.ts";
import { decodeSegmentExt } from "../../src/ledger/segment.ts";
import { decodeSlot } from "../../src/ledger/state.ts";
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
import { readEvidenceFile } from "../../src/license/evidence-file.ts";
import { readLeaseNote, writeLeaseNotes } from "../../src/license/lease-note.ts";
import { readLicense } from "../../src/license/license.ts";
import { readRevocations, writeRevocations } from "../../src/license/revocations.ts";
import { readSupersede, writeSupersede } from "../../src/license/supersede.ts";
import { decodeTerms } from "../../src/license/terms.ts";
import { TERMS_EXAMPLE } from "../../src/license/terms-example.ts";
import { readVendorFile } from "../../src/license/vendor-file.ts";
import { openHead } from "../../src/note/checkpoint.ts";
import { peekJsonNote } from "../../src/note/json-note.ts";
import { openNote, signNote, unverifiedText } from "../../src/note/signed-note.ts";
import { decodeDaemonFrame } from "../../src/protocol/reply-frame.ts";
import { decodeFrame } from "../../src/protocol/request-frame.ts";
import { readRecord, writeRecord } from "../../src/trail/record.ts";
import { auditorKey, auditorSecret, secrets } from "../bundle/given.ts";
import { rehashed, Site } from "../bundle/site.ts";
import { sourceOf, Vendor } from "../bundle/vendor.ts";
import type { Target } from "./fuzzing.ts";

// Signatures and closing hashes are made to fit after each change, as somebody who has the keys
// would: otherwise every change would end at the first check, and nothing behind it would be read.

const folder = new URL("../vectors/bundles/written/", import.meta.url).pathname;
const file = (name: string): Uint8Array => new Uint8Array(readFileSync(folder + name));
const fileOf = (path: string): string =>
  readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

/** The keys of the vectors come from hashes of their names. */
const key = (name: string): Uint8Array => sha256(utf8(`seatkeeper written bundle ${name}`));
const rootSigner = signerFromSeed(key("root"));
const [issuing, daemon] = [signerFromSeed(key("issuing")), signerFromSeed(key("daemon"))];
const vendorName = "acme.example";
const trust = { vendorName, rootKey: rootSigner.publicKey };
const request = readActivationRequest(file("site.skreq"));
const origin = `${vendorName}/skc/${request.chainId}`;

const textOf = (note: Uint8Array): Uint8Array => utf8(unverifiedText(note));

/** The text signed, where it is one that can be; else as it came. */
function signed(text: Uint8Array, name: string, signer: Signer): Uint8Array {
  try {
    return utf8(signNote(fromUtf8(text), { name, signer }));
  } catch {
    return text;
  }
}

function noteTarget(
  name: string,
  seed: Uint8Array,
  by: { readonly name: string; readonly signer: Signer },
  read: (note: Uint8Array) => unknown,
): Target {
  return {
    name,
    seeds: [textOf(seed)],
    read: (text) => void read(signed(text, by.name, by.signer)),
  };
}

const byIssuer = { name: `${vendorName}/issuer`, signer: issuing };
const byDaemon = { name: origin, signer: daemon };

/** A ledger with an auditor: every type of block that the site of the tests writes. */
function aLedger(): { readonly site: Site; readonly bundle: Uint8Array } {
  const site = Site.activate("fuzzed", undefined, undefined, [auditorKey]);
  site.use(2);
  site.openSegment();
  site.takeReceipt(new Vendor(site.activation).acknowledge(site.export()));
  site.use(1);
  return { site, bundle: site.bundle() };
}

const { site, bundle } = aLedger();

function payloads(): readonly Uint8Array[] {
  const seeds: Uint8Array[] = [];
  const visitor = ({ type, index, content }: AuditedBlock): void => {
    if (content.kind !== "opened") return;
    const head = new Uint8Array([BLOCK_TYPES.indexOf(type), index === 0 ? 0 : 1]);
    seeds.push(concat(head, content.plaintext));
  };
  audit(sourceOf(site.chain()), { secret: auditorSecret, visitor });
  const { secret } = openAuditorKey(fileOf("test/vectors/bundles/written/auditor.skkey"), "");
  audit(sourceOf(file("auditor-of-two-segments.skb")), { secret, visitor });
  return seeds;
}

/** What the notes of a site and its vendor say here. */
const said = {
  vendor: vendorName,
  chainId: request.chainId,
  leaseId: leaseId("ab".repeat(16)),
  feature: "cad.pro",
  version: "3.1",
  count: 1,
  clientKey: clientKey(toBase64Url(key("root"))),
  issuedAt: request.createdAt,
  reason: "put back to a snapshot",
  issuer: readLicense(file("auditor.sklic"), trust).issuer,
};

/** The head once more, with how it goes on from itself. */
const renewal = utf8(
  writeActivationRequest(
    {
      ...request,
      shown: {
        head: request.head,
        receipt: { receiptNo: 1, size: 1, nonce: key("root") },
        proofs: [{ size: 1, hashes: [key("issuing"), key("daemon")] }],
      },
    },
    daemon,
  ),
);

const [lease = ""] = writeLeaseNotes(
  [
    {
      ...said,
      instanceId: instanceId("cd".repeat(16)),
      nonce: toBase64Url(key("issuing")),
      leaseTimeMs: millis(30_000),
      offlineGraceMs: millis(0),
      borrowUntil: null,
      headSize: 1,
    },
  ],
  { name: origin, signer: daemon },
);

const ticket = writeBorrowTicket(
  {
    ...said,
    versionDate: null,
    workstation: "ef".repeat(32),
    from: request.createdAt,
    until: unixMillis(request.createdAt + 86_400_000),
  },
  { name: origin, signer: daemon },
);

const supersede = writeSupersede(
  {
    ...said,
    number: 1,
    head: request.head,
    abandonedUpTo: 9,
    abandoned: [{ size: 9, root: key("root") }],
  },
  issuing,
);

const revocations = writeRevocations(
  {
    vendor: vendorName,
    number: 1,
    issuedAt: request.createdAt,
    issuers: [key("root")],
    licenses: ["ab".repeat(16)],
  },
  rootSigner,
);

const record = writeRecord({
  seq: 2,
  at: request.createdAt,
  act: "license.install",
  outcome: "done",
  by: { role: "administrator", via: "socket", who: null },
  of: 1,
  about: { vendor: vendorName, blocks: 3 },
});

const archives = JSON.parse(fileOf("test/vectors/archive-vectors.json")) as {
  readonly sound: readonly { readonly archive: string }[];
};

const lossy = (bytes: Uint8Array): string => Buffer.from(bytes).toString("utf8");

export const TARGETS: readonly Target[] = [
  {
    name: "note",
    seeds: [file("site.skreq")],
    read(input) {
      peekJsonNote(input);
      openNote(input, [{ name: origin, publicKey: daemon.publicKey }]);
    },
  },
  noteTarget(
    "vendor-file",
    file("acme.skvendor"),
    { name: vendorName, signer: rootSigner },
    (note) => readVendorFile(note),
  ),
  noteTarget("license", file("auditor.sklic"), byIssuer, (note) => readLicense(note, trust)),
  noteTarget("request", file("site.skreq"), byDaemon, readActivationRequest),
  noteTarget("renewal", renewal, byDaemon, readActivationRequest),
  noteTarget("supersede", utf8(supersede), byIssuer, (note) =>
    readSupersede(note, { ...trust, chainId: request.chainId, daemonKey: daemon.publicKey }),
  ),
  noteTarget("revocations", utf8(revocations), { name: vendorName, signer: rootSigner }, (note) =>
    readRevocations(note, trust),
  ),
  noteTarget("lease", utf8(lease), byDaemon, (note) =>
    readLeaseNote(note, { name: origin, publicKey: daemon.publicKey }),
  ),
  noteTarget("ticket", utf8(ticket), byDaemon, (note) =>
    readBorrowTicket(note, { name: origin, publicKey: daemon.publicKey }),
  ),
  noteTarget("release", utf8(writeBorrowRelease(said, issuing)), byIssuer, (note) =>
    readBorrowRelease(note, trust),
  ),
  noteTarget(
    "daemon-key",
    utf8(
      writeDaemonKeyCertificate(
        {
          vendor: vendorName,
          chainId: request.chainId,
          daemonKey: issuing.publicKey,
          createdAt: request.createdAt,
        },
        daemon,
      ),
    ),
    byDaemon,
    (note) => readDaemonKeyCertificate(note, daemon.publicKey),
  ),
  {
    name: "evidence",
    seeds: [
      utf8(
        JSON.stringify({
          kind: "seatkeeper evidence v1",
          seen_at: request.createdAt,
          known: request.head,
          shown: request.head,
          proof: [toBase64Url(key("root"))],
        }),
      ),
    ],
    read: (input) => void readEvidenceFile(input),
  },
  noteTarget("receipt", file("earlier.skrcpt"), byIssuer, (note) =>
    readReceipt(note, { ...trust, origin, daemonKey: daemon.publicKey }),
  ),
  noteTarget("head", utf8(request.head), byDaemon, (note) =>
    openHead(note, { name: origin, publicKey: daemon.publicKey }),
  ),
  {
    name: "block",
    seeds: [...site.parts().blocks],
    read(input) {
      const block = decodeBlock(input);
      if (block.type === "segment") decodeSegmentExt(block.ext);
    },
  },
  {
    name: "payload",
    seeds: payloads(),
    read(input) {
      const type = BLOCK_TYPES[(input[0] ?? 0) % BLOCK_TYPES.length] ?? "close";
      decodePayload(type, input[1] ?? 0, input.subarray(2));
    },
  },
  {
    name: "bundle",
    seeds: [bundle, file("auditor-of-two-segments.skb"), file("three-segments.skb")],
    read(input) {
      const source = sourceOf(input.length < 36 ? input : rehashed(input));
      const now = unixMillis(1_795_348_800_000 + 86_400_000);
      verifyBundle(source, {
        activation: site.activation,
        secrets,
        acked: undefined,
        receipts: [],
        now,
      });
      verifyBundle(source, {
        activation: { ...trust, ...request, origin, activatedAt: request.createdAt },
        secrets: new Map([[sealingKeyId(x25519PublicKey(key("sealing"))), key("sealing")]]),
        acked: undefined,
        receipts: [],
        now,
      });
      audit(source, { secret: auditorSecret });
    },
  },
  {
    name: "ledger",
    seeds: [site.chain()],
    read(input) {
      verifyPublic(sourceOf(input));
      audit(sourceOf(input), { secret: auditorSecret });
    },
  },
  {
    name: "archive",
    seeds: archives.sound.map(({ archive }) => fromHex(archive)),
    read(input) {
      const source = sourceOf(input.length < 36 ? input : rehashed(input));
      for (const { bytes } of readArchive(source, pieceCodec)) decodeBlock(bytes);
    },
  },
  {
    name: "trail-record",
    seeds: [utf8(record)],
    read: (input) => void readRecord(lossy(input)),
  },
  {
    name: "state-slot",
    seeds: [site.files.readSlot(0), site.files.readSlot(1)].map((slot) => slot.slice(0, 4_064)),
    read(input) {
      const slot = new Uint8Array(4_096);
      slot.set(input.subarray(0, 4_064));
      slot.set(sha256(slot.subarray(0, 4_064)), 4_064);
      decodeSlot(slot);
    },
  },
  {
    name: "config",
    seeds: [
      utf8(fileOf("config.example.yaml")),
      utf8("rules: [{max: {feature: cad, seats: 1, per: user}}]"),
    ],
    read: (input) => void readConfig(lossy(input), "config.yaml"),
  },
  {
    name: "terms",
    seeds: [utf8(TERMS_EXAMPLE)],
    read: (input) => void decodeTerms(readYaml(lossy(input), "terms.yaml").value),
  },
  {
    name: "auditor-key",
    seeds: [utf8(plainAuditorKey(auditorSecret)), utf8(auditorKeyOf(auditorSecret))],
    read(input) {
      const text = lossy(input);
      // What a passphrase costs is the key file's own matter.
      if (isSealedKeyFile(text)) return;
      if (text.includes("\n")) openAuditorKey(text, "");
      else readAuditorKey(text);
    },
  },
  {
    name: "frame",
    seeds: [
      utf8(
        '{"jsonrpc":"2.0","id":1,"method":"seat.release","params":{"lease":"00112233445566778899aabbccddeeff"}}',
      ),
      utf8(
        '{"jsonrpc":"2.0","id":2,"method":"usage.record","params":{"records":[{"meter":"a","units":1,"key":"k","usedAt":1}]}}',
      ),
    ],
    read: (input) => void decodeFrame(lossy(input)),
  },
  {
    name: "daemon-frame",
    seeds: [
      utf8('{"jsonrpc":"2.0","id":1,"result":{"lost":[],"leases":[]}}'),
      utf8('{"jsonrpc":"2.0","method":"server.draining","params":{"afterMs":1000}}'),
    ],
    read: (input) => void decodeDaemonFrame(lossy(input)),
  },
];
