import { isoTime } from "../../base/time.ts";
import type { TrailOutcome, TrailRecord } from "../../trail/record.ts";
import type { TrailFilter } from "./audit-records.ts";

/** An act with what became of it, or something that happened: one line for people. */
export interface TrailStory {
  readonly seq: number;
  readonly at: string;
  readonly act: string;
  /** `open` is an act that has no end yet, or lost it in a crash. */
  readonly outcome: Exclude<TrailOutcome, "begun"> | "open";
  readonly code: string | null;
  readonly role: string;
  readonly via: string;
  readonly who: string | null;
  readonly times: number;
  readonly about: Readonly<Record<string, string | number>>;
}

/** Joins beginnings with their ends. In the order of the beginnings. */
export class TrailStories {
  readonly #bySeq: Map<number, TrailStory> = new Map();

  add(record: TrailRecord): void {
    const { of } = record;
    const begun = of === undefined ? undefined : this.#bySeq.get(of);
    const story = storyOf(record);
    // The end of an act that is not among those asked for stands for itself.
    if (begun === undefined || of === undefined) this.#bySeq.set(record.seq, story);
    else {
      const about = { ...begun.about, ...story.about };
      this.#bySeq.set(of, { ...begun, outcome: story.outcome, code: story.code, about });
    }
  }

  matching(filter: TrailFilter): readonly TrailStory[] {
    return [...this.#bySeq.values()].filter((story) => isMeant(story, filter));
  }
}

function storyOf(record: TrailRecord): TrailStory {
  const { seq, at, act, outcome, code, by, times, about } = record;
  return {
    seq,
    at: isoTime(at),
    act,
    outcome: outcome === "begun" ? "open" : outcome,
    code: code ?? null,
    ...by,
    times: times ?? 1,
    about,
  };
}

function isMeant(story: TrailStory, { from, to, act, outcome, about }: TrailFilter): boolean {
  const day = story.at.slice(0, 10);
  return (
    (from === undefined || day >= from) &&
    (to === undefined || day <= to) &&
    (act === undefined || (act.endsWith(".") ? story.act.startsWith(act) : story.act === act)) &&
    (outcome === undefined || story.outcome === outcome) &&
    (about.length === 0 || about.some((each) => isAbout(story, each)))
  );
}

const isAbout = ({ who, about }: TrailStory, name: string): boolean =>
  who === name || Object.values(about).includes(name);
