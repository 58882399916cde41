import { describe, expect, it } from "vitest";
import { chainId, clientKey, instanceId } from "../../src/base/ids.ts";
import { millis } from "../../src/base/time.ts";
import {
  challengeBody,
  decodeChallenge,
  decodeHello,
  decodeWelcome,
  helloBody,
  welcomeBody,
} from "../../src/protocol/handshake.ts";
import { nonce } from "./given.ts";

const chain = chainId("7150aa1c43ca3113b40a372c4f9f6db5");
const fingerprint = "ab".repeat(32);

const challenge = {
  nonce,
  protocols: ["seatkeeper.v1"],
  daemonKey: nonce,
  certificateFingerprint: fingerprint,
  vendors: [{ name: "acme.example", chainId: chain }],
};
const hello = {
  challenge: nonce,
  daemonKey: nonce,
  chainId: chain,
  certificateFingerprint: null,
  clientKey: clientKey(nonce),
  instanceId: instanceId("00112233445566778899aabbccddeeff"),
  nonce,
};
const welcome = {
  nonce,
  head: "head",
  heartbeatMs: millis(30_000),
  limits: { frameBytes: 65_536, leasesPerClient: 64, requestsPerSecond: 50 },
  serverVersion: "0.1.0",
};

describe("the notes of the handshake", () => {
  it("come back as they were written", () => {
    expect(decodeChallenge(challengeBody(challenge))).toEqual(challenge);
    expect(decodeHello(helloBody(hello))).toEqual(hello);
    expect(decodeWelcome(welcomeBody(welcome))).toEqual(welcome);
  });

  it("name things in snake_case, as every signed note does", () => {
    expect(helloBody(hello)).toEqual({
      challenge: nonce,
      daemon_key: nonce,
      chain_id: chain,
      certificate_fingerprint: null,
      client_key: nonce,
      instance_id: "00112233445566778899aabbccddeeff",
      nonce,
    });
  });

  it("may carry what a later release adds under ext, and nothing else", () => {
    expect(decodeChallenge({ ...challengeBody(challenge), ext: { more: [1] } })).toEqual(challenge);
    expect(() => decodeChallenge({ ...challengeBody(challenge), more: 1 })).toThrow(
      expect.objectContaining({ code: "WIRE_FIELD", facts: { field: "challenge.more" } }),
    );
  });

  it("are refused with the field named", () => {
    expect(() => decodeHello({ ...helloBody(hello), chain_id: "xyz" })).toThrow(
      expect.objectContaining({ facts: { field: "hello.chain_id" } }),
    );
    expect(() => decodeWelcome(null)).toThrow(
      expect.objectContaining({ facts: { field: "welcome" } }),
    );
  });
});
