import { concat } from "../base/bytes.ts";
import type { LeaseId } from "../base/ids.ts";
import { unixMillis } from "../base/time.ts";
import type { EntryProof, SeatEntry } from "../ledger/entry-proof.ts";
import type { Connection, Statement } from "./connection.ts";
import { Row } from "./row.ts";

const HASH_BYTES = 32;

/** Proofs that the ledger tells of leases that are there. */
export class EntryProofRows {
  readonly #put: Statement;
  readonly #drop: Statement;
  readonly #get: Statement;

  constructor(connection: Connection) {
    // A lease may have been granted and ended in one group: nobody asks for it any more.
    this.#put = connection.prepare(
      `INSERT OR REPLACE INTO entry_proofs (event_id, user, wall, count, overdraft, until, blind, place,
         places, path, header, rest, vendor, lease)
       SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, vendor, lease
       FROM leases WHERE vendor = ? AND lease = ?`,
    );
    this.#drop = connection.prepare("DELETE FROM entry_proofs WHERE vendor = ? AND lease = ?");
    this.#get = connection.prepare("SELECT * FROM entry_proofs WHERE vendor = ? AND lease = ?");
  }

  put(vendor: string, lease: LeaseId, proof: EntryProof): void {
    const { entry, blind, at, of, path, header, rest } = proof;
    const { id, user, wall, count, overdraft, until = null } = entry;
    const kind = [overdraft === undefined ? null : Number(overdraft), until];
    const place = [at, of, concat(...path)];
    this.#put.run(id, user, wall, count, ...kind, blind, ...place, header, rest, vendor, lease);
  }

  drop(vendor: string, lease: LeaseId): void {
    this.#drop.run(vendor, lease);
  }

  get(vendor: string, lease: LeaseId): EntryProof | undefined {
    const found = this.#get.get(vendor, lease);
    if (found === undefined) return undefined;
    const row = new Row("entry_proofs", found);
    return {
      entry: entryIn(row),
      blind: row.bytes("blind"),
      at: row.number("place"),
      of: row.number("places"),
      path: hashesIn(row.bytes("path")),
      header: row.bytes("header"),
      rest: row.bytes("rest"),
    };
  }
}

function entryIn(row: Row): SeatEntry {
  const overdraft = row.numberOrNull("overdraft");
  const until = row.numberOrNull("until");
  return {
    id: row.number("event_id"),
    user: row.text("user"),
    wall: unixMillis(row.number("wall")),
    count: row.number("count"),
    ...(overdraft === null ? {} : { overdraft: overdraft === 1 }),
    ...(until === null ? {} : { until: unixMillis(until) }),
  };
}

function hashesIn(bytes: Uint8Array): readonly Uint8Array[] {
  return Array.from({ length: bytes.length / HASH_BYTES }, (_, index) =>
    bytes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES),
  );
}
