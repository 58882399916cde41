import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { concat, fromUtf8 } from "../../src/base/bytes.ts";
import type { AckedLedger, AckedSegment, IssuedReceipt } from "../../src/bundle/known-ledger.ts";
import type { VerifyReport } from "../../src/bundle/verify-input.ts";
import {
  archivePath,
  type WrittenArchive,
  writeArchive,
} from "../../src/cli/operator/archive-file.ts";
import { randomBytes } from "../../src/crypto/random.ts";
import type { AdminArchivePlan, AdminCut } from "../../src/protocol/admin/archive.ts";
import { dataFolder, type VendorFolder, vendorFolder } from "../../src/store/data-folder.ts";
import { ingest, receiptFor } from "./at-the-vendor.ts";
import { type GivenDaemon, type GivenSite, vendor } from "./given.ts";
import { leaseOf, Workstation } from "./workstation.ts";

export function folderOf({ config }: GivenSite): VendorFolder {
  return vendorFolder(dataFolder(config.dataDir), vendor);
}

/** What the vendor keeps of one site's ledger. */
export class Books {
  readonly #segments = new Map<number, AckedSegment>();
  readonly #receipts: IssuedReceipt[] = [];
  #state: AckedLedger["state"] | undefined;

  /** Takes the site's usage in, and the site takes the receipt. */
  async acknowledge(daemon: GivenDaemon): Promise<VerifyReport> {
    const report = await this.takeIn(daemon);
    const receiptNo = this.#receipts.length + 1;
    const nonce = randomBytes(32);
    const receipt = receiptFor(report, receiptNo, nonce);
    await daemon.admin.importReceipt(receipt);
    this.#receipts.push({ receiptNo, nonce, text: fromUtf8(receipt) });
    return report;
  }

  /** What the vendor says to an export of this moment. */
  async takeIn({ admin, site }: GivenDaemon): Promise<VerifyReport> {
    const pieces: Uint8Array[] = [];
    await admin.exportUsage((piece) => void pieces.push(piece));
    const known = { acked: this.#acked(), receipts: this.#receipts };
    const { report, segments } = ingest(concat(...pieces), site.request, known);
    for (const segment of segments) this.#segments.set(segment.row.segment, segment);
    this.#state = report.next ?? this.#state;
    return report;
  }

  #acked(): AckedLedger | undefined {
    if (this.#state === undefined) return undefined;
    return {
      state: this.#state,
      segment: (number) => this.#segments.get(number),
      segmentAt: (index) => [...this.#segments.values()].findLast(({ row }) => row.index <= index),
    };
  }
}

/** Somebody uses a seat a few times; each time is sealed. */
export async function used(daemon: GivenDaemon, blocks = 3): Promise<void> {
  const ada = await Workstation.greeted(daemon.url);
  for (let block = 0; block < blocks; block += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one block after the other
    await ada.ask("seat.release", { lease: leaseOf(await ada.acquire("cad.pro")) });
    // oxlint-disable-next-line no-await-in-loop
    await daemon.admin.checkpoint();
  }
}

/** Used and acknowledged so often that there is something to archive. */
export async function acknowledged(daemon: GivenDaemon, books: Books, times = 2): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one receipt after the other
    await used(daemon);
    // oxlint-disable-next-line no-await-in-loop
    await books.acknowledge(daemon);
  }
}

/** What `seatkeeper ledger archive` does before it has anything removed. */
export async function written(
  { admin, site }: GivenDaemon,
  folder: string,
): Promise<WrittenArchive & { readonly plan: AdminArchivePlan }> {
  const plan = await admin.planArchive();
  const path = join(folder, "archives");
  mkdirSync(path, { recursive: true });
  const silent = { writing: () => undefined, reading: () => undefined };
  const file = archivePath(path, plan);
  return { plan, ...(await writeArchive(file, folderOf(site).chain, plan, silent)) };
}

/** What is asked for when the archive of a plan was read back. */
export const cutAfter = ({ vendor: name, size, root }: AdminArchivePlan): AdminCut => ({
  vendor: name,
  size,
  root,
});
