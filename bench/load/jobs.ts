import type { PackedHistogram } from "../measure/histogram.ts";
import type { TallyReport } from "./tally.ts";

/** What the generator process can be told to do. The fleet it makes stays for the jobs after. */
export type Job =
  /** Connects so many more clients, and greets them where a vendor is named. */
  | {
      readonly kind: "connect";
      readonly url: string;
      readonly clients: number;
      readonly vendor?: string;
    }
  /** Each client asks again as soon as it is answered: acquire, release, acquire … */
  | {
      readonly kind: "pairs";
      readonly feature: string;
      readonly seconds: number;
      /** Milliseconds between a grant and its release; at once where it is left out. */
      readonly holdFor?: number;
    }
  /** Messages as long as those of `pairs`, to a server that sends them back. */
  | { readonly kind: "echo"; readonly seconds: number }
  /** The same as `pairs` with one renewal after the other. */
  | { readonly kind: "renewals"; readonly seconds: number }
  /** Requests at a fixed rate, whether or not the server keeps up. */
  | {
      readonly kind: "open-loop";
      readonly feature: string;
      readonly seconds: number;
      /** Requests per second, of all clients together. */
      readonly rate: number;
    }
  /** Each client takes one seat, or so many one after the other, and keeps them. */
  | { readonly kind: "hold"; readonly feature: string; readonly each?: number }
  /** Each client renews its seats every `interval` seconds, spread evenly. */
  | { readonly kind: "heartbeats"; readonly seconds: number; readonly interval: number }
  /** All connections are cut, and all clients come back by themselves for their seats. */
  | {
      readonly kind: "return";
      readonly url: string;
      readonly vendor: string;
      readonly patience: number;
    }
  /** All wait for a seat of the feature; whoever gets it gives it back as soon as everything else was read. */
  | { readonly kind: "queue"; readonly feature: string }
  /** Each client sends usage records, `batch` in a message, one message after the other. */
  | {
      readonly kind: "record";
      readonly meter: string;
      readonly batch: number;
      readonly seconds: number;
    }
  /** The seats that are held now. */
  | { readonly kind: "held" };

/** What a job brought. */
export interface Done {
  /** Requests, pairs, records or clients, as the job counts them. */
  readonly count: number;
  /** Over which `count` came together. */
  readonly seconds: number;
  readonly latency: PackedHistogram;
  readonly tally: TallyReport;
  /** Lease ids, for the job `held`. */
  readonly held?: readonly string[];
  /** Of one core, of the generator itself. */
  readonly generatorCpu: number;
  /** What the job alone can say. */
  readonly figures?: Readonly<Record<string, number>>;
}
