import { equalBytes, fromUtf8, toBase64Url } from "../base/bytes.ts";
import { type ChainId, chainId } from "../base/ids.ts";
import type { UnixMillis } from "../base/time.ts";
import type { Signer } from "../crypto/ed25519.ts";
import {
  bytes,
  decodeWith,
  embeddedNote,
  extensionsWithNotes,
  idOf,
  mapOf,
  moment,
  vendorNameField,
  wholeNumber,
} from "../license/fields.ts";
import { type Issuer, issuerKeyName, mayIssueAt, readIssuer } from "../license/issuer.ts";
import { refuseRevokedIssuer } from "../license/revocation-checks.ts";
import { newestRevocations, type Revocations, readRevocations } from "../license/revocations.ts";
import { readSupersede, type Supersede } from "../license/supersede.ts";
import { type Head, openHead } from "../note/checkpoint.ts";
import { peekJsonNote, readJsonNote, writeJsonNote } from "../note/json-note.ts";
import { ReceiptError } from "./errors.ts";

/** Bytes of the nonce that must come back in the site's next export. */
export const RECEIPT_NONCE_BYTES = 32;

/** What the vendor acknowledges (docs/spec/bundle.md, "Receipt"). */
export interface ReceiptFields {
  readonly vendor: string;
  readonly chainId: ChainId;
  /** Counts the receipts of one ledger: 1, 2, 3 … */
  readonly receiptNo: number;
  /** The acknowledged head, in the words the site signed. */
  readonly head: string;
  /** The vendor's wall clock. */
  readonly vendorTime: UnixMillis;
  /** 32 random bytes. */
  readonly nonce: Uint8Array;
  /** The note by which the vendor's root key vouches for the key that signs this receipt. */
  readonly issuer: string;
  /** What the vendor did not stand by when it gave the receipt. */
  readonly revocations?: Revocations;
  /** Which branch of the ledger is the ledger, where the vendor had to say so. */
  readonly supersede?: Supersede;
}

/** A receipt whose signatures hold: the issuer's under the root key, its own, and the site's. */
export interface Receipt extends ReceiptFields {
  /** What `head` says. */
  readonly acknowledged: Head;
  /** The receipt byte for byte, as it goes into the ledger. */
  readonly text: string;
}

/** Whom a receipt must come from, and whose head it must acknowledge. */
export interface ReceiptTrust {
  readonly vendorName: string;
  /** The vendor's root key. */
  readonly rootKey: Uint8Array;
  /** The origin of this ledger. */
  readonly origin: string;
  /** The key that signs the heads of this ledger. */
  readonly daemonKey: Uint8Array;
  /** The newest list that is known already. */
  readonly revocations?: Revocations | undefined;
}

/** What the site knows when a receipt arrives. */
export interface ReceiptSite {
  readonly chainId: ChainId;
  /** The newest receipt taken so far. */
  readonly last: { readonly receiptNo: number; readonly nonce: Uint8Array } | undefined;
  /** The newest acknowledged size; 0 before the first receipt. */
  readonly ackSize: number;
  /** Blocks in the ledger. */
  readonly size: number;
  /** The root of the site's own tree at a size up to `size`. */
  rootAt(size: number): Uint8Array;
}

/** A receipt that is carried in twice is no mistake. */
export type ReceiptCheck = { readonly kind: "new" } | { readonly kind: "repeated" };

/** The receipt as signed text. `signer` holds the key that `issuer` vouches for. */
export function writeReceipt(fields: ReceiptFields, signer: Signer): string {
  const body = {
    vendor: fields.vendor,
    chain_id: fields.chainId,
    receipt_no: fields.receiptNo,
    head: fields.head,
    vendor_time: fields.vendorTime,
    nonce: toBase64Url(fields.nonce),
    issuer: fields.issuer,
    // Below `ext`, so that releases which do not look for it can read the receipt too.
    ext: extensionsOf(fields),
  };
  const name = issuerKeyName(fields.vendor);
  return writeJsonNote("receipt", body, { name, signer }, { pretty: true });
}

function extensionsOf({ revocations, supersede }: ReceiptFields): object | undefined {
  if (revocations === undefined && supersede === undefined) return undefined;
  return { revocations: revocations?.text, supersede: supersede?.text };
}

/**
 * Reads a receipt and checks every signature in it.
 * @throws NoteError for a text or signature that does not hold.
 * @throws LicenseError for an issuer, supersede note or list of revocations that does not hold, and
 * `LICENSE_ISSUER_REVOKED` for a receipt by a revoked key.
 * @throws ReceiptError `RECEIPT_FIELD`, `RECEIPT_WRONG_VENDOR`, `RECEIPT_WRONG_CHAIN`, `RECEIPT_ISSUER_EXPIRED`.
 */
