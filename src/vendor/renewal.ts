import type { Database } from "better-sqlite3";
import { equalBytes } from "../base/bytes.ts";
import type { ChainId } from "../base/ids.ts";
import type { UnixMillis } from "../base/time.ts";
import type { ActivationRequest } from "../license/activation-request.ts";
import type { ShownLedger } from "../license/shown-ledger.ts";
import { verifyConsistency } from "../merkle/proof.ts";
import { chainOrigin, type Head, openHead } from "../note/checkpoint.ts";
import { acknowledgedLedger } from "./acknowledged.ts";
import { VendorError } from "./errors.ts";
import { receiptsOf } from "./receipts.ts";

/** How far a site has come that asks for its next license. */
export interface Renewal {
  /** Blocks of its ledger. */
  readonly size: number;
  /** Blocks that the vendor has acknowledged: the ledger begins with them. */
  readonly acknowledged: number;
  /** The newest receipt that the site has, and the newest that was given; 0 before the first. */
  readonly receiptNo: number;
  readonly receiptsGiven: number;
}

/** What a request shows, judged by the books. */
export type JudgedRenewal =
  | { readonly kind: "goes-on"; readonly renewal: Renewal }
  | { readonly kind: "contradicted"; readonly error: VendorError };

/**
 * Holds the ledger that a request shows against the books, and puts the request on record: a head that
 * contradicts them is evidence, and later bundles are held against every head that was shown.
 */
export function judgeRenewal(
  database: Database,
  request: ActivationRequest,
  shown: ShownLedger,
  now: UnixMillis,
): JudgedRenewal {
  const { chainId, daemonKey, vendor } = request;
  const head = openHead(shown.head, { name: chainOrigin(vendor, chainId), publicKey: daemonKey });
  const error = whyNot(database, chainId, head, shown);
  keep(database, request, head, { code: error?.code ?? "", now });
  if (error) return { kind: "contradicted", error };
  const renewal = {
    size: head.size,
    acknowledged: acknowledgedLedger(database, chainId)?.state.size ?? 0,
    receiptNo: shown.receipt?.receiptNo ?? 0,
    receiptsGiven: receiptsOf(database, chainId).at(-1)?.receiptNo ?? 0,
  };
  return { kind: "goes-on", renewal };
}

/** Requests that a SUPERSEDE has not settled: before it another branch may have been shown. */
const SINCE_SUPERSEDE =
  "chain_id = @chain AND renewal > (SELECT coalesce(max(renewal), 0) FROM supersedes WHERE chain_id = @chain)";

/** Heads that sites showed when they asked for another license. */
export function shownHeads(database: Database, chain: ChainId): readonly Omit<Head, "origin">[] {
  return database
    .prepare<[object], { readonly size: number; readonly root: Buffer }>(
      `SELECT size, root FROM renewals WHERE ${SINCE_SUPERSEDE} GROUP BY size, root`,
    )
    .all({ chain })
    .map(({ size, root }) => ({ size, root: new Uint8Array(root) }));
}

function whyNot(
  database: Database,
  chain: ChainId,
  head: Head,
  { receipt, proofs }: ShownLedger,
): VendorError | undefined {
  const given = receiptsOf(database, chain).find(
    ({ receiptNo }) => receiptNo === receipt?.receiptNo,
  );
  if (receipt && !(given && equalBytes(given.nonce, receipt.nonce))) {
    return contradicted("RENEWAL_RECEIPT", `receipt ${receipt.receiptNo} was not given like this`);
  }
  const seen = shownHeads(database, chain);
  if (seen.some(({ size, root }) => size === head.size && !equalBytes(root, head.root))) {
    return contradicted("RENEWAL_FORKED", `another head of ${head.size} blocks was shown before`);
  }
  const known = acknowledgedLedger(database, chain)?.state;
  const longest = Math.max(known?.size ?? 0, longestAccepted(database, chain));
  if (head.size < longest) {
    return contradicted(
      "RENEWAL_BEHIND",
      `the ledger has ${head.size} blocks, and had ${longest} before`,
    );
  }
  if (known === undefined) return undefined;
  const proof =
    known.size === head.size ? [] : proofs.find(({ size }) => size === known.size)?.hashes;
  if (proof === undefined) return unproven(known.size);
  const goesOn = verifyConsistency({
    oldSize: known.size,
    oldRoot: known.root,
    newSize: head.size,
    newRoot: head.root,
    proof,
  });
  if (goesOn) return undefined;
  return contradicted(
    "RENEWAL_FORKED",
    `the ledger does not go on from the ${known.size} blocks that were acknowledged`,
  );
}

function longestAccepted(database: Database, chain: ChainId): number {
  const row = database
    .prepare<[object], { readonly size: number | null }>(
      `SELECT max(size) AS size FROM renewals WHERE ${SINCE_SUPERSEDE} AND verdict = ''`,
    )
    .get({ chain });
  return row?.size ?? 0;
}

function keep(
  database: Database,
  { chainId, text, shown }: ActivationRequest,
  { size, root }: Head,
  { code, now }: { readonly code: string; readonly now: UnixMillis },
): void {
  database
    .prepare(
      `INSERT INTO renewals (chain_id, seen_at, size, root, receipt_no, verdict, text)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(chainId, now, size, Buffer.from(root), shown?.receipt?.receiptNo ?? null, code, text);
}

function contradicted(
  code: "RENEWAL_BEHIND" | "RENEWAL_FORKED" | "RENEWAL_RECEIPT",
  message: string,
): VendorError {
  return new VendorError(code, message, {
    hint: "no license was issued; the request is on record as evidence: ask the site whether its server was put back to an older state, or copied",
  });
}

function unproven(size: number): VendorError {
  return new VendorError(
    "RENEWAL_UNPROVEN",
    `the request does not prove that the ledger goes on from the ${size} blocks that were acknowledged`,
    {
      hint: "send the site its newest receipt again, and ask for a new request once it is imported; where its ledger is damaged, for one without --renew",
    },
  );
}
