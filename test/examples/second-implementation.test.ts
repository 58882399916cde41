import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { audit } from "../../src/audit/audit.ts";
import type { AuditedBlock } from "../../src/audit/audit-report.ts";
import { openAuditorKey } from "../../src/audit/auditor-key-file.ts";
import { fromHex, toHex } from "../../src/base/bytes.ts";
import { unixMillis } from "../../src/base/time.ts";
import type { AckedLedger, AckedSegment, IssuedReceipt } from "../../src/bundle/known-ledger.ts";
import { readReceipt } from "../../src/bundle/receipt.ts";
import { verifyBundle } from "../../src/bundle/verify.ts";
import type { VerifyInput, VerifyReport } from "../../src/bundle/verify-input.ts";
import { sealingKeyId } from "../../src/crypto/key-id.ts";
import { x25519PublicKey } from "../../src/crypto/x25519.ts";
import type { ByteSource } from "../../src/ledger/ports.ts";
import { readActivationRequest } from "../../src/license/activation-request.ts";
import { type License, readLicense } from "../../src/license/license.ts";
import { readVendorFile } from "../../src/license/vendor-file.ts";

/** One bundle, what is known beside it, and the verdict of any implementation of docs/spec. */
interface Vector {
  readonly name: string;
  readonly claim: string;
  readonly bundle: string;
  readonly request: string;
  readonly license: string;
  readonly key: string;
  readonly receipts: readonly string[];
  readonly earlier: readonly string[];
  readonly verdict: string;
  /** What is found beside the verdict, where the vector is about that. */
  readonly findings?: readonly string[];
  /** The vendor's clock, where it is not that of the whole index. */
  readonly now?: number;
  /** What the auditor reads, by index, and finds, where the vector is about one. */
  readonly audit?: { readonly opened: readonly number[]; readonly problems: readonly string[] };
}

interface Index {
  readonly now: number;
  readonly vendor: string;
  readonly vectors: readonly Vector[];
}

/** What the Python program prints, as far as it is compared. */
interface SecondReport {
  readonly verdict: string;
  readonly findings?: readonly { readonly code: string }[];
  readonly missing_blocks?: readonly number[];
  readonly figures?: {
    readonly blocks: Readonly<Record<string, number>>;
    readonly features: Readonly<Record<string, SecondFeature>>;
    readonly meters: Readonly<Record<string, { readonly units: number }>>;
  } | null;
}

interface SecondFeature {
  readonly granted: number;
  readonly denied: Readonly<Record<string, number>>;
  readonly seat_ms: number;
}

const program = new URL("../../examples/verify_bundle.py", import.meta.url).pathname;
const bundles = new URL("../vectors/bundles/", import.meta.url).pathname;
const runner = `${bundles}run-index.py`;
const real = `${bundles}real/`;

/** Bundles of the programs and what can be done to them; bundles by who has every key. */
const collections = [
  { name: "carried", folder: bundles },
  { name: "written", folder: `${bundles}written/` },
];

/** A Python with the one library that the example needs. */
const python = ["/usr/bin/python3", "python3"].find(
  (each) => spawnSync(each, ["-c", "import cryptography"]).status === 0,
);
const ifPython =
  python === undefined ? "skipped: no python3-cryptography" : "with python3-cryptography";

const readIndex = (folder: string): Index =>
  JSON.parse(readFileSync(`${folder}index.json`, "utf8")) as Index;

function runPython(...args: readonly string[]): { readonly code: number; readonly stdout: string } {
  const done = spawnSync(python ?? "python3", args, { encoding: "utf8" });
  return { code: done.status ?? -1, stdout: done.stdout };
}

function sourceOf(path: string): ByteSource {
  const bytes = new Uint8Array(readFileSync(path));
  return { length: bytes.length, read: (offset, length) => bytes.slice(offset, offset + length) };
}

