import { describe, expect, it } from "vitest";
import { toBase64Url, utf8 } from "../../src/base/bytes.ts";
import { type Signer, signerFromSeed } from "../../src/crypto/ed25519.ts";
import { sha256 } from "../../src/crypto/hash.ts";
import { randomBytes } from "../../src/crypto/random.ts";
import { consistencyProof } from "../../src/merkle/proof.ts";
import { rootOf } from "../../src/merkle/tree.ts";
import { signHead } from "../../src/note/checkpoint.ts";
import { type JudgedEvidence, judgeEvidence } from "../../src/vendor/evidence.ts";
import { holdTo, noLongerHoldTo } from "../../src/vendor/evidence-heads.ts";
import { codeOf, Desk, granted, noon } from "./given.ts";
import { Site } from "./site.ts";

interface Given {
  readonly desk: Desk;
  readonly site: Site;
}

/** A licensed site that has reported once: four blocks are acknowledged. */
function reported(): Given {
  const given = licensed();
  given.site.checkpoint([granted()]);
  given.site.checkpoint([granted()]);
  expect(given.desk.ingest(given.site.export()).report).toMatchObject({
    verdict: "FIRST_VERIFIED",
    head: { size: 4 },
  });
  return given;
}

function licensed(): Given {
  const desk = Desk.open();
  const site = new Site(desk.folder.vendor);
  desk.issue(site.request());
  return { desk, site };
}

/** A head of this ledger as the daemon signs it, whatever the ledger really is. */
function head(
  { genesis, daemon }: Site,
  size: number,
  root: Uint8Array,
  by: Signer = daemon,
): string {
  const { origin } = genesis;
  return signHead({ origin, size, root }, { name: origin, signer: by });
}

function file(
  known: string,
  shown: string | null,
  proof: readonly Uint8Array[] | null,
): Uint8Array {
  const kind = "seatkeeper evidence v1";
  const body = { kind, seen_at: noon, known, shown, proof: proof?.map(toBase64Url) ?? null };
  return utf8(`${JSON.stringify(body, undefined, 2)}\n`);
}

function judged({ desk }: Given, bytes: Uint8Array): JudgedEvidence {
  return desk.store.read((database) => judgeEvidence(database, desk.folder.vendor, bytes));
}

const other = sha256(utf8("another ledger"));

describe("evidence proves by signatures alone", () => {
  it("that the daemon has signed two ledgers of one size", () => {
    const given = licensed();
    const { site } = given;
    const evidence = file(head(site, 9, other), head(site, 9, sha256(other)), []);
    expect(judged(given, evidence)).toMatchObject({
      finding: "FORK",
      isProven: true,
      site: "Example GmbH",
      chainId: site.genesis.chainId,
      known: { size: 9, books: "open" },
    });
  });

  it("that a head is not of the ledger that was acknowledged, at any size of it", () => {
    const given = reported();
    const { site } = given;
    for (const size of [1, 2, 3, 4]) {
      const evidence = file(head(site, 9, other), head(site, size, sha256(other)), null);
      expect(judged(given, evidence)).toMatchObject({
        finding: "NOT_ACKNOWLEDGED",
        isProven: true,
        acknowledged: 4,
        shown: { books: "contradict" },
      });
    }
  });

  it("that the daemon left what a license says was acknowledged", () => {
    const given = reported();
    const { desk, site } = given;
    const { text } = desk.issue(site.request()).license;
    expect(judged(given, file(text, head(site, 4, other), []))).toMatchObject({
      finding: "NOT_ACKNOWLEDGED",
      isProven: true,
      known: { size: 4, signedBy: "vendor", books: "agree" },
    });
  });
});

describe("evidence says by the client's word", () => {
  it("that the daemon showed less than before, or nothing", () => {
    const given = licensed();
    const { site } = given;
    const known = head(site, 9, other);
    expect(judged(given, file(known, head(site, 1, site.genesis.leaf), null))).toMatchObject({
      finding: "WENT_BACK",
      isProven: false,
      shown: { size: 1, books: "agree" },
    });
    expect(judged(given, file(known, null, null))).toMatchObject({
      finding: "NO_HEAD",
      isProven: false,
      shown: undefined,
    });
  });

  it("that the daemon did not prove how its ledger goes on", () => {
    const given = licensed();
    const { site } = given;
    for (const proof of [null, [], [other]]) {
      const evidence = file(head(site, 9, other), head(site, 12, other), proof);
      expect(judged(given, evidence)).toMatchObject({ finding: "NOT_PROVEN", isProven: false });
    }
  });

  it("nothing, where the proof in the file holds or both heads are of what was acknowledged", () => {
    const given = reported();
    const { site } = given;
    const leaves = Array.from({ length: 12 }, (_, at) => sha256(utf8(`leaf ${at}`)));
    const [short, long] = [5, 12].map((size) => head(site, size, rootOf(leaves.slice(0, size))));
    const proof = consistencyProof(5, leaves);
    const evidence = file(short ?? "", long ?? "", proof);
    expect(judged(given, evidence)).toMatchObject({ finding: "ONE_LEDGER", isProven: false });
    const genesis = head(site, 1, site.genesis.leaf);
    expect(judged(given, file(genesis, genesis, null))).toMatchObject({ finding: "ONE_LEDGER" });
  });
});

describe("a file that proves nothing is refused", () => {
  it("with heads that the daemon on record has not signed", () => {
    const given = licensed();
    const { site } = given;
    const mallory = signerFromSeed(randomBytes(32));
    const [good, forged] = [head(site, 9, other), head(site, 9, sha256(other), mallory)];
    for (const evidence of [file(good, forged, []), file(forged, good, [])]) {
      expect(codeOf(() => judged(given, evidence))).toBe("EVIDENCE_SIGNATURE");
    }
  });

  it("about a ledger that was never activated", () => {
    const given = licensed();
    const stranger = new Site(given.desk.folder.vendor);
    const evidence = file(head(stranger, 9, other), null, null);
    expect(codeOf(() => judged(given, evidence))).toBe("EVIDENCE_UNKNOWN_LEDGER");
    expect(codeOf(() => judged(given, file("rubbish", null, null)))).toBe(
      "EVIDENCE_UNKNOWN_LEDGER",
    );
  });

  it("that is not as the client wrote it", () => {
    const given = licensed();
    expect(codeOf(() => judged(given, utf8("rubbish")))).toBe("EVIDENCE_FIELD");
    expect(codeOf(() => judged(given, utf8('{"kind": "seatkeeper evidence v2"}')))).toBe(
      "EVIDENCE_FIELD",
    );
  });
});

describe("a bundle of a ledger that does not have the heads", () => {
  it("is held while the vendor holds bundles to them, and not after that", () => {
    const given = licensed();
    const { desk, site } = given;
    const found = judged(given, file(head(site, 2, other), head(site, 1, site.genesis.leaf), null));
    desk.store.write((database) => holdTo(database, found, noon));
    site.checkpoint([granted()]);
    const bundle = site.export();
    expect(desk.ingest(bundle)).toMatchObject({
      accepted: false,
      report: { verdict: "CLONE_SUSPECTED" },
    });
    desk.store.write((database) => noLongerHoldTo(database, found));
    expect(desk.ingest(bundle)).toMatchObject({ accepted: true });
  });
});
