import { collectDefaultMetrics, Registry } from "prom-client";
import { Counts } from "./counts.ts";
import type { Figures } from "./figures.ts";
import { Gauges } from "./gauges.ts";
import type { Observer } from "./observer.ts";

/** What one daemon tells Prometheus: its figures, those of the process, and how late the event loop is. */
export class Metrics {
  readonly #registry: Registry = new Registry();
  readonly #gauges: Gauges;
  /** To be told of what happens. */
  readonly observer: Observer;

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
    this.observer = new Counts(this.#registry);
    this.#gauges = new Gauges(this.#registry);
  }

  /** The media type of what `exposition` gives. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Prometheus's text format, version 0.0.4. */
  exposition(figures: Figures): Promise<string> {
    this.#gauges.show(figures);
    return this.#registry.metrics();
  }
}
