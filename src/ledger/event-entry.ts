import { fromBase64Url, fromHex, toBase64Url, toHex } from "../base/bytes.ts";
import { clientKey, leaseId } from "../base/ids.ts";
import { millis } from "../base/time.ts";

import { END_REASONS, type UsageEvent } from "../base/usage-event.ts";
import { type Cbor, isCborMap } from "./cbor-value.ts";

import { asciiName, Fields, mapOf, printable, refusedField } from "./fields.ts";
import type { SealedEvent, SealedSeatTime } from "./payload.ts";

/** Value of field 1 in the entries of a checkpoint with events. */
const GRANT = 1;
const END = 2;
const DENIAL = 3;
const USAGE = 4;
const OPEN = 5;
const REFUND = 6;
const BORROW = 7;
const NAMING = 8;
const NAMING_CHANGES = ["named", "unnamed"] as const;

/** One event's entry of a checkpoint (docs/spec/ledger.md, "Events"). */
export function eventValue(event: UsageEvent): Cbor {
  const user = printable(event.user, "user pseudonym");
  switch (event.type) {
    case "grant": {
      const { count, wall, overdraft } = event;
      const feature = asciiName(event.feature, "feature");
      return mapOf(event.id, GRANT, feature, count, user, fromHex(event.lease), wall, overdraft);
    }
    case "end": {
      const { count, wall, seatMillis } = event;
      const feature = asciiName(event.feature, "feature");
      const reason = END_REASONS.indexOf(event.reason) + 1;
      const lease = fromHex(event.lease);
      return mapOf(event.id, END, feature, count, user, lease, wall, reason, seatMillis);
    }
    case "borrow": {
      const { count, wall, until } = event;
      const feature = asciiName(event.feature, "feature");
      return mapOf(event.id, BORROW, feature, count, user, fromHex(event.lease), wall, until);
    }
    case "denial":
      return new Map<number, Cbor>([
        [0, event.id],
        [1, DENIAL],
        [2, asciiName(event.feature, "feature")],
        [4, user],
        [6, event.wall],
        [7, asciiName(event.reason, "denial reason")],
      ]);
    case "usage":
      return meteredValue(event, USAGE);
    case "refund":
      return meteredValue(event, REFUND);
    case "naming":
      return new Map<number, Cbor>([
        [0, event.id],
        [1, NAMING],
        [2, asciiName(event.feature, "feature")],
        [4, user],
        [6, event.wall],
        [7, NAMING_CHANGES.indexOf(event.change) + 1],
      ]);
  }
}

function meteredValue(
  event: Extract<UsageEvent, { readonly type: "usage" | "refund" }>,
  kind: number,
): Cbor {
  return new Map<number, Cbor>([
    [0, event.id],
    [1, kind],
    [2, asciiName(event.meter, "meter")],
    [3, event.units],
    [4, printable(event.user, "user pseudonym")],
    [6, event.wall],
    [7, event.usedAt],
    [8, fromBase64Url(event.client)],
  ]);
}

/** The entry for open seat time of one feature. */
export function openValue(feature: string, seatMillis: number): Cbor {
  return new Map<number, Cbor>([
    [1, OPEN],
    [2, asciiName(feature, "feature")],
    [8, seatMillis],
  ]);
}

/** @throws LedgerError `LEDGER_PAYLOAD`. */
export function readOpen(value: Cbor): SealedSeatTime {
  const fields = new Fields(value, "open seat time", 3);
  if (fields.natural(1) !== OPEN) throw refusedField("checkpoint entry", "is out of place");
  return { feature: fields.name(2), seatMillis: millis(fields.natural(8)) };
}

/** @throws LedgerError `LEDGER_PAYLOAD`. */
export function readEvent(value: Cbor): SealedEvent {
  const kind = isCborMap(value) ? value.get(1) : undefined;
  if (kind === GRANT) return readGrant(new Fields(value, "grant", 8));
  if (kind === END) return readEnd(new Fields(value, "end", 9));
  if (kind === BORROW) return readBorrow(new Fields(value, "borrow", 8));
  if (kind === DENIAL) return readDenial(new Fields(value, "denial", 6));
  if (kind === USAGE) return readMetered(new Fields(value, "usage", 8), "usage");
  if (kind === REFUND) return readMetered(new Fields(value, "refund", 8), "refund");
  if (kind === NAMING) return readNaming(new Fields(value, "naming", 6));
  throw refusedField("checkpoint entry", "is no known event");
}

function readGrant(fields: Fields): SealedEvent {
  return {
    id: fields.natural(0),
    type: "grant",
    feature: fields.name(2),
    count: fields.natural(3),
    user: fields.text(4),
    lease: leaseId(toHex(fields.bytes(5, 16))),
    wall: fields.moment(6),
    overdraft: fields.flag(7),
  };
}

function readEnd(fields: Fields): SealedEvent {
  const reason = END_REASONS[fields.natural(7) - 1];
  if (reason === undefined) throw refusedField("end, field 7", "is no known reason");
  return {
    id: fields.natural(0),
    type: "end",
    feature: fields.name(2),
    count: fields.natural(3),
    user: fields.text(4),
    lease: leaseId(toHex(fields.bytes(5, 16))),
    wall: fields.moment(6),
    reason,
    seatMillis: millis(fields.natural(8)),
  };
}

function readBorrow(fields: Fields): SealedEvent {
  return {
    id: fields.natural(0),
    type: "borrow",
    feature: fields.name(2),
    count: fields.natural(3),
    user: fields.text(4),
    lease: leaseId(toHex(fields.bytes(5, 16))),
    wall: fields.moment(6),
    until: fields.moment(7),
  };
}

function readDenial(fields: Fields): SealedEvent {
  return {
    id: fields.natural(0),
    type: "denial",
    feature: fields.name(2),
    user: fields.text(4),
    wall: fields.moment(6),
    reason: fields.name(7),
  };
}

function readNaming(fields: Fields): SealedEvent {
  const change = NAMING_CHANGES[fields.natural(7) - 1];
  if (change === undefined) throw refusedField("naming, field 7", "is no known change");
  return {
    id: fields.natural(0),
    type: "naming",
    feature: fields.name(2),
    user: fields.text(4),
    wall: fields.moment(6),
    change,
  };
}

function readMetered(fields: Fields, type: "usage" | "refund"): SealedEvent {
  return {
    id: fields.natural(0),
    type,
    meter: fields.name(2),
    units: fields.natural(3),
    user: fields.text(4),
    wall: fields.moment(6),
    usedAt: fields.moment(7),
    client: clientKey(toBase64Url(fields.bytes(8, 32))),
  };
}
