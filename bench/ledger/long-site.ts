import { readFileSync } from "node:fs";
import { unixMillis } from "../../src/base/time.ts";
import { randomBytes } from "../../src/crypto/random.ts";
import type { BlockDraft } from "../../src/ledger/draft.ts";
import type { LedgerFiles } from "../../src/ledger/ports.ts";
import { SealedLedger } from "../../src/ledger/sealed-ledger.ts";
import { readVendorFile } from "../../src/license/vendor-file.ts";
import { dataFolder, vendorFolder } from "../../src/store/data-folder.ts";
import { openStore } from "../../src/store/database.ts";
import { RealLedgerFiles } from "../../src/store/ledger-files.ts";
import { quietStory } from "./ledger-builder.ts";

/**
 * Lets the ledger of a site that is stopped grow to so many blocks, as the product would write them
 * but for the syncs; the newest one comes by way of the database, where a start looks for it.
 */
export async function growLedger(data: string, vendorFile: string, size: number): Promise<void> {
  const vendor = readVendorFile(readFileSync(vendorFile));
  const folder = vendorFolder(dataFolder(data), vendor.name);
  const store = openStore(dataFolder(data).database);
  const files = new RealLedgerFiles(folder.chain, folder.state);
  const quick: LedgerFiles = unsynced(files);
  const { ledger } = SealedLedger.open(quick, store.outbox(vendor.name), {
    vendorName: vendor.name,
  });
  const sealingKey = vendor.sealingKeys[0]?.key ?? new Uint8Array(32);
  const moment = ledger.highWater;
  const draft = (): BlockDraft =>
    ledger.needsSegment(moment) === undefined
      ? (quietStory(moment, moment, 0) as BlockDraft)
      : {
          type: "segment",
          createdAt: unixMillis(moment),
          highWater: moment,
          reason: "full",
          sealingKey,
          recipients: [],
          entropy: randomBytes(64),
        };
  while (ledger.size < size - 1) {
    const prepared = ledger.prepare(draft());
    ledger.publish(prepared);
    const { directoryRow: row } = prepared;
    // oxlint-disable-next-line no-await-in-loop -- one segment in a thousand blocks
    if (row) await store.commit({ vendor: vendor.name, records: [{ kind: "directory", row }] });
  }
  const last = await store.commit({ vendor: vendor.name, seal: () => ledger.prepare(draft()) });
  if (last !== undefined) ledger.publish(last);
  files.syncChain();
  files.syncState();
  files.close();
  store.close();
}

const nothing = (): void => undefined;

/** The same files, whose syncs do nothing: nobody pulls the plug here. */
function unsynced(files: RealLedgerFiles): LedgerFiles {
  return new Proxy<LedgerFiles>(files, {
    get(target, name: keyof LedgerFiles) {
      if (name === "syncChain" || name === "syncState") return nothing;
      const found = target[name];
      return typeof found === "function" ? found.bind(files) : found;
    },
  });
}
