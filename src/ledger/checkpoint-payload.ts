import type { Cbor } from "./cbor-value.ts";
import type { CheckpointDraft } from "./draft.ts";
import { LedgerError } from "./errors.ts";
import { eventValue, openValue, readEvent, readOpen } from "./event-entry.ts";
import { Fields, listOf, mapOf, printable, refusedField } from "./fields.ts";
import type {
  CheckpointMeta,
  CheckpointPayload,
  Clocks,
  EventsPayload,
  TotalsPayload,
} from "./payload.ts";
import { foldTotals, seatTimeByFeature } from "./totals.ts";
import {
  featureValue,
  meterValue,
  namingValue,
  readFeature,
  readMeter,
  readNaming,
  refundValue,
  refuseUnsorted,
  sortEntries,
} from "./totals-entry.ts";

/** `[meta, e1 … ek]` of a checkpoint. */
export function checkpointValue(draft: CheckpointDraft): readonly Cbor[] {
  refuseGaps(draft);
  return [metaValue(draft), ...(draft.detail === "totals" ? totalsOf(draft) : eventsOf(draft))];
}

/** @throws LedgerError `LEDGER_PAYLOAD`. */
export function readCheckpoint(value: Cbor): CheckpointPayload {
  const [metaCbor, ...entries] = listOf(value, "checkpoint");
  if (metaCbor === undefined) throw refusedField("checkpoint", "has no meta");
  const meta = readMeta(metaCbor);
  return meta.detail === "totals"
    ? readTotals({ ...meta, detail: meta.detail }, entries)
    : readEvents({ ...meta, detail: meta.detail }, entries);
}

/** Clocks as a CBOR map of fields 0 to 5. */
export function clocksValue(clocks: Clocks): Cbor {
  return mapOf(...clockFields(clocks));
}

/** Clocks from fields `first` to `first + 5`. */
export function readClocks(fields: Fields, first: number): Clocks {
  return {
    wall: fields.moment(first),
    mono: fields.integer(first + 1),
    bootId: fields.text(first + 2),
    highWater: fields.moment(first + 3),
    boottime: fields.orNull(first + 4, (key) => fields.natural(key)),
    clientSkewMedian: fields.orNull(first + 5, (key) => fields.integer(key)),
  };
}

const META_FIELDS = 10;

/** A vendor adds nothing up across a hole: ids are contiguous inside a block and across blocks. */
function refuseGaps(draft: CheckpointDraft): void {
  const misplaced = draft.events.findIndex((event, at) => event.id !== draft.firstEventId + at);
  if (misplaced >= 0) {
    throw new LedgerError("LEDGER_EVENT_ORDER", `event ids have a gap after ${misplaced} events`, {
      facts: { firstEventId: draft.firstEventId, misplaced },
    });
  }
}

function metaValue(draft: CheckpointDraft): Cbor {
  const detail = draft.detail === "totals" ? 0 : 1;
  const clocks = clockFields(draft.clocks);
  const firstEventId = draft.events.length === 0 ? 0 : draft.firstEventId;
  const trail = trailValue(draft.trailHead);
  return mapOf(firstEventId, draft.events.length, ...clocks, detail, draft.from, ...trail);
}

/** The field about the audit trail, which stands last in its map, or none. */
export const trailValue = (head: Uint8Array | undefined): readonly Cbor[] =>
  head === undefined ? [] : [head];

/** Reads it back. */
export const readTrail = (fields: Fields, key: number): { readonly trailHead?: Uint8Array } =>
  fields.has(key) ? { trailHead: fields.bytes(key, 32) } : {};

function clockFields(clocks: Clocks): readonly Cbor[] {
  const { wall, mono, bootId, highWater, boottime, clientSkewMedian } = clocks;
  printable(bootId, "boot id");
  return [wall, mono, bootId, highWater, boottime, clientSkewMedian];
}

function readMeta(value: Cbor): CheckpointMeta {
  const fields = new Fields(value, "checkpoint meta", META_FIELDS, 1);
  const detail = fields.natural(8);
  if (detail > 1) throw refusedField("checkpoint meta, field 8", "is no known detail");
  const [firstEventId, count] = [fields.natural(0), fields.natural(1)];
  if ((firstEventId === 0) !== (count === 0)) {
    throw refusedField("checkpoint meta, field 0", "is 0 only without events");
  }
  const clocks = readClocks(fields, 2);
  return {
    detail: detail === 0 ? "totals" : "events",
    firstEventId,
    count,
    from: fields.moment(9),
    to: clocks.wall,
    clocks,
    ...readTrail(fields, META_FIELDS),
  };
}

function totalsOf(draft: CheckpointDraft): readonly Cbor[] {
  const { features, meters, refunds, namings } = foldTotals(draft);
  return [
    ...features.map(featureValue),
    ...meters.map(meterValue),
    ...refunds.map(refundValue),
    ...namings.map(namingValue),
  ];
}

function readTotals(meta: TotalsPayload["meta"], entries: readonly Cbor[]): TotalsPayload {
  const sorted = sortEntries(entries);
  const features = sorted.features.map(readFeature);
  const meters = sorted.meters.map(readMeter);
  const refunds = sorted.refunds.map(readMeter);
  const namings = sorted.namings.map(readNaming);
  for (const named of [features, namings]) refuseUnsorted(named.map(({ feature }) => feature));
  for (const metered of [meters, refunds]) refuseUnsorted(metered.map(({ meter }) => meter));
  return { type: "checkpoint", meta, features, meters, refunds, namings };
}

function eventsOf(draft: CheckpointDraft): readonly Cbor[] {
  const open = [...seatTimeByFeature(draft.open)];
  return [
    ...draft.events.map(eventValue),
    ...open.map(([feature, seatMillis]) => openValue(feature, seatMillis)),
  ];
}

function readEvents(meta: EventsPayload["meta"], entries: readonly Cbor[]): EventsPayload {
  const events = entries.slice(0, meta.count).map(readEvent);
  const open = entries.slice(meta.count).map(readOpen);
  if (events.length !== meta.count)
    throw refusedField("checkpoint", "has fewer events than it says");
  if (events.some((event, at) => event.id !== meta.firstEventId + at)) {
    throw refusedField("checkpoint", "has event ids that do not follow one another");
  }
  refuseUnsorted(open.map(({ feature }) => feature));
  return { type: "checkpoint", meta, events, open };
}
