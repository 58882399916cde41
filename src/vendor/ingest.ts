import type { Database } from "better-sqlite3";
import type { Moment } from "../base/time.ts";
import type { AckedSegment } from "../bundle/known-ledger.ts";
import { VERDICT_FACTS, type VerdictFacts } from "../bundle/verdict.ts";
import { verifyBundle } from "../bundle/verify.ts";
import type { BundleVisitor, VerifyReport } from "../bundle/verify-input.ts";
import type { ByteSource } from "../ledger/ports.ts";
import { keepLedger } from "./acknowledged.ts";
import type { ActivationRecord } from "./activations.ts";
import { bookEntries } from "./book-entries.ts";
import { logBundle } from "./bundle-log.ts";
import { type EmergencyUse, emergenciesOf } from "./emergency.ts";
import type { VendorFolder } from "./folder.ts";
import type { VendorKeys } from "./issue.ts";
import { type LicensedLedger, licensedLedger, questionOf } from "./licensed-ledger.ts";
import { giveReceipt, type OutgoingReceipt, receiptFor } from "./receipts.ts";
import { type SealedTrail, trailIn } from "./sealed-trail.ts";
import { newestSupersede } from "./supersede-rows.ts";
import { agreedEnd, endByWord, endsByWord, keepUnprovenEnd } from "./unproven-ends.ts";
import { type Counted, UsageRows } from "./usage-rows.ts";
import type { VendorStore } from "./vendor-store.ts";

export interface IngestInput {
  readonly source: ByteSource;
  /** The file's name, for the log. */
  readonly name: string;
  readonly now: Moment;
  /** True when a person has agreed with the site on what is missing, or not proven: the receipt may go. */
  readonly reviewed: boolean;
}

/** What became of a bundle. */
export interface Ingested {
  readonly report: VerifyReport;
  readonly facts: VerdictFacts;
  /** The site as its newest license calls it; undefined for a ledger that is not on record. */
  readonly site: string | undefined;
  /** What was added to the books; undefined when nothing was. */
  readonly counted: Counted | undefined;
  /** True when nothing but the proof of its end is missing, and the ledger in its place says that it ended there. */
  readonly isAgreeable: boolean;
  /** Those that concern the ledger, as far as was reported until now; empty when nothing was counted. */
  readonly emergencies: readonly EmergencyUse[];
  /** What a site's audit trail can be held against; undefined where nothing was added that tells of one. */
  readonly trail: SealedTrail | undefined;
  readonly receipt: OutgoingReceipt | undefined;
  /** True when the bundle is what it should be, or its flaw was reviewed: it is done with. */
  readonly accepted: boolean;
}

/**
 * Verifies a bundle and takes its usage into the books, in one transaction: usage, the new
 * acknowledged state, and the receipt are there together or not at all. The same bundle again
 * counts nothing and gives the same receipt. Bundles that arrive together wait for one another.
 * @throws VendorError when store or medium fail; the store is then as before.
 */
export function ingestBundle(
  store: VendorStore,
  folder: VendorFolder,
  keys: VendorKeys,
  input: IngestInput,
): Ingested {
  return store.write((database) => {
    const known = licensedLedger(database, folder, input.source);
    const { trail, ...found } = verified(database, known, keys, input);
    const { report, counted, isAgreeable } = found;
    const receipt = known && receiptOn(database, known.activation, { keys, folder }, report, input);
    const accepted = isAccepted(report, input.reviewed);
    const chainId = report.claim?.chainId;
    logBundle(database, { ...input, bytes: input.source.length, chainId, accepted, report });
    const facts = VERDICT_FACTS[report.verdict];
    const emergencies =
      counted === undefined || chainId === undefined
        ? []
        : emergenciesOf(database, chainId, folder.vendor);
    const site = known?.site;
    return { report, facts, site, counted, isAgreeable, trail, receipt, accepted, emergencies };
  });
}

/** Verifies, writing while it reads; what was written stays only if the verdict counts it. */
function verified(
  database: Database,
  known: LicensedLedger | undefined,
  keys: VendorKeys,
  input: IngestInput,
): Pick<Ingested, "report" | "counted" | "isAgreeable" | "trail"> {
  if (known === undefined) {
    const report = verifyBundle(input.source, undefined);
    return { report, counted: undefined, isAgreeable: false, trail: undefined };
  }
  const { chainId } = known.activation;
  const rows = new UsageRows(database, chainId);
  const segments: AckedSegment[] = [];
  const book = bookEntries(database, chainId, rows);
  let trail: SealedTrail | undefined;
  const visitor: BundleVisitor = {
    block(opened) {
      book(opened);
      trail = trailIn(opened) ?? trail;
    },
    // Kept for later: the verifier still compares with the rows that these will replace.
    segment: (segment) => segments.push(segment),
  };
  database.exec("SAVEPOINT bundle");
  const word = endByWord(database, chainId, keys);
  const agreed = input.reviewed ? word : agreedEnd(database, chainId);
  const question = questionOf(database, known, keys, input.now.wall, visitor);
  const report = verifyBundle(input.source, { ...question, agreedEnd: agreed });
  if (agreed && isByWord(report)) {
    const from = question.acked?.state.size ?? 0;
    keepUnprovenEnd(database, { chainId, ...agreed, from, agreedAt: input.now.wall });
  }
  if (report.next === undefined) database.exec("ROLLBACK TO bundle");
  else keepLedger(database, chainId, report.next, segments);
  database.exec("RELEASE bundle");
  const isAgreeable = endsByWord(report, word);
  return { report, counted: report.next && rows.counted, isAgreeable, trail: report.next && trail };
}

const isByWord = ({ findings }: VerifyReport): boolean =>
  findings.some(({ kind }) => kind === "END_UNPROVEN");

/** The receipt that this verdict calls for: a new one, the last one again, or none. */
function receiptOn(
  database: Database,
  activation: ActivationRecord,
  { keys, folder }: { readonly keys: VendorKeys; readonly folder: VendorFolder },
  { verdict, standing, head, checkpoint }: VerifyReport,
  { now, reviewed }: IngestInput,
): OutgoingReceipt | undefined {
  const rule = VERDICT_FACTS[verdict].receipt;
  const due = rule === "yes" || rule === "resend" || (rule === "after-review" && reviewed);
  if (!due || standing === "STALE" || head === undefined || checkpoint === undefined)
    return undefined;
  const given = receiptFor(database, activation.chainId, head.size);
  if (given) return given;
  // Acknowledged before without a receipt: blocks were missing then, and nobody has looked since.
  if (rule === "resend" && !reviewed) return undefined;
  const acknowledged = { size: head.size, checkpoint };
  const { vendor, revocations } = folder;
  const supersede = newestSupersede(database, activation, vendor)?.note;
  return giveReceipt(database, activation, acknowledged, keys.issuing, now, {
    ...(revocations && { revocations }),
    ...(supersede && { supersede }),
  });
}

function isAccepted({ verdict, problemCount }: VerifyReport, reviewed: boolean): boolean {
  return problemCount === 0 || (reviewed && VERDICT_FACTS[verdict].receipt === "after-review");
}
