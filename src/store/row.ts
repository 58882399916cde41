import { StoreError } from "./errors.ts";

/** One row as SQLite gave it: nothing is known of it yet. */
export class Row {
  readonly #table: string;
  readonly #columns: unknown;

  constructor(table: string, columns: unknown) {
    this.#table = table;
    this.#columns = columns;
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
    return typeof columns === "object" && columns !== null ? Reflect.get(columns, column) : null;
  }

  #damaged(column: string, cause?: unknown): never {
    // Not the value: it may be what a person typed.
    const message = `the database has a damaged value in ${this.#table}.${column}`;
    const hint = "stop the daemon, keep the whole folder as it is, and restore the backup";
    throw new StoreError("STORE_CORRUPT", message, { hint, cause });
  }
}
