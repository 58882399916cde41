import { type Cbor, isCborMap } from "./cbor-value.ts";
import { asciiName, Fields, listOf, mapOf, refusedField } from "./fields.ts";
import type {
  BorrowTotals,
  DenialTotals,
  FeatureTotals,
  MeterTotals,
  NamingTotals,
} from "./totals.ts";

/** Value of field 0 in the entries of a checkpoint with totals. */
const FEATURE = 1;
const METER = 2;
const REFUND = 3;
const NAMING = 4;

/** Fields of a feature's entry, without and with those about borrowing. */
const FIELDS = 11;
const FIELDS_WITH_BORROW = 15;

/** One feature's entry of a checkpoint (docs/spec/ledger.md, "Totals"). */
export function featureValue(totals: FeatureTotals): Cbor {
  return mapOf(
    FEATURE,
    asciiName(totals.feature, "feature"),
    totals.grants,
    totals.overdraftGrants,
    totals.released,
    totals.expired,
    totals.revoked,
    totals.denials.map(({ reason, count }) => [asciiName(reason, "denial reason"), count]),
    totals.seatMillis,
    totals.peak,
    totals.inUse,
    ...borrowValues(totals.borrow),
  );
}

/** An entry has these fields only where there is something in them, so that it has one form. */
function borrowValues(borrow: BorrowTotals | undefined): readonly Cbor[] {
  if (borrow === undefined) return [];
  return [borrow.borrows, borrow.until, borrow.returned, borrow.vendorReleased];
}

/** One meter's entry of units used. */
export const meterValue = (totals: MeterTotals): Cbor => unitsValue(METER, totals);

/** One meter's entry of units given back. */
export const refundValue = (totals: MeterTotals): Cbor => unitsValue(REFUND, totals);

function unitsValue(kind: number, { meter, records, units, late }: MeterTotals): Cbor {
  return mapOf(kind, asciiName(meter, "meter"), records, units, late);
}

/** One feature's entry of changes to its list of named users. */
export function namingValue({ feature, named, unnamed }: NamingTotals): Cbor {
  return mapOf(NAMING, asciiName(feature, "feature"), named, unnamed);
}

/** Entries of one checkpoint by their kind. */
export interface TotalsEntries {
  readonly features: readonly Cbor[];
  readonly meters: readonly Cbor[];
  readonly refunds: readonly Cbor[];
  readonly namings: readonly Cbor[];
}

/** Kinds come in one order. @throws LedgerError `LEDGER_PAYLOAD`. */
export function sortEntries(entries: readonly Cbor[]): TotalsEntries {
  const kinds = entries.map((entry) => (isCborMap(entry) ? entry.get(0) : undefined));
  const of = (kind: number): readonly Cbor[] => entries.filter((_, at) => kinds[at] === kind);
  const [features, meters, refunds, namings] = [of(FEATURE), of(METER), of(REFUND), of(NAMING)];
  const inOrder = [...features, ...meters, ...refunds, ...namings];
  if (entries.some((entry, at) => entry !== inOrder[at])) {
    throw refusedField("checkpoint entry", "is out of place");
  }
  return { features, meters, refunds, namings };
}

/** @throws LedgerError `LEDGER_PAYLOAD`. */
export function readFeature(value: Cbor): FeatureTotals {
  const isBorrowed = isCborMap(value) && value.size === FIELDS_WITH_BORROW;
  const fields = new Fields(value, "feature totals", isBorrowed ? FIELDS_WITH_BORROW : FIELDS);
  const denials = fields.list(7).map(readDenials);
  refuseUnsorted(denials.map(({ reason }) => reason));
  return {
    feature: fields.name(1),
    grants: fields.natural(2),
    overdraftGrants: fields.natural(3),
    released: fields.natural(4),
    expired: fields.natural(5),
    revoked: fields.natural(6),
    denials,
    seatMillis: fields.natural(8),
    peak: fields.natural(9),
    inUse: fields.natural(10),
    ...(isBorrowed ? { borrow: readBorrow(fields) } : {}),
  };
}

function readBorrow(fields: Fields): BorrowTotals {
  const borrow = {
    borrows: fields.natural(11),
    until: fields.orNull(12, (key) => fields.moment(key)),
    returned: fields.natural(13),
    vendorReleased: fields.natural(14),
  };
  const { borrows, until, returned, vendorReleased } = borrow;
  if (borrows + returned + vendorReleased === 0) throw refusedField("borrow totals", "are all 0");
  if ((borrows === 0) !== (until === null)) {
    throw refusedField("feature totals, field 12", "is null only without a borrow");
  }
  return borrow;
}

function readDenials(value: Cbor): DenialTotals {
  const [reason, count, ...rest] = listOf(value, "denials");
  if (reason === undefined || typeof count !== "number" || count < 0 || rest.length > 0) {
    throw refusedField("denials", "are not pairs of reason and count");
  }
  return { reason: asciiName(reason, "denial reason"), count };
}

/** Units used, or given back. @throws LedgerError `LEDGER_PAYLOAD`. */
export function readMeter(value: Cbor): MeterTotals {
  const fields = new Fields(value, "meter totals", 5);
  return {
    meter: fields.name(1),
    records: fields.natural(2),
    units: fields.natural(3),
    late: fields.natural(4),
  };
}

/** @throws LedgerError `LEDGER_PAYLOAD`. */
export function readNaming(value: Cbor): NamingTotals {
  const fields = new Fields(value, "naming totals", 4);
  return { feature: fields.name(1), named: fields.natural(2), unnamed: fields.natural(3) };
}

/** One order only, so that totals have one encoding and no name counts twice. */
export function refuseUnsorted(names: readonly string[]): void {
  if (names.some((name, at) => at > 0 && name <= (names[at - 1] ?? ""))) {
    throw refusedField("checkpoint", "has entries out of order");
  }
}
