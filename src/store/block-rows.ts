import { type DirectoryRow, decodeDirectoryRow, encodeDirectoryRow } from "../ledger/directory.ts";
import type { PreparedBlock } from "../ledger/draft.ts";
import type { OutboxRow } from "../ledger/ports.ts";
import type { Connection, Statement } from "./connection.ts";
import { Row } from "./row.ts";

/** Blocks on their way to the chain file, and the segment directory. */
export class BlockRows {
  readonly #put: Statement;
  readonly #dropOlder: Statement;
  readonly #outbox: Statement;
  readonly #putDirectory: Statement;
  readonly #directory: Statement;

  constructor(connection: Connection) {
    this.#put = connection.prepare(
      "INSERT INTO outbox (vendor, block, file_offset, bytes, entropy) VALUES (?, ?, ?, ?, ?)",
    );
    this.#dropOlder = connection.prepare("DELETE FROM outbox WHERE vendor = ? AND block < ?");
    this.#outbox = connection.prepare("SELECT * FROM outbox WHERE vendor = ? ORDER BY block");
    this.#putDirectory = connection.prepare(
      "INSERT INTO directory (vendor, segment, row) VALUES (?, ?, ?)",
    );
    this.#directory = connection.prepare(
      "SELECT * FROM directory WHERE vendor = ? ORDER BY segment",
    );
  }

  /** The rows of older blocks go in the same transaction: their files have been synced since. */
  add(vendor: string, { outbox, directoryRow }: PreparedBlock): void {
    this.#put.run(vendor, outbox.index, outbox.offset, outbox.bytes, outbox.entropy);
    this.#dropOlder.run(vendor, outbox.index);
    if (directoryRow !== undefined) this.addDirectoryRow(vendor, directoryRow);
  }

  addDirectoryRow(vendor: string, row: DirectoryRow): void {
    this.#putDirectory.run(vendor, row.segment, encodeDirectoryRow(row));
  }

  outbox(vendor: string): readonly OutboxRow[] {
    return this.#outbox.all(vendor).map((found) => {
      const row = new Row("outbox", found);
      return {
        index: row.number("block"),
        offset: row.number("file_offset"),
        bytes: row.bytes("bytes"),
        entropy: row.bytes("entropy"),
      };
    });
  }

  directory(vendor: string): readonly DirectoryRow[] {
    return this.#directory.all(vendor).map((found) => {
      return decodeDirectoryRow(new Row("directory", found).bytes("row"));
    });
  }
}
