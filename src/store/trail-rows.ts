import { fromHex, toHex } from "../base/bytes.ts";
import { type UnixMillis, unixMillis } from "../base/time.ts";
import type { Connection, Statement } from "./connection.ts";
import { MetaRows } from "./meta-rows.ts";
import { Row } from "./row.ts";

/** A record of the audit trail: what was hashed, as it was written. */
export interface TrailRow {
  readonly seq: number;
  readonly at: UnixMillis;
  readonly text: string;
  readonly hash: Uint8Array;
}

/** The newest record. Kept beside the records too, so that it is missed when it is gone. */
export interface TrailHead {
  readonly seq: number;
  readonly hash: Uint8Array;
}

const HEAD = "trail head";

/** The audit trail. Records are added behind the newest, and go from the oldest on; triggers refuse anything else. */
export class TrailRows {
  readonly #meta: MetaRows;
  readonly #add: Statement;
  readonly #after: Statement;
  readonly #forget: Statement;
  readonly #firstSince: Statement;

  constructor(connection: Connection) {
    this.#meta = new MetaRows(connection);
    this.#add = connection.prepare("INSERT INTO trail (seq, at, text, hash) VALUES (?, ?, ?, ?)");
    this.#after = connection.prepare("SELECT * FROM trail WHERE seq > ? ORDER BY seq LIMIT ?");
    this.#forget = connection.prepare("DELETE FROM trail WHERE seq <= ?");
    this.#firstSince = connection
      .prepare("SELECT seq FROM trail WHERE at >= ? ORDER BY seq LIMIT 1")
      .pluck();
  }

  /** Undefined before the first record. */
  head(): TrailHead | undefined {
    const [seq, hash] = this.#meta.get(HEAD)?.split(" ") ?? [];
    return seq === undefined || hash === undefined
      ? undefined
      : { seq: Number(seq), hash: fromHex(hash) };
  }

  add({ seq, at, text, hash }: TrailRow): void {
    this.#add.run(seq, at, text, hash);
    this.#meta.put(HEAD, `${seq} ${toHex(hash)}`);
  }

  /** At most `limit` records behind `seq`, the oldest first. */
  after(seq: number, limit: number): readonly TrailRow[] {
    return this.#after.all(seq, limit).map((found) => rowIn(new Row("trail", found)));
  }

  /** Undefined where all records are older. */
  firstSince(moment: UnixMillis): number | undefined {
    const found = this.#firstSince.get(moment);
    return typeof found === "number" ? found : undefined;
  }

  forget(through: number): void {
    this.#forget.run(through);
  }
}

function rowIn(row: Row): TrailRow {
  return {
    seq: row.number("seq"),
    at: unixMillis(row.number("at")),
    text: row.text("text"),
    hash: row.bytes("hash"),
  };
}
