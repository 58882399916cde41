import type { AdminRole } from "../base/admin-role.ts";
import { toHex } from "../base/bytes.ts";
import type { Pseudonym } from "../base/identity.ts";
import { isoTime, type Millis, type UnixMillis, unixMillis } from "../base/time.ts";
import { enrolmentTokenHash, newAdminToken, newEnrolmentToken } from "../crypto/enrolment-token.ts";
import { equalSecret } from "../crypto/hash.ts";
import type { Store } from "../store/database.ts";
import type { Enrolment } from "../store/enrolment-rows.ts";
import type { Proof, Pseudonyms } from "./door.ts";
import { DaemonError } from "./errors.ts";
import { isFatal } from "./failure-kind.ts";
import type { SiteTime } from "./site-time.ts";

/** Tokens of a site, those that have ended among them until the retention is over. */
const MAX_ENROLMENTS = 100_000;

/** What an enrolment token that is shown at the door is worth. */
export type Admission =
  | { readonly kind: "admitted"; readonly proof: Proof }
  | RefusedToken<TokenRefusal>;

interface RefusedToken<Why extends TokenRefusal> {
  readonly kind: "refused";
  readonly why: Why;
}

/** What a token that is shown to administer is worth. */
type JudgedAdministrator =
  | {
      readonly kind: "admitted";
      readonly role: AdminRole;
      /** The pseudonym of whom it was made for. */
      readonly who: Pseudonym | null;
      /** False once it has ended. */
      readonly isStill: () => boolean;
    }
  | RefusedToken<"unknown" | "revoked" | "expired">;

export type TokenRefusal = "unknown" | "revoked" | "expired" | "of-somebody-else";

export type EnrolmentState = "valid" | "revoked" | "expired";

export interface EnrolmentsParts {
  readonly store: Store;
  /** The time that is believed: a clock that is set back gives no token its life again. */
  readonly time: Pick<SiteTime, "now">;
  /** Ed25519: the tokens are for this daemon alone. */
  readonly daemonKey: Uint8Array;
  /** As `SiteParts.fatal`. */
  readonly fatal: (error: unknown) => void;
}

/**
 * The site's enrolment tokens: made, revoked, and judged when one is shown. Of a token there is its
 * hash alone. The table in memory is the truth while the daemon runs, and each change is in the
 * database before it is answered; only the days of last use may be lost, half a minute of them.
 */
export class Enrolments {
  readonly #parts: EnrolmentsParts;
  readonly #byId: Map<string, Enrolment>;
  /** Whose day of last use is not in the database yet. */
  readonly #used: Set<string> = new Set();

  constructor(parts: EnrolmentsParts) {
    this.#parts = parts;
    this.#byId = new Map(parts.store.enrolments().map((each) => [each.id, each]));
  }

