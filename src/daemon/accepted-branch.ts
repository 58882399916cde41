import { utf8 } from "../base/bytes.ts";
import { CodedError } from "../base/errors.ts";
import { sha256 } from "../crypto/hash.ts";
import { LicenseError } from "../license/errors.ts";
import {
  checkSupersede,
  isGivenUp,
  readSupersede,
  type Supersede,
  type SupersedeCheck,
} from "../license/supersede.ts";
import { failure } from "../log/log.ts";
import type { AdminVendor } from "../protocol/admin/status.ts";
import type { DeskCore } from "./desk-core.ts";
import type { IncidentCode } from "./incident-codes.ts";
import { ownRootAt } from "./own-root.ts";

/**
 * What the vendor has decided about two branches of this ledger: its newest note, kept and sealed
 * in one transaction. It stays when the receipt or license that brought it goes.
 */
export class AcceptedBranch {
  readonly #core: DeskCore;
  readonly #alone: (work: () => Promise<void>) => Promise<void>;
  #newest: Supersede | undefined;

  /** @param alone runs work that writes between two groups. */
  constructor(core: DeskCore, alone: (work: () => Promise<void>) => Promise<void>) {
    this.#core = core;
    this.#alone = alone;
    this.#newest = this.#kept();
  }

  /** Undefined where there never were two branches. */
  get newest(): Supersede | undefined {
    return this.#newest;
  }

  /** For the administrator. */
  get told(): AdminVendor["superseded"] {
    if (this.#newest === undefined) return null;
    const { number, issuedAt, reason, accepted, abandonedUpTo } = this.#newest;
    return { number, issuedAt, reason, accepted: accepted.size, givenUpTo: abandonedUpTo };
  }

  /** Whether a head that the ledger does not go on from is one that the vendor has given up. */
  isGivenUp(head: { readonly size: number }): boolean {
    return isGivenUp(head, this.#newest);
  }

  /**
   * Looks at a note, and changes nothing.
   * @throws LicenseError SUPERSEDE_OLDER, SUPERSEDE_OTHER_BRANCH.
   */
  check(note: Supersede): SupersedeCheck {
    return checkSupersede(note, {
      newest: this.#newest,
      size: this.#core.ledger.size,
      rootAt: (size) => ownRootAt(this.#core, size),
    });
  }

  /**
   * The same for a note in a license: one that is older than what is known came with an older license,
   * and does not keep it from being installed.
   */
  checkCarried(note: Supersede | undefined): void {
    // A license of another ledger is refused for being one.
    if (note?.chainId !== this.#core.ledger.chainId) return;
    if (!this.#isOlder(note)) this.check(note);
  }

  /**
   * Keeps a note and seals that there is one. The same again changes nothing.
   * @returns whether it is news.
   * @throws LicenseError as `check`.
   */
  async take(note: Supersede): Promise<boolean> {
    if (this.check(note) === "repeated") return false;
    const { writer, time, log, vendor } = this.#core;
    const draft = {
      type: "incident",
      code: "LEDGER_SUPERSEDED" satisfies IncidentCode,
      evidenceHash: sha256(utf8(note.text)),
      firstSeen: time.now().wall,
      count: 1,
    } as const;
    const kept = { kind: "meta", key: this.#key, value: note.text } as const;
    await this.#alone(() => writer.append(() => draft, { records: [kept] }));
    this.#newest = note;
    const { number, accepted, abandonedUpTo, reason } = note;
    log.warn("ledger.superseded", {
      vendor: vendor.name,
      number,
      accepted: accepted.size,
      givenUpTo: abandonedUpTo,
      reason,
    });
    return true;
  }

  /**
   * Takes the newest note that installed licenses bring: after a crash between the two, and for files that
   * somebody has put into the data folder.
   * @returns whether it is news. A note that is not for this branch is told to the log.
   */
  async takeCarried(): Promise<boolean> {
    const { shelf, log, vendor, ledger } = this.#core;
    const newest = shelf.licenses
      .flatMap(({ supersede }) => supersede ?? [])
      // Of a lost ledger that this one stands in for, licenses may bring others.
      .filter(({ chainId }) => chainId === ledger.chainId)
      .toSorted((one, two) => one.number - two.number)
      .at(-1);
    if (newest === undefined || newest.number <= (this.#newest?.number ?? 0)) return false;
    try {
      return await this.take(newest);
    } catch (error) {
      if (!(error instanceof LicenseError)) throw error;
      log.warn("ledger.not-superseded", { vendor: vendor.name, ...failure(error) });
      return false;
    }
  }

  #isOlder({ number, text }: Supersede): boolean {
    const { newest } = this;
    if (newest === undefined || number > newest.number || text === newest.text) return false;
    const { log, vendor } = this.#core;
    log.warn("ledger.not-superseded", {
      vendor: vendor.name,
      code: "SUPERSEDE_OLDER" satisfies LicenseError["code"],
      number,
      newest: newest.number,
    });
    return true;
  }

  /** One that is for a ledger before this one, or by a key that was revoked since, says nothing here. */
  #kept(): Supersede | undefined {
    const { store, vendor, ledger, siteKey, shelf, log } = this.#core;
    const text = store.meta(this.#key);
    if (text === undefined) return undefined;
    try {
      return readSupersede(text, {
        vendorName: vendor.name,
        rootKey: vendor.rootKey,
        chainId: ledger.chainId,
        daemonKey: siteKey.signer.publicKey,
        revocations: shelf.revocations,
      });
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      log.warn("ledger.not-superseded", { vendor: vendor.name, ...failure(error) });
      return undefined;
    }
  }

  get #key(): string {
    return `superseded ${this.#core.vendor.name}`;
  }
}
