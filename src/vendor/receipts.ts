import type { Database } from "better-sqlite3";
import type { Moment } from "../base/time.ts";
import type { IssuedReceipt } from "../bundle/known-ledger.ts";
import { RECEIPT_NONCE_BYTES, type ReceiptFields, writeReceipt } from "../bundle/receipt.ts";
import { randomBytes } from "../crypto/random.ts";
import type { ActivationRecord } from "./activations.ts";
import type { Issuing } from "./keys.ts";

/** A receipt as it goes back to the site. */
export interface OutgoingReceipt {
  readonly receiptNo: number;
  readonly text: string;
  /** True when it was given before and is only sent again. */
  readonly resent: boolean;
}

/** The text of a receipt; undefined for one that was not given. */
export function receiptText(
  database: Database,
  chain: string,
  receiptNo: number,
): string | undefined {
  return receiptsOf(database, chain).find((receipt) => receipt.receiptNo === receiptNo)?.text;
}

/** Every receipt given for a ledger, the oldest first. */
export function receiptsOf(database: Database, chain: string): readonly IssuedReceipt[] {
  return database
    .prepare<[string], ReceiptRow>(
      "SELECT receipt_no, nonce, text FROM receipts WHERE chain_id = ? ORDER BY receipt_no",
    )
    .all(chain)
    .map((row) => ({
      receiptNo: row.receipt_no,
      nonce: new Uint8Array(row.nonce),
      text: row.text,
    }));
}

/**
 * The receipt that acknowledged exactly this many blocks of the present branch, byte for byte as it
 * was. Before a SUPERSEDE another branch may have had as many.
 */
export function receiptFor(
  database: Database,
  chain: string,
  size: number,
): OutgoingReceipt | undefined {
  const row = database
    .prepare<[object], Omit<ReceiptRow, "nonce">>(
      `SELECT receipt_no, text FROM receipts WHERE chain_id = @chain AND size = @size
       AND receipt_no >= (SELECT coalesce(max(receipt_no), 0) FROM supersedes WHERE chain_id = @chain)
       ORDER BY receipt_no DESC LIMIT 1`,
    )
    .get({ chain, size });
  return row && { receiptNo: row.receipt_no, text: row.text, resent: true };
}

/** Signs the next receipt of a ledger and puts it on record. */
export function giveReceipt(
  database: Database,
  activation: ActivationRecord,
  acknowledged: { readonly size: number; readonly checkpoint: string },
  { issuer, signer }: Issuing,
  now: Moment,
  carried: Pick<ReceiptFields, "revocations" | "supersede">,
): OutgoingReceipt {
  const { chainId } = activation;
  const newest = receiptsOf(database, chainId).at(-1);
  const receiptNo = (newest?.receiptNo ?? 0) + 1;
  const nonce = randomBytes(RECEIPT_NONCE_BYTES);
  const vendorTime = now.wall;
  const text = writeReceipt(
    {
      vendor: issuer.vendor,
      chainId,
      receiptNo,
      head: acknowledged.checkpoint,
      vendorTime,
      nonce,
      issuer: issuer.text,
      ...carried,
    },
    signer,
  );
  database
    .prepare("INSERT INTO receipts VALUES (?, ?, ?, ?, ?, ?)")
    .run(chainId, receiptNo, acknowledged.size, Buffer.from(nonce), vendorTime, text);
  return { receiptNo, text, resent: false };
}

interface ReceiptRow {
  readonly receipt_no: number;
  readonly nonce: Buffer;
  readonly text: string;
}
