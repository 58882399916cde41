import { describe, expect, it } from "vitest";
import { utf8 } from "../../src/base/bytes.ts";
import { ADMIN_ROUTES, decodeAdminAnswer, decodeAdminRefusal } from "../../src/protocol/admin.ts";
import type { Decoded } from "../../src/protocol/decode.ts";
import { lease } from "./given.ts";

describe("the administration interface", () => {
  it("takes a lease id to revoke, and names the field when it is none", () => {
    expect(decodeRevoke({ lease })).toEqual({ kind: "decoded", value: { lease } });
    expect(decodeRevoke({ lease: "7" })).toEqual({
      kind: "refused",
      field: "body.lease",
      problem: "is not as specified",
    });
    expect(decodeRevoke(null)).toMatchObject({ kind: "refused", field: "body" });
  });

  it("answers checkpoints, receipts and errors in one form each", () => {
    const sealed = [{ vendor: "acme.example", size: 8, events: 3 }];
    expect(decodeAdminAnswer("checkpoint", { sealed })).toEqual({ sealed });
    const receipt = { vendor: "acme.example", receiptNo: 1, acknowledged: 8 };
    expect(decodeAdminAnswer("importReceipt", receipt)).toEqual(receipt);
    const error = { code: "LICENSE_EXPIRED", message: "over", hint: "renew" };
    expect(decodeAdminRefusal({ error })).toEqual(error);
  });

  it("is of another release when an answer has a field that we do not know", () => {
    expect(() => decodeAdminAnswer("seats", { seats: [], more: 1 })).toThrow(
      expect.objectContaining({ code: "WIRE_FIELD", facts: { field: "seats.more" } }),
    );
  });
});

const decodeRevoke = (body: unknown): Decoded<unknown> =>
  ADMIN_ROUTES.revoke.read({ query: {}, body: utf8(JSON.stringify(body)) });
