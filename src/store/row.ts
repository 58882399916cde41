import type { Statement } from "./connection.ts";
import { StoreError } from "./errors.ts";

/** Where each column of a statement stands. */
type Places = ReadonlyMap<string, number>;

/**
 * What a statement finds, one row after another, for tables that may be long: an object with named
 * columns for each row, and all of them at once, would take twice the time and memory of a start.
 */
export class LongTable {
  readonly #table: string;
  readonly #statement: Statement;
  readonly #places: Places;

  /** The statement is this table's from now on. */
  constructor(table: string, statement: Statement) {
    this.#table = table;
    this.#statement = statement.raw();
    this.#places = new Map(statement.columns().map(({ name }, place) => [name, place]));
  }

  /** What `read` makes of each row. @throws StoreError `STORE_CORRUPT`. */
  read<Value>(vendor: string, read: (row: Row) => Value): Value[] {
    const values: Value[] = [];
    for (const found of this.#statement.iterate(vendor)) {
      values.push(read(new Row(this.#table, found, this.#places)));
    }
    return values;
  }
}

/** One row as SQLite gave it: nothing is known of it yet. */
export class Row {
  readonly #table: string;
  readonly #columns: unknown;
  readonly #places: Places | undefined;

  /** @param places of the columns, where they have no names. */
  constructor(table: string, columns: unknown, places?: Places) {
    this.#table = table;
    this.#columns = columns;
    this.#places = places;
  }

  text(column: string): string {
    const value = this.#value(column);
    return typeof value === "string" ? value : this.#damaged(column);
  }

  textOrNull(column: string): string | null {
    return this.#value(column) === null ? null : this.text(column);
  }

  number(column: string): number {
    const value = this.#value(column);
    return Number.isSafeInteger(value) && typeof value === "number" ? value : this.#damaged(column);
  }

  numberOrNull(column: string): number | null {
    return this.#value(column) === null ? null : this.number(column);
  }

  flag(column: string): boolean {
    return this.number(column) !== 0;
  }

  bytes(column: string): Uint8Array {
    const value = this.#value(column);
    return value instanceof Uint8Array ? new Uint8Array(value) : this.#damaged(column);
  }

  /** The column as `make` reads it, which throws for what cannot be. */
  as<Value>(column: string, make: (text: string) => Value): Value {
    const text = this.text(column);
    try {
      return make(text);
    } catch (cause) {
      return this.#damaged(column, cause);
    }
  }

  #value(column: string): unknown {
    const columns = this.#columns;
    if (this.#places !== undefined) {
      const place = this.#places.get(column);
      const values: readonly unknown[] = Array.isArray(columns) ? columns : [];
      return place === undefined ? null : values[place];
    }
    return typeof columns === "object" && columns !== null ? Reflect.get(columns, column) : null;
  }

  #damaged(column: string, cause?: unknown): never {
    // Not the value: it may be what a person typed.
    const message = `the database has a damaged value in ${this.#table}.${column}`;
    const hint = "stop the daemon, keep the whole folder as it is, and restore the backup";
    throw new StoreError("STORE_CORRUPT", message, { hint, cause });
  }
}
