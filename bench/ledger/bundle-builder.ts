import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { fromHex, toHex } from "../../src/base/bytes.ts";
import { chainId as readChainId } from "../../src/base/ids.ts";
import { unixMillis } from "../../src/base/time.ts";
import { selectBlocks, writeBundle } from "../../src/bundle/bundle.ts";
import type { VerifyInput } from "../../src/bundle/verify-input.ts";
import { sealingKeyId } from "../../src/crypto/key-id.ts";
import { tipProof } from "../../src/ledger/keys.ts";
import type { PayloadSource } from "../../src/ledger/payload-codec.ts";
import { chainSource } from "../../src/ledger/reader.ts";
import { signHead } from "../../src/note/checkpoint.ts";
import { RealLedgerFiles } from "../../src/store/ledger-files.ts";
import { buildLedger, busyStory, type Story } from "./ledger-builder.ts";

/** Everything a vendor has on record about a built ledger, as text. */
export interface VendorRecord {
  readonly chainId: string;
  readonly origin: string;
  readonly genesis: string;
  readonly daemonKey: string;
  readonly sealingKey: string;
  readonly sealingSecret: string;
  readonly now: number;
}

/** What the verifier is asked about the first bundle of that ledger. */
export function questionAbout(record: VendorRecord): VerifyInput {
  return {
    activation: {
      vendorName: "acme.example",
      chainId: readChainId(record.chainId),
      genesisBlock: fromHex(record.genesis),
      daemonKey: fromHex(record.daemonKey),
      origin: record.origin,
      activatedAt: unixMillis(record.now - 1),
    },
    secrets: new Map([[sealingKeyId(fromHex(record.sealingKey)), fromHex(record.sealingSecret)]]),
    acked: undefined,
    receipts: [],
    now: unixMillis(record.now),
  };
}

/** A bundle of a busy site with so many blocks, in a file. */
export function buildBundle(
  folder: string,
  size: number,
): { readonly bundle: string; readonly record: VendorRecord } {
  const paths = { chain: join(folder, "ledger.skc"), state: join(folder, "ledger.state") };
  const built = buildLedger(paths, size, endingWithExport(size));
  const { genesis, state, daemon, directory } = built;
  const { chainId, origin } = genesis;
  const root = state.frontier.root();
  const files = new RealLedgerFiles(paths.chain, paths.state);
  const bundle = join(folder, "usage.skb");
  const file = openSync(bundle, "w");
  writeBundle(
    { write: (bytes) => void writeSync(file, bytes) },
    {
      chainId,
      size,
      directory,
      ...selectBlocks(chainSource(files), directory, 0),
      checkpoint: signHead({ origin, size, root }, { name: origin, signer: daemon }),
      root,
      tip: tipProof(state.auth, { chainId: state.chainId, size, lastLeaf: state.prevLeaf, root }),
    },
  );
  closeSync(file);
  files.close();
  const record = {
    chainId,
    origin,
    genesis: toHex(genesis.block),
    daemonKey: toHex(daemon.publicKey),
    sealingKey: toHex(built.sealingKey),
    sealingSecret: toHex(built.sealingSecret),
    now: unixMillis(built.now + 1_000),
  };
  return { bundle, record };
}

/** As an honest site leaves it: the newest block says that there is a bundle. */
function endingWithExport(size: number): Story {
  // SEGMENT blocks are not counted among the numbers of a story.
  const last = size - 1 - Math.ceil(size / 1_024);
  return (now, from, place): PayloadSource =>
    place < last
      ? busyStory(now, from, place)
      : {
          type: "export",
          exportNo: 1 + place - last,
          sizeBefore: place + 1 + Math.floor((place + 1) / 1_023),
          lastReceiptNo: null,
          receiptNonce: null,
          wall: now,
          hostHash: new Uint8Array(32).fill(7),
        };
}
