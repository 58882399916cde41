import { fromHex, utf8 } from "../../base/bytes.ts";
import { rawIdentity } from "../../base/identity.ts";
import type { AdminClient } from "../../daemon/admin-client.ts";
import { TrailCheck } from "../../trail/chain.ts";
import { TRAIL_OUTCOMES } from "../../trail/record.ts";
import { type Command, command, group } from "../shared/command.ts";
import { FORCE_OPTION, JSON_OPTION } from "../shared/common-options.ts";
import { usageError } from "../shared/errors.ts";
import { EXIT } from "../shared/exit.ts";
import { streamOutput, writeOutput } from "../shared/output-file.ts";
import {
  exportedRecords,
  keptRecords,
  lineOf,
  recordIn,
  type TrailFilter,
} from "./audit-records.ts";
import { TrailStories, type TrailStory } from "./audit-story.ts";
import { printReport, printStories, storiesCsv } from "./audit-words.ts";
import { ADMIN_OPTIONS, admin } from "./site-options.ts";

const text = { type: "string", requiresArg: true } as const;

const OUTCOMES = ["open", ...TRAIL_OUTCOMES.filter((each) => each !== "begun")] as const;

const FILTER_OPTIONS = {
  from: { ...text, describe: "first day, as 2026-01-31 (UTC)" },
  to: { ...text, describe: "last day, included" },
  act: { ...text, describe: "only this act, as seats.revoke; seats. for all that begin so" },
  outcome: { choices: OUTCOMES, describe: "only acts that ended so; open is one without an end" },
  about: { ...text, describe: "by or about this pseudonym or id, of a lease or token" },
  user: { ...text, describe: "by or about this login" },
} as const;

interface FilterOptions {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly act?: string | undefined;
  readonly outcome?: string | undefined;
  readonly about?: string | undefined;
  readonly user?: string | undefined;
}

/** `seatkeeper audit show`: acts with what became of them, the newest last. */
const show = command({
  command: "show",
  summary: "show who did what, and what was tried and refused",
  options: {
    ...FILTER_OPTIONS,
    last: {
      type: "number",
      requiresArg: true,
      default: 50,
      describe: "at most so many, the newest",
    },
    ...ADMIN_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [
    ["audit show --act tokens. --last 10", "the newest changes of tokens"],
    ["audit show --outcome refused --from 2026-11-01", "what was refused since then"],
  ],
  async run(options, shell) {
    const { last, json } = options;
    if (!Number.isInteger(last) || last < 1) throw usageError("--last is a number from 1 on");
    const client = admin(options, shell);
    const stories = (await storiesOf(client, await filterIn(client, options))).slice(-last);
    if (json) shell.out.json({ records: stories });
    else if (stories.length === 0) shell.out.note("there are no such records");
    else printStories(shell.out, stories);
    return EXIT.done;
  },
});

/** `seatkeeper audit verify`: of the daemon's trail, or of an export of it, wherever it was taken. */
const verify = command({
  command: "verify [file]",
  summary: "check that no record was changed, cut off or moved",
  options: {
    file: { type: "string", describe: "what `audit export` wrote; the daemon's own without it" },
    head: {
      ...text,
      describe:
        "a head that must be in it, as the vendor's or auditor's tool shows; several with commas",
    },
    ...ADMIN_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [
    ["audit verify trail.jsonl --head 5d1f…", "an export, against a head that was sealed"],
  ],
  async run(options, shell) {
    const check = new TrailCheck();
    for (const head of headsIn(options.head)) check.expect(head);
    if (options.file === undefined) await checkKept(check, admin(options, shell));
    else for (const each of exportedRecords(options.file)) check.visit(each);
    const report = check.finish();
    const sound = report.problems.length === 0;
    if (options.json) shell.out.json({ ...report, sound });
    else printReport(shell.out, report);
    return sound ? EXIT.done : EXIT.unverified;
  },
});

async function checkKept(check: TrailCheck, client: AdminClient): Promise<void> {
  let newest: string | null = null;
  for await (const { records, head } of client.trail()) {
    for (const { text: record, hash } of records) {
      check.visit({ text: record, hash: fromHex(hash) });
    }
    newest = head;
  }
  if (newest !== null) check.expectLast(newest);
}

const exportCommand = command({
  command: "export",
  summary: "write the records to a file, to be kept or verified elsewhere",
  options: {
    out: { ...text, describe: "file to write; standard output without it" },
    format: {
      choices: ["jsonl", "csv"],
      default: "jsonl",
      describe: "jsonl can be verified; csv is for a spreadsheet, one line for each act",
    },
    ...FILTER_OPTIONS,
    ...FORCE_OPTION,
    ...ADMIN_OPTIONS,
  },
  examples: [
    ["audit export --out trail.jsonl", "all of it"],
    ["audit export --format csv --from 2026-01-01 --out acts.csv", "for a spreadsheet"],
  ],
  async run(options, shell) {
    const { out: path, force } = options;
    const client = admin(options, shell);
    const filter = await filterIn(client, options);
    if (options.format === "csv") {
      const table = storiesCsv(await storiesOf(client, filter));
      if (path === undefined) shell.out.text(table);
      else writeOutput(path, table, { force, mode: 0o600 });
      return EXIT.done;
    }
    if (!isEverything(filter)) {
      throw usageError("a part of the trail cannot be verified", "add --format csv");
    }
    const give = async (take: (line: string) => void): Promise<void> => {
      for await (const each of keptRecords(client)) take(lineOf(each));
    };
    if (path === undefined) await give((line) => shell.out.text(line));
    else {
      await streamOutput(path, { force, mode: 0o600 }, (write) =>
        give((line) => write(utf8(line))),
      );
    }
    return EXIT.done;
  },
});

async function filterIn(client: AdminClient, options: FilterOptions): Promise<TrailFilter> {
  const { from, to, act, outcome, about, user } = options;
  for (const day of [from, to]) {
    if (day !== undefined && !/^\d{4}-\d{2}-\d{2}$/.test(day))
      throw usageError("a day is written as 2026-01-31");
  }
  const named = user === undefined ? undefined : await client.find({ user: rawIdentity(user) });
  const meant = [about, named?.user].filter((each) => typeof each === "string");
  return { from, to, act, outcome, about: meant };
}

const isEverything = ({ about, ...rest }: TrailFilter): boolean =>
  about.length === 0 && Object.values(rest).every((each) => each === undefined);

async function storiesOf(client: AdminClient, filter: TrailFilter): Promise<readonly TrailStory[]> {
  const stories = new TrailStories();
  for await (const each of keptRecords(client)) {
    const record = recordIn(each);
    if (record !== undefined) stories.add(record);
  }
  return stories.matching(filter);
}

function headsIn(heads: string | undefined): readonly string[] {
  if (heads === undefined) return [];
  const all = heads.split(",").map((each) => each.trim());
  if (all.every((each) => /^[\da-fA-F]{64}$/.test(each))) return all;
  throw usageError("--head is 64 hex digits, several with commas");
}

export const audit: Command = group(
  "audit",
  "show, check and export the record of what was done here",
  [show, verify, exportCommand],
);
