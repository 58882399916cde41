import { rmSync } from "node:fs";
import type { Config } from "../../config/config.ts";
import { AdminClient } from "../../daemon/admin-client.ts";
import { type CheckedBackup, checkBackup } from "../../daemon/checked-backup.ts";
import { keepLastBackupOffline } from "../../daemon/last-backup.ts";
import { openOffline } from "../../daemon/offline.ts";
import { dataFolder } from "../../store/data-folder.ts";
import { type Command, command } from "../shared/command.ts";
import { FORCE_OPTION, JSON_OPTION } from "../shared/common-options.ts";
import { EXIT } from "../shared/exit.ts";
import { fileSource } from "../shared/file-source.ts";
import { withInput } from "../shared/input-file.ts";
import type { Output } from "../shared/output.ts";
import { streamOutput } from "../shared/output-file.ts";
import { isUnreachable } from "./export-usage.ts";
import { SITE_OPTIONS, siteConfig } from "./site-options.ts";
import { counted } from "./words.ts";

/** It holds the site's keys. */
const PRIVATE = 0o600;

/** `seatkeeper backup`: everything a site is made from but the keys of its ledgers. */
export const backup: Command = command({
  command: "backup",
  summary: "write everything of this site into one file, while the daemon runs",
  options: {
    out: {
      type: "string",
      requiresArg: true,
      demandOption: true,
      describe: "file to write, *.skbackup; it is secret",
    },
    ...FORCE_OPTION,
    ...SITE_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [
    ["backup --out /mnt/backup/site.skbackup", "with the daemon running or stopped"],
    ["backup --force --out /mnt/backup/site.skbackup", "every night, over the last one"],
  ],
  async run(options, shell) {
    const config = siteConfig(options, shell);
    const { out: file, force } = options;
    const written = await streamOutput(file, { force, mode: PRIVATE }, (write) =>
      giveBackup(config, write),
    );
    const checked = readBack(file);
    await remember(config, written.daemon, checked);
    const sound = checked.ledgers.every(({ problems }) => problems.length === 0);
    if (options.json) shell.out.json({ file, ...written, ...factsOf(checked), sound });
    else describe(shell.out, checked, file, written.bytes);
    return sound ? EXIT.done : EXIT.unverified;
  },
});

/** By the running daemon, or straight from the data folder without one. */
async function giveBackup(
  config: Config,
  write: (bytes: Uint8Array) => void,
): Promise<{ readonly bytes: number; readonly daemon: "running" | "stopped" }> {
  let bytes = 0;
  const counting = (piece: Uint8Array): void => {
    bytes += piece.length;
    write(piece);
  };
  try {
    await new AdminClient(config.socket).backup(counting);
    return { bytes, daemon: "running" };
  } catch (error) {
    if (!isUnreachable(error)) throw error;
  }
  const site = await openOffline(config);
  try {
    await site.backup(counting);
    return { bytes, daemon: "stopped" };
  } finally {
    await site.leave();
  }
}

/** When it was made, for who asks how old the newest is. */
async function remember(
  config: Config,
  daemon: "running" | "stopped",
  { manifest: { madeAt } }: CheckedBackup,
): Promise<void> {
  if (daemon === "running") await new AdminClient(config.socket).backupChecked(madeAt);
  else keepLastBackupOffline(dataFolder(config.dataDir), madeAt);
}

/** What does not verify is no backup, and must not be taken for one. */
function readBack(file: string): CheckedBackup {
  try {
    return withInput(file, "backup", (fd) => checkBackup(fileSource(fd, file)));
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  }
}

function factsOf({ manifest, ledgers }: CheckedBackup): object {
  return {
    madeAt: manifest.madeAt,
    ledgers: ledgers.map(({ vendor, stood, problems }) => ({
      vendor,
      chainId: stood.chainId,
      size: stood.size,
      problems,
    })),
    leftOut: manifest.leftOut,
  };
}

function describe(
  out: Output,
  { manifest, files, ledgers }: CheckedBackup,
  file: string,
  bytes: number,
): void {
  for (const { vendor, stood, problems } of ledgers) {
    out.line(`${vendor}: ${counted(stood.size, "block")} of ledger ${stood.chainId}`);
    for (const { code, detail } of problems) out.line(`  ${out.paint("red", code)}  ${detail}`);
  }
  const what = `${counted(files.size, "file")} read back, blocks against the signed heads`;
  out.line(`  ${out.paint("green", "checked")}  ${what}`);
  for (const { what: name, why } of manifest.leftOut) out.line(`  not inside  ${name}: ${why}`);
  out.note(`wrote ${file} (${bytes} bytes)`);
  out.note("it holds the site's private keys: keep it where administrators alone can read it");
}
