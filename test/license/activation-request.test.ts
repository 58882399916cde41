import { describe, expect, it } from "vitest";
import { utf8 } from "../../src/base/bytes.ts";
import {
  type ActivationRequest,
  readActivationRequest,
  writeActivationRequest,
} from "../../src/license/activation-request.ts";
import { signHead } from "../../src/note/checkpoint.ts";
import {
  chain,
  daemon,
  firstHead,
  genesisLeaf,
  hostHash,
  mallory,
  noon,
  origin,
  resigned,
  vendor,
} from "./given.ts";

const refusal = (code: string): unknown => expect.objectContaining({ code });

const fields: Omit<ActivationRequest, "text"> = {
  vendor,
  chainId: chain,
  daemonKey: daemon.publicKey,
  genesisBlock: utf8("SKB1 and what follows"),
  head: firstHead,
  host: { hash: hostHash, parts: ["machine-id"] },
  product: { name: "seatkeeper", version: "0.1.0" },
  createdAt: noon,
};
const request = writeActivationRequest(fields, daemon);

describe("an activation request", () => {
  it("gives back what was asked", () => {
    expect(readActivationRequest(request)).toEqual({ ...fields, text: request });
    expect(readActivationRequest(utf8(request)).text).toBe(request);
  });

  it("is signed by the daemon key inside, and no other", () => {
    expect(() => readActivationRequest(writeActivationRequest(fields, mallory))).toThrow(
      refusal("REQUEST_SIGNATURE"),
    );
  });

  it("does not survive a change", () => {
    expect(() => readActivationRequest(request.replace("0.1.0", "0.2.0"))).toThrow(
      refusal("REQUEST_SIGNATURE"),
    );
  });

  it.each([
    [
      "is not of size 1",
      signHead({ origin, size: 2, root: genesisLeaf }, { name: origin, signer: daemon }),
    ],
    [
      "is signed by another key",
      signHead({ origin, size: 1, root: genesisLeaf }, { name: origin, signer: mallory }),
    ],
    ["is no note", "head"],
  ])("is refused when its head %s", (_, head) => {
    expect(() =>
      readActivationRequest(writeActivationRequest({ ...fields, head }, daemon)),
    ).toThrow(refusal("REQUEST_HEAD"));
  });

  it.each([
    ["an unknown field", '"created_at"', '"created"'],
    ["no host", /"hash": "[0-9a-f]*"/, '"hash": ""'],
    ["a genesis block of nothing", /"genesis_block": "[^"]*"/, '"genesis_block": ""'],
    ["a genesis block that is no base64url", /"genesis_block": "./, '"genesis_block": "+'],
    ["a daemon key of other bytes", /"daemon_key": "./, '"daemon_key": "+'],
  ])("is refused with %s", (_, before, after) => {
    const text = resigned(request, origin, daemon, (plain) => plain.replace(before, after));
    expect(() => readActivationRequest(text)).toThrow(refusal("REQUEST_FIELD"));
  });
});
