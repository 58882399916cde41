import Sqlite from "better-sqlite3";

/** What the database of a stopped daemon says. Read from outside: not with the daemon's own code. */
export interface Books {
  readonly leases: ReadonlySet<string>;
  /** Grants counted on all days. */
  readonly grants: number;
  /** Records of all meters. */
  readonly records: number;
}

/** @param path of a database that no process holds. */
export function readBooks(path: string): Books {
  const database = new Sqlite(path, { timeout: 0 });
  try {
    const leases = database.prepare("SELECT lease FROM leases").pluck().all() as string[];
    const figure = (measure: string): number =>
      Number(
        database
          .prepare("SELECT coalesce(sum(value), 0) FROM usage_days WHERE measure = ?")
          .pluck()
          .get(measure),
      );
    // What is sealed stands in figures per day, what is not as events.
    const waiting = (type: string): number =>
      Number(database.prepare("SELECT count(*) FROM events WHERE type = ?").pluck().get(type));
    return {
      leases: new Set(leases),
      grants: figure("grants") + waiting("grant"),
      records: figure("records") + waiting("usage"),
    };
  } finally {
    database.close();
  }
}
