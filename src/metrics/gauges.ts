import { Gauge, type Registry } from "prom-client";
import type { UnixMillis } from "../base/time.ts";
import type { AdminVendor } from "../protocol/admin/status.ts";
import type { Figures } from "./figures.ts";

/** What each gauge says. */
const HELP = {
  seatkeeper_info: "1, with the version of the daemon.",
  seatkeeper_ready: "1 when seats can be granted, as /readyz says.",
  seatkeeper_problem: "1 for each reason why the daemon cannot do its work, by its code.",
  seatkeeper_connections: "Clients connected.",
  seatkeeper_clock_trusted: "1 when the time of day is believed.",
  seatkeeper_clock_suspect_seconds: "How far the wall clock is ahead of what is believed.",
  seatkeeper_data_free_bytes: "Free on the file system of the data folder, for the service.",
  seatkeeper_certificate_end_timestamp_seconds: "When the certificate that clients see ends.",
  seatkeeper_seats: "Seats of the licenses in force, without overdraft.",
  seatkeeper_seats_overdraft_allowed: "Seats that may be used above the licenses.",
  seatkeeper_seats_in_use: "Seats of live leases.",
  seatkeeper_seats_free: "Seats left within the licenses.",
  seatkeeper_seats_overdraft: "Seats used above the licenses.",
  seatkeeper_seats_borrowed: "Seats off the network.",
  seatkeeper_requests_queued: "Requests that wait for a seat.",
  seatkeeper_pool_tokens: "Tokens of a pool.",
  seatkeeper_pool_tokens_spent: "Tokens that live leases cost.",
  seatkeeper_pool_tokens_free: "Tokens left.",
  seatkeeper_meter_used_units: "Units counted in the present period.",
  seatkeeper_meter_quota_units: "Units that the licenses allow in a period.",
  seatkeeper_meter_quota_left_units: "Units left in the present period; negative in overdraft.",
  seatkeeper_licenses: "Installed licenses, in force or not.",
  seatkeeper_license_end_timestamp_seconds:
    "When something of a license ends, within 30 days of it or in its grace.",
  seatkeeper_report_due_timestamp_seconds: "By when a license wants the next usage report.",
  seatkeeper_report_overdue_timestamp_seconds: "From when on an overdue report has consequences.",
  seatkeeper_checkpoint_age_seconds: "Since the newest checkpoint or heartbeat of the ledger.",
  seatkeeper_events_pending: "Events that wait for the next checkpoint.",
  seatkeeper_ledger_blocks: "Blocks of the ledger.",
  seatkeeper_ledger_acknowledged_blocks: "Blocks that a receipt of the vendor has acknowledged.",
  seatkeeper_ledger_bytes: "Length of the ledger, with what was archived.",
  seatkeeper_ledger_contradictions:
    "Heads that clients have shown and the ledger does not go on from.",
} as const;

type Name = keyof typeof HELP;

type Labels = Readonly<Partial<Record<LabelName, string>>>;

const LABELS = [
  "version",
  "code",
  "vendor",
  "feature",
  "pool",
  "meter",
  "unit",
  "period",
  "license",
] as const;

type LabelName = (typeof LABELS)[number];

