import { describe, expect, it } from "vitest";
import type { Verdict } from "../../src/bundle/verdict.ts";
import { flipped, rehashed, Site } from "./site.ts";
import { Vendor } from "./vendor.ts";

const ACCEPTING: readonly Verdict[] = [
  "FIRST_VERIFIED",
  "EXTENDS",
  "DUPLICATE",
  "STALE",
  "VERIFIED_WITH_INCIDENTS",
  "BLOCKS_MISSING",
];

/** Each of some 2,000 variants costs a few public-key operations. */
const PATIENCE = 120_000;

describe("a bundle in which one bit of any byte is flipped", { timeout: PATIENCE }, () => {
  it("is never accepted when the damage happened on the way", () => {
    const { vendor, bundle } = twoSegments();
    const verdicts = verdictsOf(vendor, bundle, (bytes) => bytes);
    expect(verdicts).toEqual({ MALFORMED: 4, TRANSPORT_DAMAGED: bundle.length - 4 });
  });

  it("is never accepted when the closing hash was made to fit", () => {
    const { vendor, bundle } = twoSegments();
    const verdicts = verdictsOf(vendor, bundle.subarray(0, -32), (bytes) =>
      rehashed(new Uint8Array([...bytes, ...new Uint8Array(32)])),
    );
    expect(Object.keys(verdicts).filter((verdict) => isAccepting(verdict))).toEqual([]);
    expect(Object.keys(verdicts).toSorted()).toMatchInlineSnapshot(`
      [
        "BAD_CHECKPOINT_SIGNATURE",
        "DOWNGRADE",
        "GENESIS_MISMATCH",
        "KEY_INDEX_MISMATCH",
        "LIMIT_EXCEEDED",
        "MALFORMED",
        "TAMPERED",
        "TIP_INVALID",
        "UNSUPPORTED",
        "WRONG_CHAIN",
      ]
    `);
  });

  it("is never accepted when it continues an acknowledged ledger", () => {
    const { site, vendor, bundle: first } = twoSegments();
    site.takeReceipt(vendor.acknowledge(first));
    site.use(1);
    const bundle = site.export();
    expect(vendor.verify(bundle).verdict).toBe("EXTENDS");
    const verdicts = verdictsOf(vendor, bundle.subarray(0, -32), (bytes) =>
      rehashed(new Uint8Array([...bytes, ...new Uint8Array(32)])),
    );
    expect(Object.keys(verdicts).filter((verdict) => isAccepting(verdict))).toEqual([]);
  });
});

function twoSegments(): { site: Site; vendor: Vendor; bundle: Uint8Array } {
  const site = Site.activate();
  const vendor = new Vendor(site.activation);
  site.use(1);
  site.openSegment();
  site.use(1);
  const bundle = site.export();
  expect(vendor.verify(bundle).verdict).toBe("FIRST_VERIFIED");
  return { site, vendor, bundle };
}

/** How often each verdict is given when one bit after another byte is flipped. */
function verdictsOf(
  vendor: Vendor,
  bytes: Uint8Array,
  finish: (bytes: Uint8Array) => Uint8Array,
): Partial<Record<Verdict, number>> {
  const counts: Partial<Record<Verdict, number>> = {};
  bytes.forEach((_, at) => {
    const { verdict } = vendor.verify(finish(flipped(bytes, at, at % 8)));
    counts[verdict] = (counts[verdict] ?? 0) + 1;
  });
  return counts;
}

function isAccepting(verdict: string): boolean {
  return ACCEPTING.some((accepting) => accepting === verdict);
}