export function readReceipt(note: string | Uint8Array, trust: ReceiptTrust): Receipt {
  // The issuer inside says which key must have signed; nothing else is believed before it has.
  const issuer = issuerOf(decodeBody(peekJsonNote(note, "receipt").body).fields, trust);
  const name = issuerKeyName(trust.vendorName);
  const body = readJsonNote("receipt", note, [{ name, publicKey: issuer.key }]);
  const { fields, revocations, supersede } = decodeBody(body);
  if (!mayIssueAt(issuer, fields.vendorTime)) {
    throw new ReceiptError(
      "RECEIPT_ISSUER_EXPIRED",
      "the receipt is dated outside its issuer's time",
      {
        hint: "ask the vendor for a receipt signed by a current key",
      },
    );
  }
  const carried = revocations === undefined ? undefined : readRevocations(revocations, trust);
  const list = newestRevocations([carried, trust.revocations]);
  refuseRevokedIssuer("receipt", fields.issuer, trust.rootKey, list);
  const acknowledged = openHead(fields.head, { name: trust.origin, publicKey: trust.daemonKey });
  return {
    ...fields,
    ...(carried === undefined ? {} : { revocations: carried }),
    ...(supersede === undefined
      ? {}
      : {
          supersede: readSupersede(supersede, {
            ...trust,
            chainId: fields.chainId,
            revocations: list,
          }),
        }),
    acknowledged,
    text: typeof note === "string" ? note : fromUtf8(note),
  };
}

/**
 * Holds a receipt against the site's own ledger: its chain, its number, and the root that the
 * site's own tree had at the acknowledged size.
 * @throws ReceiptError `RECEIPT_WRONG_CHAIN`, `RECEIPT_REPEATED`, `RECEIPT_AHEAD`, `RECEIPT_BEHIND`, `RECEIPT_ROOT`.
 */
export function checkReceipt(receipt: Receipt, site: ReceiptSite): ReceiptCheck {
  const { chainId: chain, receiptNo, acknowledged } = receipt;
  if (chain !== site.chainId) throw wrongChain(chain);
  if (site.last !== undefined && receiptNo <= site.last.receiptNo) {
    if (receiptNo === site.last.receiptNo && equalBytes(receipt.nonce, site.last.nonce)) {
      return { kind: "repeated" };
    }
    throw new ReceiptError(
      "RECEIPT_REPEATED",
      `receipt ${receiptNo} comes after receipt ${site.last.receiptNo}`,
      { hint: "import the newest receipt of the vendor" },
    );
  }
  refuseSize(acknowledged.size, site);
  if (!equalBytes(acknowledged.root, site.rootAt(acknowledged.size))) {
    throw new ReceiptError(
      "RECEIPT_ROOT",
      `this ledger had another root at ${acknowledged.size} blocks than the receipt acknowledges`,
      { hint: "the ledger was replaced or restored; tell the vendor before going on" },
    );
  }
  return { kind: "new" };
}

function refuseSize(acknowledged: number, site: ReceiptSite): void {
  if (acknowledged > site.size) {
    throw new ReceiptError(
      "RECEIPT_AHEAD",
      `the receipt acknowledges ${acknowledged} blocks, this ledger has ${site.size}`,
      { hint: "the ledger was restored from an older copy; tell the vendor before going on" },
    );
  }
  if (acknowledged < site.ackSize) {
    throw new ReceiptError(
      "RECEIPT_BEHIND",
      `the receipt acknowledges ${acknowledged} blocks, ${site.ackSize} are acknowledged already`,
      { hint: "import the newest receipt of the vendor" },
    );
  }
}

function issuerOf(unverified: ReceiptFields, trust: ReceiptTrust): Issuer {
  if (unverified.vendor !== trust.vendorName) {
    throw new ReceiptError("RECEIPT_WRONG_VENDOR", `the receipt is from ${unverified.vendor}`, {
      hint: `import it into the ledger kept for that vendor, not for ${trust.vendorName}`,
    });
  }
  if (!trust.origin.endsWith(`/${unverified.chainId}`)) throw wrongChain(unverified.chainId);
  return readIssuer(unverified.issuer, trust.vendorName, trust.rootKey);
}

/** What a receipt says, and the notes that it brings, which are not read yet. */
interface DecodedBody {
  readonly fields: ReceiptFields;
  readonly revocations: string | undefined;
  readonly supersede: string | undefined;
}

function decodeBody(body: unknown): DecodedBody {
  const decoded = decodeWith(BODY, body, ({ path, problem }) => {
    return new ReceiptError("RECEIPT_FIELD", `${path.join(".") || "the receipt"} ${problem}`, {
      hint: "ask the vendor for the receipt again",
    });
  });
  const fields = {
    vendor: decoded.vendor,
    chainId: decoded.chain_id,
    receiptNo: decoded.receipt_no,
    head: decoded.head,
    vendorTime: decoded.vendor_time,
    nonce: decoded.nonce,
    issuer: decoded.issuer,
  };
  const { revocations, supersede } = decoded.ext ?? {};
  return { fields, revocations, supersede };
}

const BODY = mapOf({
  vendor: vendorNameField,
  chain_id: idOf(chainId, "a chain id"),
  receipt_no: wholeNumber(1, Number.MAX_SAFE_INTEGER),
  head: embeddedNote,
  vendor_time: moment,
  nonce: bytes(RECEIPT_NONCE_BYTES),
  issuer: embeddedNote,
  ext: extensionsWithNotes,
});

function wrongChain(found: ChainId): ReceiptError {
  return new ReceiptError("RECEIPT_WRONG_CHAIN", `the receipt is for ledger ${found}`, {
    hint: "import it where that ledger is kept",
  });
}
