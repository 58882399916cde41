import { audit } from "../../audit/audit.ts";
import type { AuditedBlock, AuditReport } from "../../audit/audit-report.ts";
import { isSealedKeyFile, openAuditorKey } from "../../audit/auditor-key-file.ts";
import { CELLS, cellsOf, pageOf, recordOf } from "../../audit/block-page.ts";
import { foreseen } from "../../audit/pending-block.ts";
import type { Config } from "../../config/config.ts";
import { erase } from "../../crypto/erase.ts";
import { AdminClient } from "../../daemon/admin-client.ts";
import { ChainSource } from "../../daemon/chain-source.ts";
import { openOffline } from "../../daemon/offline.ts";
import type { AdminPreview } from "../../protocol/admin/sealed-usage.ts";
import { dataFolder, vendorFolder } from "../../store/data-folder.ts";
import type { Shell } from "../shared/command.ts";
import { csvLines } from "../shared/csv.ts";
import { usageError } from "../shared/errors.ts";
import { EXIT, type ExitCode } from "../shared/exit.ts";
import { type Page, printPage } from "../shared/page.ts";
import { readPassphrase } from "../shared/passphrase.ts";
import { readSecretText } from "../shared/secret-file.ts";
import { isUnreachable } from "./export-usage.ts";
import { type SiteOptions, siteConfig } from "./site-options.ts";
import { counted } from "./words.ts";

/** What {@link previewUsage} is told. */
export interface PreviewOptions extends SiteOptions {
  readonly vendor?: string | undefined;
  readonly auditorKey?: string | undefined;
  readonly passphraseFile?: string | undefined;
  readonly passphraseFd?: number | undefined;
  readonly csv: boolean;
  readonly json: boolean;
}

/**
 * Shows what an export would hold now. What is not sealed yet comes from the daemon, byte for byte as
 * it would be sealed; what is sealed is opened with the auditor's key, for the site itself has none.
 */
export async function previewUsage(options: PreviewOptions, shell: Shell): Promise<ExitCode> {
  if (options.csv && options.json) throw usageError("--csv and --json exclude each other");
  const config = siteConfig(options, shell);
  const secret = await auditorSecret(options, shell);
  const preview = await ask(config, options.vendor);
  try {
    const sealed: AuditedBlock[] = [];
    const report = look(config, preview, secret, (block) => sealed.push(block));
    const pending = preview.pending.map(foreseen);
    if (options.json) shell.out.json(jsonOf(preview, sealed, pending, report));
    else if (options.csv) {
      shell.out.text(csvLines([CELLS, ...[...sealed, ...pending].flatMap(cellsOf)]));
    } else print({ preview, sealed, pending, report }, shell);
    return report.problemCount === 0 ? EXIT.done : EXIT.unverified;
  } finally {
    if (secret) erase(secret);
  }
}

async function ask(config: Config, vendor: string | undefined): Promise<AdminPreview> {
  try {
    return await new AdminClient(config.socket).previewExport(vendor);
  } catch (error) {
    if (!isUnreachable(error)) throw error;
    const site = await openOffline(config);
    try {
      return await site.previewExport(vendor);
    } finally {
      await site.leave();
    }
  }
}

async function auditorSecret(
  { auditorKey, passphraseFile: file, passphraseFd: fd }: PreviewOptions,
  { out }: Shell,
): Promise<Uint8Array | undefined> {
  if (auditorKey === undefined) return undefined;
  const text = readSecretText(auditorKey, "auditor's key file", out);
  const request = { prompt: `passphrase of ${auditorKey}`, isNew: false };
  const passphrase = isSealedKeyFile(text) ? await readPassphrase({ file, fd }, request, out) : "";
  return openAuditorKey(text, passphrase).secret;
}

/** The sealed blocks that would be exported, as the ledger file has them. */
function look(
  config: Config,
  { vendor, fromIndex, size }: AdminPreview,
  secret: Uint8Array | undefined,
  show: (block: AuditedBlock) => void,
): AuditReport {
  const source = new ChainSource(vendorFolder(dataFolder(config.dataDir), vendor).chain);
  try {
    // The daemon goes on: what it has sealed since it was asked is not part of this preview.
    const visitor = (block: AuditedBlock): void => {
      if (block.index >= fromIndex && block.index < size) show(block);
    };
    return audit(source, { secret, visitor });
  } finally {
    source.close();
  }
}

interface Shown {
  readonly preview: AdminPreview;
  readonly sealed: readonly AuditedBlock[];
  readonly pending: readonly AuditedBlock[];
  readonly report: AuditReport;
}

function print({ preview, sealed, pending, report }: Shown, { out }: Shell): void {
  for (const block of sealed) if (block.content.kind !== "sealed") printPage(pageOf(block), out);
  const closed = sealed.filter(({ content }) => content.kind === "sealed");
  if (closed.length > 0) {
    const bytes = closed.reduce((sum, block) => sum + block.bytes, 0);
    out.line(
      `${counted(closed.length, "sealed block")} of ${bytes} bytes: only the vendor can open ${closed.length === 1 ? "it" : "them"}, or an auditor who was named`,
    );
    out.line();
  }
  for (const block of pending) printPage(toBe(pageOf(block)), out);
  out.line(
    `${preview.vendor}: an export now would hold blocks ${preview.fromIndex} to ${preview.size + pending.length - 1}: ${sealed.length} sealed, ${pending.length} to be sealed`,
  );
  for (const { code, detail } of report.problems) out.warn(`${code}: ${detail}`);
  out.note("nothing was sealed or written");
}

const toBe = (page: Page): Page => ({ ...page, heading: `to be sealed: ${page.heading}` });

function jsonOf(
  { vendor, chainId, fromIndex, size }: AdminPreview,
  sealed: readonly AuditedBlock[],
  pending: readonly AuditedBlock[],
  { problems, readers }: AuditReport,
): object {
  return {
    vendor,
    chainId,
    fromIndex,
    size,
    sealed: sealed.map(recordOf),
    pending: pending.map(recordOf),
    readers,
    problems,
  };
}
