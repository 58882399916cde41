import type { Config } from "../../config/config.ts";
import { AdminClient } from "../../daemon/admin-client.ts";
import { openOffline } from "../../daemon/offline.ts";
import type { AdminArchivePlan, AdminCut, AdminCutDone } from "../../protocol/admin/archive.ts";
import { checkDataFolder, dataFolder, makeFolder, vendorFolder } from "../../store/data-folder.ts";
import { type Command, command } from "../shared/command.ts";
import { JSON_OPTION } from "../shared/common-options.ts";
import { EXIT } from "../shared/exit.ts";
import type { Output } from "../shared/output.ts";
import { archivePath, bytesOf, type WrittenArchive, writeArchive } from "./archive-file.ts";
import { isUnreachable } from "./export-usage.ts";
import { SITE_OPTIONS, siteConfig } from "./site-options.ts";
import { counted } from "./words.ts";

/** `seatkeeper ledger archive`: what the vendor has acknowledged leaves the ledger file. */
export const archive: Command = command({
  command: "archive",
  summary: "move blocks that the vendor has acknowledged into a compressed file of their own",
  options: {
    out: {
      type: "string",
      requiresArg: true,
      describe: "folder for the file [default: archive/ in the vendor's part of the data folder]",
    },
    "dry-run": {
      type: "boolean",
      default: false,
      describe: "say what would be done, and do nothing",
    },
    vendor: {
      type: "string",
      requiresArg: true,
      describe: "the vendor's name, where there are several",
    },
    ...SITE_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [
    ["ledger archive --dry-run", "which blocks, and how many bytes"],
    ["ledger archive --out /mnt/archive", "with the daemon running or stopped"],
  ],
  async run(options, shell) {
    const config = siteConfig(options, shell);
    const { out: folder, dryRun, vendor } = options;
    const { daemon, result } = await archiving(config, async (archivist): Promise<Archived> => {
      const plan = await archivist.plan(vendor);
      const file = archivePath(folder ?? defaultFolder(config, plan), plan);
      if (plan.size === plan.from) return { kind: "nothing", plan };
      if (dryRun) return { kind: "planned", plan, file, raw: bytesOf(chainOf(config, plan), plan) };
      if (folder === undefined) makeOwnFolder(config, plan);
      const written = await writtenTo(config, plan, file, shell.out);
      return { kind: "archived", plan, ...written, cut: await archivist.cut(plan) };
    });
    if (options.json) shell.out.json({ daemon, ...jsonOf(result) });
    else describe(shell.out, result);
    return EXIT.done;
  },
});

/** Who knows what may be archived and can cut it off: the daemon, or this command in its place. */
interface Archivist {
  plan(vendor: string | undefined): Promise<AdminArchivePlan>;
  cut(plan: AdminArchivePlan): Promise<AdminCutDone>;
}

type Archived =
  | { readonly kind: "nothing"; readonly plan: AdminArchivePlan }
  | {
      readonly kind: "planned";
      readonly plan: AdminArchivePlan;
      readonly file: string;
      /** Bytes of the blocks. */
      readonly raw: number;
    }
  | ({
      readonly kind: "archived";
      readonly plan: AdminArchivePlan;
      readonly cut: AdminCutDone;
    } & WrittenArchive);

async function archiving<Result>(
  config: Config,
  work: (archivist: Archivist) => Promise<Result>,
): Promise<{ readonly daemon: "running" | "stopped"; readonly result: Result }> {
  const client = new AdminClient(config.socket);
  try {
    const result = await work({
      plan: (vendor) => client.planArchive(vendor),
      cut: (plan) => client.cutLedger(cutAfter(plan)),
    });
    return { daemon: "running", result };
  } catch (error) {
    if (!isUnreachable(error)) throw error;
  }
  const site = await openOffline(config);
  try {
    const result = await work({
      plan: (vendor) => site.planArchive(vendor),
      cut: (plan) => site.cutLedger(cutAfter(plan)),
    });
    return { daemon: "stopped", result };
  } finally {
    await site.leave();
  }
}

const cutAfter = ({ vendor, size, root }: AdminArchivePlan): AdminCut => ({ vendor, size, root });

function writtenTo(
  config: Config,
  plan: AdminArchivePlan,
  file: string,
  out: Output,
): Promise<WrittenArchive> {
  const all = counted(plan.size - plan.from, "block");
  return writeArchive(file, chainOf(config, plan), plan, {
    writing: (done) => out.progress(`writing: ${done} of ${all} …`),
    reading: (done) => out.progress(`reading back: ${done} of ${all} …`),
  });
}

const chainOf = ({ dataDir }: Config, { vendor }: AdminArchivePlan): string =>
  vendorFolder(dataFolder(dataDir), vendor).chain;

const defaultFolder = ({ dataDir }: Config, { vendor }: AdminArchivePlan): string =>
  vendorFolder(dataFolder(dataDir), vendor).archives;

/** A folder of root's would shut the daemon out. */
function makeOwnFolder(config: Config, plan: AdminArchivePlan): void {
  checkDataFolder(config.dataDir);
  makeFolder(defaultFolder(config, plan));
}

function jsonOf(archived: Archived): object {
  const { vendor, chainId, from, size, acknowledged } = archived.plan;
  const facts = { vendor, chainId, from, size, acknowledged, archived: false, file: null };
  if (archived.kind === "nothing") return facts;
  const { file, raw } = archived;
  if (archived.kind === "planned") return { ...facts, file, raw };
  const { bytes, cut } = archived;
  return { ...facts, archived: true, file, raw, bytes, freed: cut.freed, kept: cut.kept };
}

function describe(out: Output, archived: Archived): void {
  const { plan } = archived;
  if (archived.kind === "nothing") return describeNothing(out, plan);
  const what = `blocks ${plan.from} to ${plan.size - 1} of ledger ${plan.chainId}`;
  out.line(`${plan.vendor}: ${what}`);
  if (archived.kind === "planned") {
    out.line(`  would be archived  ${archived.raw} bytes, as ${archived.file}`);
    out.note("nothing was written");
    return undefined;
  }
  const { file, bytes, raw, cut } = archived;
  out.line(`  archived      ${raw} bytes, packed into ${bytes} bytes`);
  out.line(
    `  ${out.paint("green", "checked")}       read back: its blocks have the ledger's root at block ${plan.size}`,
  );
  out.line(`  the ledger    ${cut.freed} bytes shorter; ${cut.kept} bytes of leaf hashes stay`);
  out.note(`wrote ${file}`);
  out.note("keep it as long as your books: the blocks in it are nowhere else at this site");
  return undefined;
}

function describeNothing(out: Output, { vendor, size, acknowledged }: AdminArchivePlan): void {
  if (acknowledged === 0) {
    out.note(`${vendor}: nothing to archive: the vendor has acknowledged nothing yet`);
    out.note("next: seatkeeper usage export, and seatkeeper usage receipt with the answer");
    return;
  }
  const from = size === 0 ? "its first block" : `block ${size}`;
  out.note(`${vendor}: nothing to archive: the next export begins with ${from}`);
}
