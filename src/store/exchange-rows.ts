import { type UnixMillis, unixMillis } from "../base/time.ts";
import type { Connection, Statement } from "./connection.ts";
import { Row } from "./row.ts";

/** A bundle that was made for the vendor. */
export interface ExportRecord {
  /** Counts the exports of one ledger from 1. */
  readonly exportNo: number;
  /** Blocks of the exported head, and the root over them. */
  readonly size: number;
  readonly root: Uint8Array;
  readonly exportedAt: UnixMillis;
}

/** A receipt of the vendor that was imported. The note itself is in the ledger. */
export interface ReceiptRecord {
  readonly receiptNo: number;
  /** 32 bytes that must come back in the next export. */
  readonly nonce: Uint8Array;
  /** Blocks it acknowledges. */
  readonly size: number;
  /** The vendor's clock when it was given. */
  readonly vendorTime: UnixMillis;
  readonly importedAt: UnixMillis;
}

/** What went to the vendor and what came back. */
export class ExchangeRows {
  readonly #putExport: Statement;
  readonly #putReceipt: Statement;
  readonly #lastExport: Statement;
  readonly #lastReceipt: Statement;
  readonly #exportSizes: Statement;

  constructor(connection: Connection) {
    this.#putExport = connection.prepare(
      "INSERT INTO exports (vendor, export_no, size, root, exported_at) VALUES (?, ?, ?, ?, ?)",
    );
    this.#putReceipt = connection.prepare(
      "INSERT INTO receipts (vendor, receipt_no, nonce, size, vendor_time, imported_at) VALUES (?, ?, ?, ?, ?, ?)",
    );
    this.#lastExport = connection.prepare(
      "SELECT * FROM exports WHERE vendor = ? ORDER BY export_no DESC LIMIT 1",
    );
    this.#lastReceipt = connection.prepare(
      "SELECT * FROM receipts WHERE vendor = ? ORDER BY receipt_no DESC LIMIT 1",
    );
    this.#exportSizes = connection.prepare(
      "SELECT size FROM exports WHERE vendor = ? ORDER BY export_no DESC LIMIT ?",
    );
  }

  addExport(vendor: string, { exportNo, size, root, exportedAt }: ExportRecord): void {
    this.#putExport.run(vendor, exportNo, size, root, exportedAt);
  }

  addReceipt(vendor: string, receipt: ReceiptRecord): void {
    const { receiptNo, nonce, size, vendorTime, importedAt } = receipt;
    this.#putReceipt.run(vendor, receiptNo, nonce, size, vendorTime, importedAt);
  }

  lastExport(vendor: string): ExportRecord | undefined {
    const found = this.#lastExport.get(vendor);
    if (found === undefined) return undefined;
    const row = new Row("exports", found);
    return {
      exportNo: row.number("export_no"),
      size: row.number("size"),
      root: row.bytes("root"),
      exportedAt: unixMillis(row.number("exported_at")),
    };
  }

  /** Blocks of the heads in the newest bundles, the EXPORT block of each among them; the newest first. */
  exportedSizes(vendor: string, most: number): readonly number[] {
    const rows = this.#exportSizes.all(vendor, most);
    // A row has what was there before its own block.
    return rows.map((found) => new Row("exports", found).number("size") + 1);
  }

  lastReceipt(vendor: string): ReceiptRecord | undefined {
    const found = this.#lastReceipt.get(vendor);
    if (found === undefined) return undefined;
    const row = new Row("receipts", found);
    return {
      receiptNo: row.number("receipt_no"),
      nonce: row.bytes("nonce"),
      size: row.number("size"),
      vendorTime: unixMillis(row.numberOrNull("vendor_time") ?? row.number("imported_at")),
      importedAt: unixMillis(row.number("imported_at")),
    };
  }
}
