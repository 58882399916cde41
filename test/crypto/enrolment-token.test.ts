import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { toBase64Url } from "../../src/base/bytes.ts";
import {
  ENROLMENT_TOKEN,
  enrolmentTokenHash,
  isTokenFor,
  newEnrolmentToken,
} from "../../src/crypto/enrolment-token.ts";
import { randomBytes } from "../../src/crypto/random.ts";

const here = randomBytes(32);
const elsewhere = randomBytes(32);

describe("an enrolment token", () => {
  it("is recognised by its form, and never the same twice", () => {
    const token = newEnrolmentToken(here);
    expect(token).toMatch(ENROLMENT_TOKEN);
    expect(token).toHaveLength(72);
    expect(newEnrolmentToken(here).slice(-43)).not.toBe(token.slice(-43));
  });

  it("names the daemon it is for, as docs/spec/protocol.md computes it", () => {
    const token = newEnrolmentToken(here);
    expect(isTokenFor(token, toBase64Url(here))).toBe(true);
    expect(isTokenFor(token, toBase64Url(elsewhere))).toBe(false);
    const name = createHash("sha256").update("seatkeeper/enrolment\0").update(here).digest();
    expect(token.slice(7, 29)).toBe(name.subarray(0, 16).toString("base64url"));
  });

  it("is kept as its SHA-256", () => {
    const token = newEnrolmentToken(here);
    const hash = createHash("sha256").update(token).digest("hex");
    expect(Buffer.from(enrolmentTokenHash(token)).toString("hex")).toBe(hash);
  });
});
