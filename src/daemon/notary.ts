import type { ChainId } from "../base/ids.ts";
import { type Millis, millis, type UnixMillis } from "../base/time.ts";
import type { SealedLedger } from "../ledger/sealed-ledger.ts";
import { type BorrowTicket, writeBorrowTicket } from "../license/borrow-ticket.ts";
import { type LeaseNote, writeLeaseNotes } from "../license/lease-note.ts";
import { signHead } from "../note/checkpoint.ts";
import { writeJsonNote } from "../note/json-note.ts";
import type { NoteSigner } from "../note/signed-note.ts";
import { type Welcome, welcomeBody } from "../protocol/handshake.ts";
import type { Lease } from "../seats/lease.ts";
import type { SiteKey } from "./site-key.ts";

/** A ticket, and the note that says so. */
export interface SignedTicket {
  readonly ticket: BorrowTicket;
  readonly note: string;
}

/** Signs what one ledger's daemon vouches for: heads, welcomes and leases. */
export class Notary {
  readonly #ledger: SealedLedger;
  readonly #signer: NoteSigner;
  #head: { readonly size: number; readonly text: string } | undefined;

  constructor(ledger: SealedLedger, { signer }: SiteKey) {
    this.#ledger = ledger;
    this.#signer = { name: ledger.origin, signer };
  }

  get chainId(): ChainId {
    return this.#ledger.chainId;
  }

  /** The head of the ledger as it is on the medium; signed once for each size. */
  head(): string {
    const { head } = this.#ledger;
    if (this.#head?.size !== head.size) {
      this.#head = { size: head.size, text: signHead(head, this.#signer) };
    }
    return this.#head.text;
  }

  /** The answer to a hello. */
  welcome(welcome: Omit<Welcome, "head">): string {
    const body = welcomeBody({ ...welcome, head: this.head() });
    return writeJsonNote("welcome", body, this.#signer);
  }

  /** What the note of a lease says: for the nonce of the request that it answers. */
  lease(lease: Lease, nonce: string, offlineGrace: Millis | undefined, now: UnixMillis): LeaseNote {
    const { id, feature, version, count, leaseTime } = lease;
    return {
      chainId: this.chainId,
      leaseId: id,
      feature,
      version,
      count,
      clientKey: lease.client,
      instanceId: lease.instance,
      nonce,
      leaseTimeMs: leaseTime,
      offlineGraceMs: offlineGrace ?? millis(0),
      borrowUntil: lease.borrowed?.until ?? null,
      headSize: this.#ledger.size,
      issuedAt: now,
    };
  }

  /** A note for each lease, under one signature for all. */
  signLeases(leases: readonly LeaseNote[]): readonly string[] {
    return writeLeaseNotes(leases, this.#signer);
  }

  /** The ticket of a borrowed lease. The same lease has the same ticket until its end is moved. */
  ticket(lease: Lease): SignedTicket {
    if (lease.borrowed === null) throw new TypeError("not borrowed");
    const { id, feature, version, versionDate, count, client, borrowed } = lease;
    const { workstation, from, until } = borrowed;
    const what = { leaseId: id, feature, version, versionDate, count };
    const ticket = { chainId: this.chainId, ...what, clientKey: client, workstation, from, until };
    return { ticket, note: writeBorrowTicket(ticket, this.#signer) };
  }
}