/** What goes up and down. Set anew at each scrape, so that what is gone is not shown any more. */
export class Gauges {
  readonly #gauges: ReadonlyMap<string, Gauge<LabelName>>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#gauges = new Map(
      Object.entries(HELP).map(([name, help]) => [
        name,
        new Gauge<LabelName>({ name, help, labelNames: LABELS, registers }),
      ]),
    );
  }

  show(figures: Figures): void {
    for (const gauge of this.#gauges.values()) gauge.reset();
    const { status, clockSuspectBy, certificateEndsAt, freeBytes } = figures;
    this.#set("seatkeeper_info", 1, { version: status.version });
    this.#set("seatkeeper_ready", status.ready ? 1 : 0);
    for (const { code } of status.problems) this.#set("seatkeeper_problem", 1, { code });
    this.#set("seatkeeper_connections", status.connections);
    this.#set("seatkeeper_clock_trusted", clockSuspectBy === 0 ? 1 : 0);
    this.#set("seatkeeper_clock_suspect_seconds", clockSuspectBy / 1_000);
    if (freeBytes !== undefined) this.#set("seatkeeper_data_free_bytes", freeBytes);
    if (certificateEndsAt !== undefined) {
      this.#at("seatkeeper_certificate_end_timestamp_seconds", certificateEndsAt);
    }
    for (const vendor of status.vendors) this.#showVendor(vendor);
    for (const { vendor, bytes, checkpointAge } of figures.ledgers) {
      this.#set("seatkeeper_ledger_bytes", bytes, { vendor });
      this.#set("seatkeeper_checkpoint_age_seconds", checkpointAge / 1_000, { vendor });
    }
  }

  #showVendor(site: AdminVendor): void {
    const { vendor, ledger, licenses, contradictions } = site;
    this.#set("seatkeeper_licenses", licenses, { vendor });
    this.#set("seatkeeper_events_pending", ledger.pending, { vendor });
    this.#set("seatkeeper_ledger_blocks", ledger.size, { vendor });
    this.#set("seatkeeper_ledger_acknowledged_blocks", ledger.acknowledged, { vendor });
    this.#set("seatkeeper_ledger_contradictions", contradictions.length, { vendor });
    for (const { feature, ...seats } of site.features)
      this.#showFeature({ vendor, feature }, seats);
    for (const { pool, tokens, spent, free } of site.pools) {
      this.#set("seatkeeper_pool_tokens", tokens, { vendor, pool });
      this.#set("seatkeeper_pool_tokens_spent", spent, { vendor, pool });
      this.#set("seatkeeper_pool_tokens_free", free, { vendor, pool });
    }
    for (const { meter, unit, period, quota, used } of site.meters) {
      const labels = { vendor, meter, unit, period };
      this.#set("seatkeeper_meter_used_units", used, labels);
      if (quota === null) continue;
      this.#set("seatkeeper_meter_quota_units", quota, labels);
      this.#set("seatkeeper_meter_quota_left_units", quota - used, labels);
    }
    for (const { license, endsAt } of soonest(site.expiries)) {
      this.#at("seatkeeper_license_end_timestamp_seconds", endsAt, { vendor, license });
    }
    for (const { licenseId: license, dueAt, overdueAt } of site.reports) {
      this.#at("seatkeeper_report_due_timestamp_seconds", dueAt, { vendor, license });
      this.#at("seatkeeper_report_overdue_timestamp_seconds", overdueAt, { vendor, license });
    }
  }

  #showFeature(
    labels: Labels,
    seats: Omit<AdminVendor["features"][number], "feature" | "tokens">,
  ): void {
    this.#set("seatkeeper_seats", seats.seats, labels);
    this.#set("seatkeeper_seats_overdraft_allowed", seats.overdraftSeats, labels);
    this.#set("seatkeeper_seats_in_use", seats.used, labels);
    this.#set("seatkeeper_seats_free", seats.free, labels);
    this.#set("seatkeeper_seats_overdraft", seats.overdraft, labels);
    this.#set("seatkeeper_seats_borrowed", seats.borrowed, labels);
    this.#set("seatkeeper_requests_queued", seats.queued, labels);
  }

  #at(name: Name, moment: UnixMillis, labels: Labels = {}): void {
    this.#set(name, moment / 1_000, labels);
  }

  #set(name: Name, value: number, labels: Labels = {}): void {
    this.#gauges.get(name)?.set(labels, value);
  }
}

/** A license may have several ends: of features, meters and itself. */
function soonest(
  expiries: AdminVendor["expiries"],
): readonly { readonly license: string; readonly endsAt: UnixMillis }[] {
  const ends = new Map<string, UnixMillis>();
  for (const { licenseId, endsAt } of expiries) {
    const known = ends.get(licenseId);
    if (known === undefined || endsAt < known) ends.set(licenseId, endsAt);
  }
  return [...ends].map(([license, endsAt]) => ({ license, endsAt }));
}