function inputFor(folder: string, index: Index, vector: Vector): Omit<VerifyInput, "acked"> {
  const bytes = (path: string): Uint8Array => new Uint8Array(readFileSync(folder + path));
  const vendor = readVendorFile(bytes(index.vendor));
  const request = readActivationRequest(bytes(vector.request));
  const origin = `${vendor.name}/skc/${request.chainId}`;
  const trust = {
    vendorName: vendor.name,
    rootKey: vendor.rootKey,
    origin,
    daemonKey: request.daemonKey,
  };
  const secret = fromHex(readFileSync(folder + vector.key, "utf8").trim());
  return {
    activation: { ...trust, ...request, activatedAt: request.createdAt },
    license: bindingIn(readLicense(bytes(vector.license), trust)),
    secrets: new Map([[sealingKeyId(x25519PublicKey(secret)), secret]]),
    receipts: vector.receipts.map((path): IssuedReceipt => readReceipt(bytes(path), trust)),
    now: unixMillis(vector.now ?? index.now),
  };
}

const bindingIn = (license: License): NonNullable<VerifyInput["license"]> => ({
  ...license,
  auditorAllowed: license.terms.auditorAllowed,
});

/** The vector's earlier bundles taken into the books one after another, as the vendor does it. */
function verifyHere(folder: string, index: Index, vector: Vector): VerifyReport {
  const input = inputFor(folder, index, vector);
  const segments = new Map<number, AckedSegment>();
  const visitor = {
    segment: (each: AckedSegment): void => void segments.set(each.row.segment, each),
  };
  let acked: AckedLedger | undefined;
  for (const path of vector.earlier) {
    const { next, verdict } = verifyBundle(sourceOf(folder + path), { ...input, acked, visitor });
    if (next === undefined) throw new Error(`${vector.name}: ${path} is ${verdict}`);
    acked = {
      state: next,
      segment: (number) => segments.get(number),
      segmentAt: (place) => [...segments.values()].filter(({ row }) => row.index <= place).at(-1),
    };
  }
  return verifyBundle(sourceOf(folder + vector.bundle), { ...input, acked });
}

const foundBy = (report: SecondReport | undefined): readonly string[] =>
  (report?.findings ?? []).map(({ code }) => code).toSorted();

describe.each(collections)("a bundle that was $name", ({ folder }) => {
  const index = readIndex(folder);

  it.each(index.vectors)("$name: $claim is $verdict", (vector) => {
    expect(verifyHere(folder, index, vector).verdict).toBe(vector.verdict);
  });

  it.skipIf(python === undefined)(`is judged alike by a second verifier, ${ifPython}`, () => {
    const { stdout } = runPython(runner, folder);
    const reports = JSON.parse(stdout) as Readonly<Record<string, SecondReport>>;
    const verdicts = Object.entries(reports).map(([name, { verdict }]) => [name, verdict]);
    expect(verdicts).toEqual(index.vectors.map(({ name, verdict }) => [name, verdict]));
    for (const vector of index.vectors.filter(({ name }) => reports[name]?.figures)) {
      const first = verifyHere(folder, index, vector).findings.map(({ kind }) => kind);
      const second = foundBy(reports[vector.name]);
      expect([vector.name, second]).toEqual([vector.name, first.toSorted()]);
      expect([vector.name, second]).toEqual([vector.name, vector.findings ?? second]);
    }
  });
});

/** What the Python program reads with the auditor's key. */
interface SecondAudit {
  readonly opened: readonly (readonly [index: number, plaintext: string])[];
  readonly readers: readonly (readonly [segment: number, auditors: readonly string[]])[];
  readonly problems: readonly { readonly code: string }[];
}

const codes = (found: SecondAudit): readonly string[] =>
  found.problems.map(({ code }) => code).toSorted();

