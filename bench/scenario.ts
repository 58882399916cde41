import type { BudgetId } from "./report/budgets.ts";
import type { Vendor } from "./site/vendor.ts";

/** One question about speed or growth, answered by measuring. */
export interface Scenario {
  /** As the command line names it. */
  readonly name: string;
  readonly title: string;
  /** What was done, in sentences for the page. */
  readonly says: string;
  readonly run: (stage: Stage) => Promise<Findings>;
}

/** What a scenario is given. */
export interface Stage {
  /** True for a few seconds each: to see that everything works, not to publish. */
  readonly quick: boolean;
  /** An empty folder of its own, removed afterwards. */
  readonly folder: string;
  readonly vendor: Vendor;
  readonly say: (line: string) => void;
}

export type Cell = string | number;

export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

export type Plot =
  | {
      readonly kind: "bars";
      /** Part of the file's name. */
      readonly name: string;
      readonly title: string;
      readonly unit: string;
      readonly bars: readonly { readonly label: string; readonly value: number }[];
    }
  | {
      readonly kind: "lines";
      readonly name: string;
      readonly title: string;
      readonly x: string;
      readonly y: string;
      /** Decades instead of steps along the x axis. */
      readonly logarithmic?: boolean;
      readonly lines: readonly {
        readonly label: string;
        readonly points: readonly (readonly [x: number, y: number])[];
      }[];
    };

/** A budget with what was measured. */
export interface BudgetFigure {
  readonly id: BudgetId;
  readonly measured: string;
  readonly holds: boolean;
}

/** Something that must be true while it is fast. */
export interface Check {
  readonly claim: string;
  readonly holds: boolean;
  readonly found: string;
}

export interface Findings {
  readonly tables: readonly Table[];
  readonly plots: readonly Plot[];
  readonly budgets: readonly BudgetFigure[];
  readonly checks: readonly Check[];
  /** Sentences under the tables; a scenario that could not run says why. */
  readonly notes: readonly string[];
}

export const NOTHING_FOUND: Findings = {
  tables: [],
  plots: [],
  budgets: [],
  checks: [],
  notes: [],
};