  /** The oldest first. */
  get all(): readonly Enrolment[] {
    return [...this.#byId.values()].toSorted(byAge);
  }

  stateOf({ revokedAt, expiresAt }: Enrolment): EnrolmentState {
    if (revokedAt !== null) return "revoked";
    return expiresAt !== null && expiresAt <= this.#now() ? "expired" : "valid";
  }

  /**
   * A fresh token, whose text nobody can ask for again.
   * @param validFor null for as long as nobody revokes it.
   * @throws DaemonError ADMIN_TOKENS_FULL; StoreError STORE_UNAVAILABLE: then there is none.
   */
  create(
    { user, host, role }: Pick<Enrolment, "user" | "host" | "role">,
    validFor: Millis | null,
  ): { readonly token: string; readonly enrolment: Enrolment } {
    if (this.#byId.size >= MAX_ENROLMENTS) throw full();
    const { daemonKey } = this.#parts;
    const token = role === null ? newEnrolmentToken(daemonKey) : newAdminToken(daemonKey);
    const hash = enrolmentTokenHash(token);
    const createdAt = this.#now();
    const enrolment: Enrolment = {
      id: idOf(hash),
      hash,
      user,
      host,
      role,
      createdAt,
      expiresAt: validFor === null ? null : unixMillis(createdAt + validFor),
      revokedAt: null,
      lastUsedOn: null,
    };
    this.#keep(enrolment);
    return { token, enrolment };
  }

  /**
   * From now on it proves nothing, also on connections that showed it before. Doing it again changes nothing.
   * @throws DaemonError ADMIN_TOKEN_UNKNOWN; StoreError STORE_UNAVAILABLE: then it is as before.
   */
  revoke(id: string): Enrolment {
    const found = this.#byId.get(id);
    if (found === undefined) throw unknown(id);
    if (found.revokedAt !== null) return found;
    const revoked = { ...found, revokedAt: this.#now() };
    this.#keep(revoked);
    return revoked;
  }

  /**
   * Judges a token that somebody shows. Looked up is the beginning of its hash, which stands in every
   * list of tokens; the rest is compared in a time that tells nothing.
   */
  admit(token: string, who: Pick<Pseudonyms, "user" | "host">): Admission {
    const enrolment = this.#shown(token);
    // Who administers by it is not a client by it.
    if (enrolment?.role !== null) return refused("unknown");
    const state = this.stateOf(enrolment);
    if (state !== "valid") return refused(state);
    if (!isAbout(enrolment, who)) return refused("of-somebody-else");
    this.#noteUse(enrolment);
    return { kind: "admitted", proof: this.#proofBy(enrolment) };
  }

  /** Judges a token that somebody shows to administer. */
  administrator(token: string): JudgedAdministrator {
    const enrolment = this.#shown(token);
    if (enrolment === undefined || enrolment.role === null) return refused("unknown");
    const state = this.stateOf(enrolment);
    if (state !== "valid") return refused(state);
    this.#noteUse(enrolment);
    const { id, role, user: who } = enrolment;
    return { kind: "admitted", role, who, isStill: () => this.#isValid(id) };
  }

  #shown(token: string): Enrolment | undefined {
    const hash = enrolmentTokenHash(token);
    const enrolment = this.#byId.get(idOf(hash));
    return enrolment !== undefined && equalSecret(enrolment.hash, hash) ? enrolment : undefined;
  }

  #isValid(id: string): boolean {
    const enrolment = this.#byId.get(id);
    return enrolment !== undefined && this.stateOf(enrolment) === "valid";
  }

  /** Writes the days of last use. @throws StoreError STORE_UNAVAILABLE: then they wait on. */
  flush(): void {
    if (this.#used.size === 0) return;
    this.#write({ put: [...this.#used].flatMap((id) => this.#byId.get(id) ?? []) });
    this.#used.clear();
  }

  /** Forgets those that ended before `before`. @throws StoreError STORE_UNAVAILABLE. */
  forget(before: UnixMillis): void {
    const ended = [...this.#byId.values()].filter((each) => endOf(each) < before);
    const drop = ended.map(({ id }) => id);
    if (drop.length === 0) return;
    this.#write({ drop });
    for (const id of drop) this.#byId.delete(id);
  }

  #proofBy({ id, user, host }: Enrolment): Proof {
    const bound = { user: user !== null, host: host !== null };
    return () => (this.#isValid(id) ? bound : undefined);
  }

  #noteUse(enrolment: Enrolment): void {
    const today = isoTime(this.#now()).slice(0, 10);
    if (enrolment.lastUsedOn === today) return;
    this.#byId.set(enrolment.id, { ...enrolment, lastUsedOn: today });
    this.#used.add(enrolment.id);
  }

  #keep(enrolment: Enrolment): void {
    this.#write({ put: [enrolment] });
    this.#byId.set(enrolment.id, enrolment);
  }

  #write(change: Parameters<Store["changeEnrolments"]>[0]): void {
    const { store, fatal } = this.#parts;
    try {
      store.changeEnrolments(change);
    } catch (error) {
      if (isFatal(error)) fatal(error);
      throw error;
    }
  }

  #now(): UnixMillis {
    return this.#parts.time.now().wall;
  }
}

const ID_BYTES = 16;

const idOf = (hash: Uint8Array): string => toHex(hash.subarray(0, ID_BYTES));

/** Of one millisecond, in an order that a restart does not change. */
const byAge = (one: Enrolment, other: Enrolment): number =>
  one.createdAt - other.createdAt || (one.id < other.id ? -1 : 1);

const refused = <Why extends TokenRefusal>(why: Why): RefusedToken<Why> => ({
  kind: "refused",
  why,
});

/** Claims that differ from what the token proves make it somebody else's. */
const isAbout = (enrolment: Enrolment, who: Pick<Pseudonyms, "user" | "host">): boolean =>
  (enrolment.user ?? who.user) === who.user && (enrolment.host ?? who.host) === who.host;

const endOf = ({ revokedAt, expiresAt }: Enrolment): number =>
  Math.min(revokedAt ?? Number.POSITIVE_INFINITY, expiresAt ?? Number.POSITIVE_INFINITY);

function unknown(id: string): DaemonError {
  return new DaemonError("ADMIN_TOKEN_UNKNOWN", `there is no token ${id}`, {
    hint: "list them with seatkeeper tokens list",
    facts: { id },
  });
}

function full(): DaemonError {
  return new DaemonError("ADMIN_TOKENS_FULL", `there are ${MAX_ENROLMENTS} tokens already`, {
    hint: "those that are revoked or expired are forgotten after history.keep",
  });
}
