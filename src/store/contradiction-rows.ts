import { type UnixMillis, unixMillis } from "../base/time.ts";
import type { Connection, Statement } from "./connection.ts";
import { Row } from "./row.ts";

/** A head that the ledger does not go on from: a client remembers it, and this daemon has signed it, or the vendor has acknowledged it. */
export interface ContradictionRecord {
  /** Blocks of the head that was shown, and the root over them. */
  readonly size: number;
  readonly root: Uint8Array;
  /** The head that was shown, as checkpoint text, or the license that says what is acknowledged. */
  readonly shown: string;
  /** The ledger's own head at that time. */
  readonly own: string;
  readonly seenAt: UnixMillis;
}

/** Of one vendor, the newest are kept; what goes stays sealed in the ledger by its hash. */
const KEPT = 1_000;

/** Evidence that the ledger was put back, or that it has a twin. */
export class ContradictionRows {
  readonly #put: Statement;
  readonly #all: Statement;
  readonly #seal: Statement;
  readonly #prune: Statement;

  constructor(connection: Connection) {
    this.#put = connection.prepare(
      `INSERT INTO contradictions (vendor, size, root, shown, own, seen_at, sealed)
       VALUES (?, ?, ?, ?, ?, ?, 0) ON CONFLICT DO NOTHING`,
    );
    this.#all = connection.prepare(
      "SELECT * FROM contradictions WHERE vendor = ? AND sealed >= ? AND sealed <= ? ORDER BY seen_at, size, root",
    );
    this.#seal = connection.prepare("UPDATE contradictions SET sealed = 1 WHERE vendor = ?");
    this.#prune = connection.prepare(
      `DELETE FROM contradictions WHERE vendor = ? AND sealed = 1 AND rowid NOT IN
       (SELECT rowid FROM contradictions WHERE vendor = ? ORDER BY seen_at DESC LIMIT ${KEPT})`,
    );
  }

  /** The same head a second time changes nothing. */
  add(vendor: string, { size, root, shown, own, seenAt }: ContradictionRecord): void {
    this.#put.run(vendor, size, root, shown, own, seenAt);
  }

  /** All of them are told of in the ledger. */
  seal(vendor: string): void {
    this.#seal.run(vendor);
    this.#prune.run(vendor, vendor);
  }

  /** The oldest first. */
  all(vendor: string): readonly ContradictionRecord[] {
    return this.#all.all(vendor, 0, 1).map(record);
  }

  /** Those that the ledger does not tell of yet. */
  unsealed(vendor: string): readonly ContradictionRecord[] {
    return this.#all.all(vendor, 0, 0).map(record);
  }
}

function record(found: unknown): ContradictionRecord {
  const row = new Row("contradictions", found);
  return {
    size: row.number("size"),
    root: row.bytes("root"),
    shown: row.text("shown"),
    own: row.text("own"),
    seenAt: unixMillis(row.number("seen_at")),
  };
}