describe("a bundle with an auditor", () => {
  const folder = `${bundles}written/`;
  const vectors = readIndex(folder).vectors.filter((vector) => vector.audit !== undefined);
  const { secret } = openAuditorKey(readFileSync(`${folder}auditor.skkey`, "utf8"), "");

  function audited(vector: Vector): SecondAudit {
    const blocks: AuditedBlock[] = [];
    const visitor = (block: AuditedBlock): void => void blocks.push(block);
    const report = audit(sourceOf(folder + vector.bundle), { secret, visitor });
    return {
      opened: blocks.flatMap(({ index, content }) =>
        content.kind === "opened" ? [[index, toHex(content.plaintext)] as const] : [],
      ),
      readers: report.readers.map(({ segment, auditors }) => [segment, auditors] as const),
      problems: report.problems.map(({ code }) => ({ code })),
    };
  }

  it.each(vectors)("$name: $claim", (vector) => {
    const found = audited(vector);
    expect(found.opened.map(([index]) => index)).toEqual(vector.audit?.opened);
    expect(codes(found)).toEqual(vector.audit?.problems);
  });

  it.skipIf(python === undefined)(`is read alike by a second program, ${ifPython}`, () => {
    const { stdout } = runPython(runner, folder, "--audit");
    const second = JSON.parse(stdout) as Readonly<Record<string, SecondAudit>>;
    expect(Object.keys(second)).toEqual(vectors.map(({ name }) => name));
    for (const vector of vectors) {
      const [ours, theirs] = [audited(vector), second[vector.name]];
      expect([vector.name, theirs?.opened]).toEqual([vector.name, ours.opened]);
      expect([vector.name, theirs?.readers]).toEqual([vector.name, ours.readers]);
      expect([vector.name, theirs && codes(theirs)]).toEqual([vector.name, codes(ours)]);
    }
  });
});

describe.skipIf(python === undefined)(`examples/verify_bundle.py, ${ifPython}`, () => {
  const totals = `${real}totals/`;
  const known = [
    ["--vendor", `${real}acme.skvendor`],
    ["--request", `${totals}site.skreq`],
    ["--license", `${totals}site.sklic`],
  ].flat();
  const secondOnes = [
    ["--receipt", `${totals}first.skrcpt`],
    ["--earlier", `${totals}first.skb`],
  ].flat();

  it("opens the vendor's own key file and exits with 0", () => {
    const [keyFile = ""] =
      execFileSync("ls", [real], { encoding: "utf8" }).match(/sealing-.*skkey/) ?? [];
    const key = ["--key", real + keyFile, "--passphrase-file", `${real}passphrase`];
    const { code, stdout } = runPython(program, `${totals}first.skb`, ...known, ...key);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ verdict: "FIRST_VERIFIED", head_signed: true });
  });

  it("exits with 3 when a bundle does not verify", () => {
    const bundle = `${bundles}mutated/payload-bit.skb`;
    const { code, stdout } = runPython(program, bundle, ...known, "--key", `${real}sealing.hex`);
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ verdict: "TAMPERED", figures: null });
  });

  it("asks for the bundles before, where it cannot see what was acknowledged", () => {
    const receipts = ["--receipt", `${totals}first.skrcpt`, "--receipt", `${totals}second.skrcpt`];
    const key = ["--key", `${real}sealing.hex`];
    const { code, stdout } = runPython(
      program,
      `${totals}third.skb`,
      ...known,
      ...receipts,
      ...key,
    );
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ verdict: "EARLIER_NEEDED" });
  });

  it("counts what the vendor's program counted", () => {
    const counted = JSON.parse(readFileSync(`${real}counted.json`, "utf8")) as Record<
      string,
      object
    >;
    const key = ["--key", `${real}sealing.hex`];
    const { stdout } = runPython(program, `${totals}second.skb`, ...known, ...secondOnes, ...key);
    const { figures } = JSON.parse(stdout) as SecondReport;
    const features = Object.values(figures?.features ?? {});
    expect({
      checkpoints: figures?.blocks["CHECKPOINT"],
      grants: features.reduce((sum, each) => sum + each.granted, 0),
      denials: features.flatMap((each) => Object.values(each.denied)).length,
      seatMillis: features.reduce((sum, each) => sum + each.seat_ms, 0),
      units: figures?.meters["render.minutes"]?.units,
      seatHours: 0,
    }).toEqual(counted["second.skb"]);
  });
});
