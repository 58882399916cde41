import { type UnixMillis, unixMillis } from "../base/time.ts";
import { TrailError } from "./errors.ts";

// One record of the audit trail, as docs/spec/trail.md has it. Its text is kept, hashed and exported as it
// was first written, and never made anew from what was read.

/** What whoever acts may do at most. */
const TRAIL_ROLES = ["viewer", "operator", "administrator", "daemon", "client"] as const;
type TrailRole = (typeof TRAIL_ROLES)[number];

/** The door by which they came. */
const TRAIL_DOORS = ["socket", "tls", "signal", "network", "command", "itself"] as const;

/** Who acts. */
export interface Actor {
  readonly role: TrailRole;
  readonly via: (typeof TRAIL_DOORS)[number];
  /** A pseudonym; null where nobody is named. */
  readonly who: string | null;
}

/**
 * An act is `begun` before anything is changed, and `done`, `refused` or `failed` afterwards: one that
 * has only begun may have happened or not. What is `noted` happened by itself.
 */
export const TRAIL_OUTCOMES = ["begun", "done", "refused", "failed", "noted"] as const;
export type TrailOutcome = (typeof TRAIL_OUTCOMES)[number];

/** Numbers, and words that name things: ids, pseudonyms, names of features. Never names of persons. */
export type TrailFacts = Readonly<Record<string, string | number>>;

/** What a record tells besides its place and time. */
export interface TrailEntry {
  /** `seats.revoke`, `enrolment.refused`. */
  readonly act: string;
  readonly outcome: TrailOutcome;
  readonly by: Actor;
  /** The record in which the act began. */
  readonly of?: number;
  /** Why not, as a code of docs/ERRORS.md. */
  readonly code?: string;
  /** How often it happened since the last record of it; once where it is not said. */
  readonly times?: number;
  readonly about: TrailFacts;
}

export interface TrailRecord extends TrailEntry {
  /** From 1, without a gap. */
  readonly seq: number;
  /** By the time that the daemon believed. */
  readonly at: UnixMillis;
}

/** One line of JSON with its fields in a fixed order. */
export function writeRecord(record: TrailRecord): string {
  const { seq, at, act, outcome, by, of, code, times, about } = record;
  return JSON.stringify({
    seq,
    at,
    act,
    outcome,
    role: by.role,
    via: by.via,
    who: by.who,
    of,
    code,
    times,
    about,
  });
}

/** @throws TrailError TRAIL_FORMAT. */
export function readRecord(text: string): TrailRecord {
  const fields = fieldsIn(text);
  const record: TrailRecord = {
    seq: natural(fields, "seq"),
    at: unixMillis(natural(fields, "at")),
    act: word(fields, "act"),
    outcome: oneOf(fields, "outcome", TRAIL_OUTCOMES),
    by: {
      role: oneOf(fields, "role", TRAIL_ROLES),
      via: oneOf(fields, "via", TRAIL_DOORS),
      who: fields.get("who") === null ? null : word(fields, "who"),
    },
    ...(fields.has("of") ? { of: natural(fields, "of") } : {}),
    ...(fields.has("code") ? { code: word(fields, "code") } : {}),
    ...(fields.has("times") ? { times: natural(fields, "times") } : {}),
    about: facts(fields.get("about")),
  };
  // One form alone: two readers must not see two things in one text.
  if (writeRecord(record) !== text) throw refused("the record", "is not in its one form");
  return record;
}

type Fields = ReadonlyMap<string, unknown>;

function fieldsIn(text: string): Fields {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return new Map(Object.entries(value));
  } catch {
    // Said below.
  }
  throw refused("the record", "is no json object");
}

function natural(fields: Fields, name: string): number {
  const value = fields.get(name);
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw refused(name, "is no whole number");
}

/** 1 to 128 visible characters of ASCII. */
const WORD = /^[!-~]{1,128}$/;

function word(fields: Fields, name: string): string {
  const value = fields.get(name);
  if (typeof value === "string" && WORD.test(value)) return value;
  throw refused(name, "is no word");
}

function oneOf<Word extends string>(fields: Fields, name: string, words: readonly Word[]): Word {
  const found = words.find((each) => each === fields.get(name));
  if (found === undefined) throw refused(name, "is none of its words");
  return found;
}

function facts(value: unknown): TrailFacts {
  if (typeof value !== "object" || value === null) throw refused("about", "is no object");
  const fields: Fields = new Map(Object.entries(value));
  return Object.fromEntries(
    [...fields].map(([name, each]) => [
      name,
      typeof each === "number" ? natural(fields, name) : word(fields, name),
    ]),
  );
}

const refused = (field: string, problem: string): TrailError =>
  new TrailError("TRAIL_FORMAT", `${field} ${problem}`);
