import type { Database } from "better-sqlite3";
import { equalBytes, toHex } from "../base/bytes.ts";
import type { ChainId } from "../base/ids.ts";
import type { Moment } from "../base/time.ts";
import { acknowledgedRoot } from "../bundle/acknowledged-root.ts";
import type { AckedLedger, Activation, SeenHead } from "../bundle/known-ledger.ts";
import type { VerifyReport } from "../bundle/verify-input.ts";
import type { ByteSource } from "../ledger/ports.ts";
import {
  type AbandonedHead,
  NAMED_HEADS,
  readSupersede,
  type Supersede,
  writeSupersede,
} from "../license/supersede.ts";
import { type AcceptedBranch, acceptBranch, unproven } from "./accepted-branch.ts";
import { acknowledgedLedger } from "./acknowledged.ts";
import { logBundle } from "./bundle-log.ts";
import { VendorError } from "./errors.ts";
import { noLongerHoldToHeads } from "./evidence-heads.ts";
import type { VendorFolder } from "./folder.ts";
import type { VendorKeys } from "./issue.ts";
import { headsHeldTo, type LicensedLedger, licensedLedger } from "./licensed-ledger.ts";
import { giveReceipt, type OutgoingReceipt, receiptText } from "./receipts.ts";
import { headsIn } from "./shown-heads.ts";
import { addSupersede, type GivenSupersede, newestSupersede } from "./supersede-rows.ts";
import type { VendorStore } from "./vendor-store.ts";

/** Which branch of a ledger is the ledger from now on, and why. */
export interface SupersedeInput {
  /** The newest bundle of the branch that goes on. */
  readonly source: ByteSource;
  /** The file's name, for the log. */
  readonly name: string;
  /** Texts in which heads of the other branches stand: see `headsIn`. */
  readonly evidence: readonly string[];
  /** One line, for those who look back. */
  readonly reason: string;
  readonly now: Moment;
  /** Puts the receipt where it is wanted; must return only once it is durably there. */
  readonly deliver: (receipt: string) => void;
}

/** What was decided, and what became of the books. */
export interface Superseded {
  readonly site: string;
  readonly chainId: ChainId;
  readonly note: Supersede;
  readonly report: VerifyReport;
  /** Brings the note to the site. */
  readonly receipt: OutgoingReceipt;
  /** What the accepted branch added to the books; undefined when nothing was new. */
  readonly counted: AcceptedBranch["counted"];
  readonly givenUp: AcceptedBranch["givenUp"];
}

/**
 * Accepts one branch of a ledger of which there are two, in one transaction: the acknowledged state goes
 * over to it, what was seen of others is not held against it any more, and a receipt with the signed note
 * goes out. Usage that was acknowledged stays counted, also of blocks that are given up: it was used. The
 * same again gives the same note.
 * @throws VendorError `SUPERSEDE_UNPROVEN` for a bundle that does not verify by itself,
 * `SUPERSEDE_NEEDLESS` where nothing speaks against it, `SUPERSEDE_EVIDENCE`.
 */
