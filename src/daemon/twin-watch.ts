import { utf8 } from "../base/bytes.ts";
import type { ChainId } from "../base/ids.ts";
import { chainId } from "../base/ids.ts";
import { sha256 } from "../crypto/hash.ts";
import { failure } from "../log/log.ts";
import { chainOrigin, openHead } from "../note/checkpoint.ts";
import { NoteError } from "../note/errors.ts";
import type { DeskCore } from "./desk-core.ts";
import { formerLedgers } from "./former-ledger.ts";

/** What a ledger says of one that stood in for it, or stands in for it now. */
export const TWIN_CODES = ["STAND_IN_SEEN"] as const;

/** Heads that need no second look. */
const AT_HAND = 1_024;

const HINT =
  "a backup of this site was restored elsewhere: see that only one of the two serves, and tell the vendor which";

/**
 * Hears from clients of other ledgers under this daemon's key. Where this one did not come after it, there is
 * one only because a backup was restored while this ledger lives. Each is sealed as an incident once; only who
 * has the daemon key can make another.
 */
export class TwinWatch {
  readonly #core: DeskCore;
  readonly #alone: (work: () => Promise<void>) => Promise<void>;
  readonly #judged = new Set<string>();
  /** Those that this one came after: clients may well remember them. */
  readonly #former: ReadonlySet<string>;

  /** @param alone runs work that writes between two groups. */
  constructor(core: DeskCore, alone: (work: () => Promise<void>) => Promise<void>) {
    this.#core = core;
    this.#alone = alone;
    this.#former = formerLedgers(core.folder);
  }

  /** A client has this head, which is not of this ledger. */
  shown(text: string): void {
    if (this.#judged.has(text)) return;
    const twin = this.#twinOf(text);
    if (twin === undefined) return;
    this.#judged.add(text);
    const [oldest] = this.#judged;
    if (this.#judged.size > AT_HAND && oldest !== undefined) this.#judged.delete(oldest);
    if (this.#core.store.meta(this.#keyOf(twin)) !== undefined) return;
    this.#alone(() => this.#seal(twin, text)).catch((error: unknown) => {
      // The client shows it again; perhaps the disk takes it then.
      this.#judged.delete(text);
      this.#core.log.warn("head.not-kept", { vendor: this.#core.vendor.name, ...failure(error) });
    });
  }

  /** The other ledger, if this daemon's key has signed for one. */
  #twinOf(text: string): ChainId | undefined {
    const { vendor, ledger, siteKey } = this.#core;
    const origin = text.slice(0, text.indexOf("\n"));
    const id = ORIGIN.exec(origin)?.[1];
    if (id === undefined || origin === ledger.origin || this.#former.has(id)) return undefined;
    const twin = chainId(id);
    if (origin !== chainOrigin(vendor.name, twin)) return undefined;
    try {
      openHead(text, { name: origin, publicKey: siteKey.signer.publicKey });
      return twin;
    } catch (error) {
      if (!(error instanceof NoteError)) throw error;
      return undefined;
    }
  }

  async #seal(twin: ChainId, text: string): Promise<void> {
    const { store, vendor, writer, time, log } = this.#core;
    const key = this.#keyOf(twin);
    // It may have been sealed while this one waited.
    if (store.meta(key) !== undefined) return;
    const draft = {
      type: "incident",
      code: "STAND_IN_SEEN" satisfies (typeof TWIN_CODES)[number],
      evidenceHash: sha256(utf8(text)),
      firstSeen: time.now().wall,
      count: 1,
    } as const;
    await writer.append(() => draft, { records: [{ kind: "meta", key, value: text }] });
    log.warn("stand-in.seen", { vendor: vendor.name, ledger: twin, hint: HINT });
  }

  #keyOf(twin: ChainId): string {
    return `twin ${this.#core.vendor.name} ${twin}`;
  }
}

const ORIGIN = /\/skc\/([0-9a-f]{32})$/;
