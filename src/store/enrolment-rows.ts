import { ADMIN_ROLES, type AdminRole } from "../base/admin-role.ts";
import { type Pseudonym, parsePseudonym } from "../base/identity.ts";
import { type UnixMillis, unixMillis } from "../base/time.ts";
import type { Connection, Statement } from "./connection.ts";
import { Row } from "./row.ts";

/** What is kept of an enrolment token. */
export interface Enrolment {
  /** 32 hex digits: the first half of `hash`. */
  readonly id: string;
  /** SHA-256 of the token. */
  readonly hash: Uint8Array;
  /** The labels it proves; null for one that it says nothing about. */
  readonly user: Pseudonym | null;
  readonly host: Pseudonym | null;
  /** What its owner may ask as an administrator; null for one that proves a client's labels. */
  readonly role: AdminRole | null;
  readonly createdAt: UnixMillis;
  /** The first moment at which it proves nothing any more; null for never. */
  readonly expiresAt: UnixMillis | null;
  readonly revokedAt: UnixMillis | null;
  /** The day of UTC on which it was last shown, as `2026-11-22`; null before the first. */
  readonly lastUsedOn: string | null;
}

/** The site's enrolment tokens, whichever vendor a client asks. */
export class EnrolmentRows {
  readonly #put: Statement;
  readonly #all: Statement;
  readonly #drop: Statement;

  constructor(connection: Connection) {
    this.#put = connection.prepare(
      `INSERT OR REPLACE INTO enrolments
       (id, token_hash, user, host, role, created_at, expires_at, revoked_at, last_used_on)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#all = connection.prepare("SELECT * FROM enrolments");
    this.#drop = connection.prepare("DELETE FROM enrolments WHERE id = ?");
  }

  put(enrolment: Enrolment): void {
    const { id, hash, user, host, role, createdAt, expiresAt, revokedAt, lastUsedOn } = enrolment;
    this.#put.run(id, hash, user, host, role, createdAt, expiresAt, revokedAt, lastUsedOn);
  }

  drop(id: string): void {
    this.#drop.run(id);
  }

  all(): readonly Enrolment[] {
    return this.#all.all().map((found) => enrolmentIn(new Row("enrolments", found)));
  }
}

function enrolmentIn(row: Row): Enrolment {
  return {
    id: row.text("id"),
    hash: row.bytes("token_hash"),
    user: pseudonymIn(row, "user"),
    host: pseudonymIn(row, "host"),
    role: row.textOrNull("role") === null ? null : row.as("role", roleOf),
    createdAt: unixMillis(row.number("created_at")),
    expiresAt: momentIn(row, "expires_at"),
    revokedAt: momentIn(row, "revoked_at"),
    lastUsedOn: row.textOrNull("last_used_on"),
  };
}

function pseudonymIn(row: Row, column: string): Pseudonym | null {
  return row.textOrNull(column) === null ? null : row.as(column, parsePseudonym);
}

function roleOf(text: string): AdminRole {
  const role = ADMIN_ROLES.find((each) => each === text);
  if (role === undefined) throw new RangeError("no role");
  return role;
}

function momentIn(row: Row, column: string): UnixMillis | null {
  const wall = row.numberOrNull(column);
  return wall === null ? null : unixMillis(wall);
}
