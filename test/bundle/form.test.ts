import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat, equalBytes, u16, u32, u64 } from "../../src/base/bytes.ts";
import { MAX_BUNDLE_BYTES } from "../../src/bundle/bundle.ts";
import { verifyBundle } from "../../src/bundle/verify.ts";
import { seeded } from "./given.ts";
import { rebuilt, rehashed, Site } from "./site.ts";
import { Vendor } from "./vendor.ts";

describe("a bundle on a bad stick", () => {
  it("is TRANSPORT_DAMAGED wherever the file is cut", () => {
    const { vendor, bundle } = exported();
    for (const length of [4, 5, 100, bundle.length - 33, bundle.length - 1]) {
      expect(vendor.verify(bundle.slice(0, length)).verdict).toBe("TRANSPORT_DAMAGED");
    }
  });

  it("is TRANSPORT_DAMAGED when bytes were added", () => {
    const { vendor, bundle } = exported();
    expect(vendor.verify(concat(bundle, Uint8Array.of(10))).verdict).toBe("TRANSPORT_DAMAGED");
  });
});

describe("a file that is no bundle", () => {
  it("is MALFORMED when it is something else or empty", () => {
    const { vendor } = exported();
    expect(vendor.verify(new Uint8Array(0)).verdict).toBe("MALFORMED");
    expect(vendor.verify(seeded("a picture")).verdict).toBe("MALFORMED");
  });

  it("is MALFORMED when a length points beyond the end", () => {
    const { vendor, bundle } = exported();
    // The directory holds one row of 108 bytes at 42; its count stands before it.
    const bomb = rehashed(concat(bundle.slice(0, 38), u32(0xffff), bundle.slice(42)));
    expect(vendor.verify(bomb).verdict).toBe("LIMIT_EXCEEDED");
    const blocks = rehashed(concat(bundle.slice(0, 150), u32(4), bundle.slice(154)));
    expect(vendor.verify(blocks).verdict).toBe("MALFORMED");
  });

  it("is MALFORMED when it covers nothing, or fewer blocks than it brings", () => {
    const { site, vendor } = exported();
    const parts = site.parts();
    expect(vendor.verify(rebuilt(parts, () => [], { size: 0 })).verdict).toBe("MALFORMED");
    expect(vendor.verify(rebuilt(parts, (blocks) => blocks, { size: 2 })).verdict).toBe(
      "MALFORMED",
    );
    expect(vendor.verify(rebuilt(parts, (blocks) => blocks, { fromIndex: 1 })).verdict).toBe(
      "MALFORMED",
    );
  });

  it("is MALFORMED when directory rows are out of order", () => {
    const site = Site.activate();
    site.use(1);
    site.openSegment();
    const [first, second] = site.directory;
    if (!first || !second) throw new Error("two segments expected");
    const directory = [second, first];
    expect(new Vendor(site.activation).verify(site.bundle({ directory })).verdict).toBe(
      "MALFORMED",
    );
  });

  it("never throws, whatever the bytes are", () => {
    const { vendor, bundle } = exported();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(
          vendor.verify(rehashed(concat(bundle.slice(0, 6), bytes, new Uint8Array(32)))).checked,
        ).not.toEqual([]);
      }),
    );
  });

  it("never throws, whatever replaces a piece of it", () => {
    const { vendor, bundle } = exported();
    const place = fc.nat(bundle.length - 33);
    fc.assert(
      fc.property(place, fc.uint8Array({ maxLength: 40 }), (at, bytes) => {
        const spliced = concat(bundle.slice(0, at), bytes, bundle.slice(at + bytes.length));
        // A piece that reaches into the closing hash alone is mended with it.
        const mended = rehashed(spliced.slice(0, bundle.length));
        fc.pre(!equalBytes(mended, bundle));
        const { verdict } = vendor.verify(mended);
        expect(["FIRST_VERIFIED", "EXTENDS", "DUPLICATE", "STALE"]).not.toContain(verdict);
      }),
      { numRuns: 300 },
    );
  });
});

describe("a medium that cannot be read", () => {
  it("is the caller's trouble, and no verdict about the bundle", () => {
    const { bundle } = exported();
    const failing = {
      length: bundle.length,
      read: (): never => {
        throw Object.assign(new Error("i/o error"), { code: "EIO" });
      },
    };
    expect(() => verifyBundle(failing, undefined)).toThrow("i/o error");
  });
});

