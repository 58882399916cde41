import type { TrailReport } from "../../trail/chain.ts";
import { csvLines } from "../shared/csv.ts";
import type { Output } from "../shared/output.ts";
import type { TrailStory } from "./audit-story.ts";
import { counted } from "./words.ts";

const COLUMNS = [
  "seq",
  "time",
  "act",
  "outcome",
  "code",
  "role",
  "via",
  "who",
  "times",
  "about",
] as const;

/** One line for each act, behind the names of the columns. */
export const storiesCsv = (stories: readonly TrailStory[]): string =>
  csvLines([
    COLUMNS,
    ...stories.map((story) => {
      const { seq, at, act, outcome, code, role, via, who, times } = story;
      const words = aboutInWords(story);
      return [seq, at, act, outcome, code ?? "", role, via, who ?? "", times, words];
    }),
  ]);

const aboutInWords = ({ about }: TrailStory): string =>
  Object.entries(about)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");

export function printStories(out: Output, stories: readonly TrailStory[]): void {
  out.table(
    [
      { title: "record", align: "right" },
      { title: "time" },
      { title: "act" },
      { title: "outcome" },
      { title: "by" },
      { title: "about" },
    ],
    stories.map((story) => {
      const { seq, at, act, outcome, code, role, via, who, times } = story;
      const ended = code === null ? outcome : `${outcome} ${code}`;
      const by = `${who ?? role} (${via})`;
      const often = times > 1 ? `${times} times ` : "";
      return [String(seq), at, act, ended, by, `${often}${aboutInWords(story)}`];
    }),
  );
}

export function printReport(out: Output, report: TrailReport): void {
  const { records, first, last, head, found, problems } = report;
  out.line(
    `audit trail: ${counted(records, "record")}${records === 0 ? "" : `, ${first} to ${last}`}`,
  );
  if (head !== null) out.line(`  head      ${head}`);
  for (const each of found) out.line(`  ${out.paint("green", "found")}     ${each}`);
  for (const { code, seq, detail } of problems) {
    const where = seq === null ? "" : `record ${seq}: `;
    out.line(`  ${out.paint("red", code)}  ${where}${detail}`);
  }
  if (problems.length > 0)
    out.note("hint: keep a copy of the data folder as it is, and ask who had access to it");
}
