import { utf8 } from "../../src/base/bytes.ts";
import { unixMillis } from "../../src/base/time.ts";
import type { AckedSegment, Activation } from "../../src/bundle/known-ledger.ts";
import { type ReceiptFields, writeReceipt } from "../../src/bundle/receipt.ts";
import { verifyBundle } from "../../src/bundle/verify.ts";
import type { VerifyInput, VerifyReport } from "../../src/bundle/verify-input.ts";
import { randomBytes } from "../../src/crypto/random.ts";
import type { Payload } from "../../src/ledger/payload.ts";
import type { ByteSource } from "../../src/ledger/ports.ts";
import type { ActivationRequest } from "../../src/license/activation-request.ts";
import { chainOrigin } from "../../src/note/checkpoint.ts";
import { issuerNote, issuing, sealingKid, sealingSecret, vendor } from "./given.ts";

/** What the vendor finds in a bundle: its verdict, and everything that was sealed. */
export interface Ingested {
  readonly report: VerifyReport;
  readonly payloads: readonly Payload[];
  readonly segments: readonly AckedSegment[];
}

/** The vendor's own verifier; without `known`, as for a site's first bundle. */
export function ingest(
  bundle: Uint8Array,
  request: ActivationRequest,
  known: Partial<Pick<VerifyInput, "acked" | "receipts">> = {},
): Ingested {
  const payloads: Payload[] = [];
  const segments: AckedSegment[] = [];
  const report = verifyBundle(sourceOf(bundle), {
    activation: activationOf(request),
    secrets: new Map([[sealingKid, sealingSecret]]),
    acked: undefined,
    receipts: [],
    now: unixMillis(Date.now()),
    visitor: {
      block: ({ payload }) => void payloads.push(payload),
      segment: (segment) => void segments.push(segment),
    },
    ...known,
  });
  return { report, payloads, segments };
}

function activationOf(request: ActivationRequest): Activation {
  const { chainId, genesisBlock, daemonKey } = request;
  const origin = chainOrigin(vendor, chainId);
  const activatedAt = request.createdAt;
  return { vendorName: vendor, chainId, genesisBlock, daemonKey, origin, activatedAt };
}

export function sourceOf(bytes: Uint8Array): ByteSource {
  return {
    length: bytes.length,
    read: (offset, length) => bytes.subarray(offset, offset + length),
  };
}

/** The receipt for an accepted bundle. */
export function receiptFor(
  report: VerifyReport,
  receiptNo: number,
  nonce: Uint8Array = randomBytes(32),
  carried: Pick<ReceiptFields, "revocations" | "supersede"> = {},
  vendorTime: number = Date.now(),
): Uint8Array {
  const { claim, checkpoint } = report;
  if (claim === undefined || checkpoint === undefined) throw new Error("nothing to acknowledge");
  const fields = {
    vendor,
    chainId: claim.chainId,
    receiptNo,
    head: checkpoint,
    vendorTime: unixMillis(vendorTime),
    nonce,
    issuer: issuerNote,
    ...carried,
  };
  return utf8(writeReceipt(fields, issuing));
}