describe("a bundle of another format", () => {
  it("is UNSUPPORTED when its own version is higher", () => {
    const { vendor, bundle } = exported();
    const newer = rehashed(concat(bundle.slice(0, 4), u16(2), bundle.slice(6)));
    expect(vendor.verify(newer).verdict).toBe("UNSUPPORTED");
  });

  it("is UNSUPPORTED when a block has a higher version, suite or type, or a flag", () => {
    for (const [at, value] of [
      [4, 2],
      [5, 9],
      [6, 2],
      [7, 1],
    ] as const) {
      expect(verdictOfByte(at, value)).toBe("UNSUPPORTED");
    }
  });

  it("is a DOWNGRADE when bundle, block or suite has a version below the first", () => {
    const { vendor, bundle } = exported();
    const older = rehashed(concat(bundle.slice(0, 4), u16(0), bundle.slice(6)));
    expect(vendor.verify(older).verdict).toBe("DOWNGRADE");
    expect(verdictOfByte(4, 0)).toBe("DOWNGRADE");
    expect(verdictOfByte(6, 0)).toBe("DOWNGRADE");
  });
});

describe("a bundle that claims too much", () => {
  it("is LIMIT_EXCEEDED at the size of the file, before a byte is read", () => {
    const huge = {
      length: MAX_BUNDLE_BYTES + 1,
      read: (): never => {
        throw new Error("nothing may be read");
      },
    };
    expect(verifyBundle(huge, undefined).verdict).toBe("LIMIT_EXCEEDED");
  });

  it("is LIMIT_EXCEEDED at a gap of 2^60 blocks", () => {
    const { vendor, bundle } = exported();
    const gap = concat(
      bundle.slice(0, 30),
      Uint8Array.of(0x10),
      new Uint8Array(7),
      bundle.slice(38),
    );
    expect(vendor.verify(rehashed(gap)).verdict).toBe("LIMIT_EXCEEDED");
    const large = concat(bundle.slice(0, 30), u64(2_000_001), bundle.slice(38));
    expect(vendor.verify(rehashed(large)).verdict).toBe("LIMIT_EXCEEDED");
  });

  it("is LIMIT_EXCEEDED when the blocks missing since the last acknowledgement are too many", () => {
    const { site, vendor } = exported();
    const far = rebuilt(site.parts(), () => [], { fromIndex: 2_000_001, size: 2_000_002 });
    expect(vendor.verify(far).verdict).toBe("LIMIT_EXCEEDED");
  });

  it("is LIMIT_EXCEEDED at more segments than a site of its age can have made", () => {
    const site = Site.activate();
    for (let count = 0; count < 12; count += 1) site.openSegment();
    const { verdict, checked } = new Vendor(site.activation).verify(site.bundle());
    expect(verdict).toBe("LIMIT_EXCEEDED");
    expect(checked).toEqual(["V0 closing hash", "V3 framing and limits of 13 blocks"]);
  });

  it("is LIMIT_EXCEEDED at a directory that names such a segment", () => {
    const { site, vendor } = exported();
    const [genesis] = site.directory;
    if (!genesis) throw new Error("a row of segment 0 expected");
    const directory = [genesis, { ...genesis, segment: 4_000, index: 1 }];
    expect(vendor.verify(site.bundle({ directory })).verdict).toBe("LIMIT_EXCEEDED");
  });

  it("is LIMIT_EXCEEDED at a checkpoint note of 4,097 bytes", () => {
    const { site, vendor } = exported();
    const checkpoint = "x".repeat(4_097);
    expect(vendor.verify(site.bundle({ checkpoint })).verdict).toBe("LIMIT_EXCEEDED");
  });
});

function exported(): { site: Site; vendor: Vendor; bundle: Uint8Array } {
  const site = Site.activate();
  site.use(1);
  return { site, vendor: new Vendor(site.activation), bundle: site.export() };
}

/** The verdict when one byte of the newest block has this value. */
function verdictOfByte(at: number, value: number): string {
  const { site, vendor } = exported();
  const bundle = rebuilt(site.parts(), (blocks) => {
    const last = blocks.pop()?.slice() ?? new Uint8Array(0);
    last[at] = value;
    return [...blocks, last];
  });
  return vendor.verify(bundle).verdict;
}
