import type { AdminUsageRow } from "../../protocol/admin/usage.ts";
import { type Command, command, group } from "../shared/command.ts";
import { FORCE_OPTION, JSON_OPTION } from "../shared/common-options.ts";
import { usageError } from "../shared/errors.ts";
import { EXIT } from "../shared/exit.ts";
import type { Output } from "../shared/output.ts";
import { PASSPHRASE_OPTIONS } from "../shared/passphrase.ts";
import { readSignedInput } from "../shared/signed-input.ts";
import { previewUsage } from "./export-preview.ts";
import { exportUsage } from "./export-usage.ts";
import { ADMIN_OPTIONS, admin, SITE_OPTIONS } from "./site-options.ts";
import { usageHistory } from "./usage-history.ts";
import { counted, seatHours } from "./words.ts";

const DAY = /^\d{4}-\d{2}-\d{2}$/;

const show = command({
  command: "show",
  summary: "show what was used, day by day, as this site counted it",
  options: {
    from: { type: "string", requiresArg: true, describe: "first day, as 2026-01-31 (UTC)" },
    to: { type: "string", requiresArg: true, describe: "last day, included" },
    ...ADMIN_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [["usage show --from 2026-01-01", "everything since the first of January"]],
  async run(options, shell) {
    for (const day of [options.from, options.to]) {
      if (day !== undefined && !DAY.test(day)) throw usageError("a day is written as 2026-01-31");
    }
    const { from, to } = options;
    if (from !== undefined && to !== undefined && from > to)
      throw usageError("--from is after --to");
    const { rows } = await admin(options, shell).usage({ from, to });
    if (options.json) shell.out.json({ rows });
    else if (rows.length === 0) shell.out.note("nothing was used");
    else printUsage(rows, shell.out);
    return EXIT.done;
  },
});

interface Figure {
  readonly title: string;
  /** Empty where the row has no such figure. */
  of(row: AdminUsageRow): number | string;
}

const FIGURES: readonly Figure[] = [
  { title: "grants", of: (row) => (row.kind === "feature" ? row.grants : "") },
  { title: "denials", of: (row) => (row.kind === "feature" ? row.denials : "") },
  { title: "seat hours", of: (row) => (row.kind === "feature" ? seatHours(row.seatMillis) : "") },
  { title: "records", of: (row) => (row.kind === "meter" ? row.records : "") },
  { title: "units", of: (row) => (row.kind === "meter" ? row.units : "") },
];

/** What few sites have: shown where there is any. */
const REFUND_FIGURES: readonly Figure[] = [
  { title: "refunds", of: (row) => (row.kind === "meter" ? row.refunds : "") },
  { title: "refunded", of: (row) => (row.kind === "meter" ? row.refundedUnits : "") },
  { title: "net", of: (row) => (row.kind === "meter" ? row.netUnits : "") },
];
const NAMING_FIGURES: readonly Figure[] = [
  { title: "named", of: (row) => (row.kind === "feature" ? row.named : "") },
  { title: "unnamed", of: (row) => (row.kind === "feature" ? row.unnamed : "") },
];

function printUsage(rows: readonly AdminUsageRow[], out: Output): void {
  const hasRefunds = rows.some((row) => row.kind === "meter" && row.refunds > 0);
  const hasNamings = rows.some((row) => row.kind === "feature" && row.named + row.unnamed > 0);
  const figures = [
    ...FIGURES,
    ...(hasRefunds ? REFUND_FIGURES : []),
    ...(hasNamings ? NAMING_FIGURES : []),
  ];
  const columns = figures.map(({ title }) => ({ title, align: "right" }) as const);
  out.table(
    [{ title: "day" }, { title: "what" }, ...columns],
    rows.map((row) => {
      const what = row.kind === "feature" ? row.feature : row.meter;
      return [row.day, what, ...figures.map((figure) => String(figure.of(row)))];
    }),
  );
}

const exportCommand = command({
  command: "export",
  summary: "write the usage bundle that a person carries to the vendor",
  options: {
    out: { type: "string", requiresArg: true, describe: "file to write, *.skb" },
    preview: {
      type: "boolean",
      default: false,
      describe:
        "write nothing; show what would leave: what is not sealed yet, and with --auditor-key what is",
    },
    "auditor-key": {
      type: "string",
      requiresArg: true,
      describe: "with --preview: open sealed blocks with this auditor's private key, *.skkey",
    },
    csv: {
      type: "boolean",
      default: false,
      describe: "with --preview: print one line for each value",
    },
    ...PASSPHRASE_OPTIONS,
    vendor: {
      type: "string",
      requiresArg: true,
      describe: "the vendor's name, where there are several",
    },
    ...FORCE_OPTION,
    ...SITE_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [
    ["usage export --out usage.skb", "everything up to this moment, sealed"],
    ["--export-usage usage.skb", "the same as one flag, for schedulers"],
    [
      "usage export --preview",
      "what the next checkpoint and the export would say; the site cannot open sealed blocks",
    ],
    ["usage export --preview --auditor-key auditor.skkey", "all that would leave"],
  ],
  async run(options, shell) {
    const { out, preview, auditorKey, csv } = options;
    if (preview) {
      if (out !== undefined) throw usageError("--preview writes nothing, so it takes no --out");
      return previewUsage(options, shell);
    }
    if (auditorKey !== undefined || csv)
      throw usageError("--auditor-key and --csv belong to --preview");
    if (out === undefined)
      throw usageError("--out is missing", "see seatkeeper usage export --help");
    const written = await exportUsage({ ...options, out }, shell);
    if (options.json) shell.out.json(written);
    else {
      const how = written.daemon === "running" ? "" : ", daemon not running";
      shell.out.note(
        `wrote ${written.file} (${written.bytes} bytes, ${counted(written.size, "block")}${how})`,
      );
      shell.out.note("next: carry it to the vendor, who answers with a receipt");
    }
    return EXIT.done;
  },
});

const receipt = command({
  command: "receipt <file>",
  summary: "import the vendor's receipt for an exported bundle",
  options: {
    file: { type: "string", demandOption: true, describe: "the receipt, *.skrcpt" },
    ...ADMIN_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [["usage receipt usage.skrcpt", "what the vendor sent back for a bundle"]],
  async run(options, shell) {
    const imported = await admin(options, shell).importReceipt(
      readSignedInput(options.file, "receipt"),
    );
    if (options.json) shell.out.json(imported);
    else {
      shell.out.note(
        `receipt ${imported.receiptNo} of ${imported.vendor}: ${counted(imported.acknowledged, "block")} acknowledged`,
      );
    }
    return EXIT.done;
  },
});

export const usage: Command = group("usage", "show, export and acknowledge usage", [
  show,
  usageHistory,
  exportCommand,
  receipt,
]);
