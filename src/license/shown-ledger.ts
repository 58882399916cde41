import type { z } from "zod";
import { toBase64Url } from "../base/bytes.ts";
import { bytes, embeddedNote, listOf, mapOf, wholeNumber } from "./fields.ts";

/** What a site shows of its ledger when it asks for its next license. */
export interface ShownLedger {
  /** The newest head: a note signed by the daemon key. */
  readonly head: string;
  /** The newest receipt that the site has; null before the first. */
  readonly receipt: ShownReceipt | null;
  /** How the head goes on from sizes that the vendor may have acknowledged. */
  readonly proofs: readonly GrowthProof[];
}

/** A receipt by what only who has it knows. */
interface ShownReceipt {
  readonly receiptNo: number;
  /** Blocks that it acknowledged. */
  readonly size: number;
  /** 32 bytes. */
  readonly nonce: Uint8Array;
}

/** A consistency proof (RFC 6962, 2.1.2) from the first `size` blocks to the head. */
interface GrowthProof {
  readonly size: number;
  readonly hashes: readonly Uint8Array[];
}

/** Proofs in one request. */
export const PROOFS_PER_REQUEST = 16;

/** A tree of 2^53 leaves has no longer proof. */
const HASHES_PER_PROOF = 64;

const sizeField = wholeNumber(1, Number.MAX_SAFE_INTEGER);

export const shownLedgerField: z.ZodType<ShownLedger> = mapOf({
  head: embeddedNote,
  receipt: mapOf({ receipt_no: sizeField, size: sizeField, nonce: bytes(32) })
    .transform(({ receipt_no: receiptNo, ...receipt }) => ({ receiptNo, ...receipt }))
    .nullable(),
  proofs: listOf(
    mapOf({ size: sizeField, hashes: listOf(bytes(32), HASHES_PER_PROOF) }),
    PROOFS_PER_REQUEST,
  ),
});

/** What `shownLedgerField` decodes. */
export function encodeShownLedger({ head, receipt, proofs }: ShownLedger): object {
  return {
    head,
    receipt: receipt && {
      receipt_no: receipt.receiptNo,
      size: receipt.size,
      nonce: toBase64Url(receipt.nonce),
    },
    proofs: proofs.map(({ size, hashes }) => ({ size, hashes: hashes.map(toBase64Url) })),
  };
}
