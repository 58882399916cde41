import { Counter, Histogram, type Registry } from "prom-client";
import type { Millis } from "../base/time.ts";
import type { NewUsageEvent, OpenSeatTime } from "../base/usage-event.ts";
import type { Observer } from "./observer.ts";

/** From what a fast disk needs to what clients begin to feel. */
const COMMIT_BUCKETS = [
  0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5,
];

/** What only ever grows, from the start of the daemon on. Labels are names of the licenses and stable codes. */
export class Counts implements Observer {
  readonly #granted: Counter<"vendor" | "feature">;
  readonly #ended: Counter<"vendor" | "feature" | "reason">;
  readonly #denials: Counter<"vendor" | "feature" | "reason">;
  readonly #leaseSeconds: Counter<"vendor" | "feature">;
  readonly #units: Counter<"vendor" | "meter">;
  readonly #refunds: Counter<"vendor" | "meter">;
  readonly #incidents: Counter<"vendor" | "code">;
  readonly #commits: Histogram<"vendor">;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#granted = new Counter({
      name: "seatkeeper_leases_granted_total",
      help: "Leases granted.",
      labelNames: ["vendor", "feature"],
      registers,
    });
    this.#ended = new Counter({
      name: "seatkeeper_leases_ended_total",
      help: "Leases that are over, by why.",
      labelNames: ["vendor", "feature", "reason"],
      registers,
    });
    this.#denials = new Counter({
      name: "seatkeeper_denials_total",
      help: "Requests refused, by reason code; a retry of a refused request is not counted again. The feature, or meter, is * where no license knows the name.",
      labelNames: ["vendor", "feature", "reason"],
      registers,
    });
    this.#leaseSeconds = new Counter({
      name: "seatkeeper_lease_seconds_total",
      help: "Seats times the seconds that they were leased; of open leases up to the newest checkpoint.",
      labelNames: ["vendor", "feature"],
      registers,
    });
    this.#units = new Counter({
      name: "seatkeeper_meter_recorded_units_total",
      help: "Units that clients have recorded.",
      labelNames: ["vendor", "meter"],
      registers,
    });
    this.#refunds = new Counter({
      name: "seatkeeper_meter_refunded_units_total",
      help: "Units that clients have given back.",
      labelNames: ["vendor", "meter"],
      registers,
    });
    this.#incidents = new Counter({
      name: "seatkeeper_incidents_total",
      help: "INCIDENT blocks written into the ledger, by code.",
      labelNames: ["vendor", "code"],
      registers,
    });
    this.#commits = new Histogram({
      name: "seatkeeper_commit_duration_seconds",
      help: "How long the disk took to make the decisions of one commit group durable.",
      labelNames: ["vendor"],
      buckets: COMMIT_BUCKETS,
      registers,
    });
  }

  recorded(vendor: string, events: readonly NewUsageEvent[]): void {
    for (const event of events) this.#count(vendor, event);
  }

  cut(vendor: string, open: readonly OpenSeatTime[]): void {
    for (const { feature, seatMillis } of open) this.#leased(vendor, feature, seatMillis);
  }

  committed(vendor: string, span: Millis): void {
    this.#commits.observe({ vendor }, span / 1_000);
  }

  incident(vendor: string, code: string): void {
    this.#incidents.inc({ vendor, code });
  }

  #count(vendor: string, event: NewUsageEvent): void {
    switch (event.type) {
      case "grant":
        return this.#granted.inc({ vendor, feature: event.feature });
      case "end": {
        const { feature, reason, seatMillis } = event;
        this.#ended.inc({ vendor, feature, reason });
        return this.#leased(vendor, feature, seatMillis);
      }
      case "denial":
        return this.#denials.inc({ vendor, feature: event.feature, reason: event.reason });
      case "usage":
        return this.#units.inc({ vendor, meter: event.meter }, event.units);
      case "refund":
        return this.#refunds.inc({ vendor, meter: event.meter }, event.units);
      // Borrowed seats are a gauge; the lists of named users are the administrator's own act.
      case "borrow":
      case "naming":
    }
  }

  #leased(vendor: string, feature: string, span: Millis): void {
    this.#leaseSeconds.inc({ vendor, feature }, span / 1_000);
  }
}
