import type { OpenSeatTime, UsageEvent } from "../base/usage-event.ts";
import { MAX_PLAINTEXT_BYTES } from "./block.ts";
import { encodeCbor } from "./cbor.ts";
import { eventValue } from "./event-entry.ts";
import type { Detail } from "./payload.ts";

/** Bytes kept free for the array's head and the meta map, whose boot id alone may take 512. */
const META_BYTES = 680;
/** The fixed part of an entry at most: map head, keys, and fifteen numbers of nine bytes. */
const ENTRY_BYTES = 152;

/**
 * How many of the pending events, from the first, fit into one checkpoint block; all of them means
 * that the seat time of `open` fits too. With a smaller number the block takes that many events
 * and no seat time, and the rest follows in further blocks. At least 1 when anything is pending.
 */
export function fitEvents(
  pending: readonly UsageEvent[],
  detail: Detail,
  open: readonly OpenSeatTime[] = [],
): number {
  const names = new Set<string>();
  const size = detail === "events" ? eventBytes : (event: UsageEvent) => totalsGrowth(event, names);
  let room = MAX_PLAINTEXT_BYTES - META_BYTES;
  let fitting = 0;
  for (const event of pending) {
    room -= size(event);
    if (room < 0) return Math.max(1, fitting);
    fitting += 1;
  }
  const features = new Set(open.map(({ feature }) => feature));
  for (const feature of features) room -= ENTRY_BYTES + feature.length;
  // The last event waits together with the seat time; a single one cannot wait for itself.
  return room < 0 && fitting > 1 ? fitting - 1 : fitting;
}

function eventBytes(event: UsageEvent): number {
  return encodeCbor(eventValue(event)).length;
}

/** Bytes an event can add to the totals: an entry for a new name, a pair for a new denial reason. */
function totalsGrowth(event: UsageEvent, names: Set<string>): number {
  const name = "meter" in event ? event.meter : event.feature;
  const entry = grown(names, `${entryKind(event)} ${name}`, ENTRY_BYTES + name.length);
  if (event.type !== "denial") return entry;
  return entry + grown(names, `denial ${name} ${event.reason}`, 12 + event.reason.length);
}

/** Events of one kind and name share an entry. */
function entryKind({ type }: UsageEvent): string {
  return type === "usage" || type === "refund" || type === "naming" ? type : "seats";
}

function grown(names: Set<string>, name: string, bytes: number): number {
  if (names.has(name)) return 0;
  names.add(name);
  return bytes;
}