export function supersede(
  store: VendorStore,
  folder: VendorFolder,
  keys: VendorKeys,
  input: SupersedeInput,
): Superseded {
  const { source, now } = input;
  return store.write((database) => {
    const known = licensedLedger(database, folder, source);
    if (known === undefined) throw unproven("no activation of its ledger is on record");
    const { activation } = known;
    const { chainId } = activation;
    const shown = input.evidence.flatMap((text) => headsIn(text, activation));
    const seen = headsHeldTo(database, chainId);
    const former = acknowledgedLedger(database, chainId);
    const branch = acceptBranch(database, known, keys, { source, now: now.wall }, former);
    const { report } = branch;
    const { head, checkpoint } = report;
    if (head === undefined || checkpoint === undefined) throw unproven("it has no signed head");
    const accepted = acknowledgedLedger(database, chainId);
    const abandoned = [...(former === undefined ? [] : [former.state]), ...seen, ...shown].filter(
      (other) => isOff({ ...activation, vendorName: folder.vendor.name }, accepted, other),
    );
    const given = newestSupersede(database, activation, folder.vendor);
    const upTo = Math.max(0, ...abandoned.map(({ size }) => size));
    if (given && given.note.accepted.size === head.size && upTo <= given.note.abandonedUpTo) {
      return again(database, known, given, { ...branch, input });
    }
    if (abandoned.length === 0) throw needless();
    const note = signNote(folder, keys, activation, given?.note, {
      abandoned,
      checkpoint,
      input,
    });
    logBundle(database, {
      ...input,
      bytes: input.source.length,
      chainId,
      accepted: true,
      report,
    });
    const { revocations } = folder;
    const carried = { ...(revocations && { revocations }), supersede: note };
    const acknowledged = { size: head.size, checkpoint };
    const receipt = giveReceipt(
      database,
      activation,
      acknowledged,
      keys.issuing,
      input.now,
      carried,
    );
    noLongerHoldToHeads(database, chainId, abandoned);
    addSupersede(database, { note, receiptNo: receipt.receiptNo });
    input.deliver(receipt.text);
    const { counted, givenUp } = branch;
    return { site: known.site, chainId, note, report, receipt, counted, givenUp };
  });
}

/** Whether a head is none of the accepted branch. What is longer than that was not seen on it. */
function isOff(
  activation: Activation,
  accepted: AckedLedger | undefined,
  { size, root }: SeenHead,
): boolean {
  if (accepted === undefined || size > accepted.state.size) return true;
  const own = acknowledgedRoot(activation, accepted, size);
  return own !== undefined && !equalBytes(own, root);
}

function signNote(
  { vendor }: VendorFolder,
  { issuing }: VendorKeys,
  { chainId, daemonKey }: LicensedLedger["activation"],
  former: Supersede | undefined,
  {
    abandoned,
    checkpoint,
    input,
  }: {
    readonly abandoned: readonly SeenHead[];
    readonly checkpoint: string;
    readonly input: SupersedeInput;
  },
): Supersede {
  const text = writeSupersede(
    {
      vendor: vendor.name,
      chainId,
      // By the time, so that it also rises above what a restored backup has forgotten.
      number: Math.max((former?.number ?? 0) + 1, Math.floor(input.now.wall / 1_000)),
      head: checkpoint,
      abandonedUpTo: Math.max(...abandoned.map(({ size }) => size), former?.abandonedUpTo ?? 1),
      abandoned: namedHeads(abandoned),
      reason: input.reason,
      issuedAt: input.now.wall,
      issuer: issuing.issuer.text,
    },
    issuing.signer,
  );
  // Read back as site and clients will.
  return readSupersede(text, {
    vendorName: vendor.name,
    rootKey: vendor.rootKey,
    chainId,
    daemonKey,
  });
}

/** The longest, each once. */
function namedHeads(heads: readonly SeenHead[]): readonly AbandonedHead[] {
  const byName = new Map(heads.map(({ size, root }) => [`${size} ${toHex(root)}`, { size, root }]));
  return [...byName.values()]
    .toSorted((left, right) => right.size - left.size)
    .slice(0, NAMED_HEADS);
}

function again(
  database: Database,
  { site, activation }: LicensedLedger,
  { note, receiptNo }: GivenSupersede,
  {
    report,
    counted,
    givenUp,
    input,
  }: AcceptedBranch & { readonly input: Pick<SupersedeInput, "deliver"> },
): Superseded {
  const { chainId } = activation;
  const text = receiptText(database, chainId, receiptNo);
  if (text === undefined) throw new TypeError(`receipt ${receiptNo} is not on record`);
  input.deliver(text);
  const receipt = { receiptNo, text, resent: true };
  return { site, chainId, note, report, receipt, counted, givenUp };
}

function needless(): VendorError {
  return new VendorError("SUPERSEDE_NEEDLESS", "nothing speaks against this bundle", {
    hint: "ingest it; if workstations remember another branch, name their evidence files with --evidence",
  });
}
