import type { LeaseId } from "../base/ids.ts";
import type { WireDenial } from "../protocol/denial.ts";
import type { Method, ParamsOf } from "../protocol/requests.ts";
import type {
  AcquireResult,
  BorrowResult,
  LedgerProof,
  RenewResult,
  ResultOf,
  WireEntry,
  WireLease,
} from "../protocol/results.ts";
import { BorrowRefusedError, ClientError, SeatDeniedError } from "./errors.ts";
import type { Wire } from "./wire.ts";
import type { Asked, Contradiction, Granted, Judgement, Superseded, Witness } from "./witness.ts";

/** Who is told what the ledger was found to be. */
export interface LedgerListener {
  /** It does not go on from what this computer remembers of it. */
  contradicted(contradiction: Contradiction): void;
  /** What this computer remembers of it was given up by the vendor, and is not held against it. */
  superseded(superseded: Superseded): void;
  /** It does not tell of a seat of this feature, which was granted. */
  untold(feature: string): void;
}

type Ways = { readonly [M in Method]?: (params: ParamsOf[M]) => Promise<ResultOf[M]> };

/**
 * Asks on a connection, and holds what the daemon grants against what this computer knows of its ledger.
 * Where the license says that seats are refused then, what was granted is given back, and the answer is
 * the denial that an honest daemon would have to give.
 */
export class LedgerWatch {
  readonly #wire: Wire;
  readonly #witness: Witness;
  readonly #listener: LedgerListener;
  readonly #ways: Ways = {
    "seat.acquire": (params) => this.#acquire(params),
    "seat.renew": (params) => this.#renewed("seat.renew", params),
    "seat.resume": (params) => this.#renewed("seat.resume", params),
    "seat.borrow": (params) => this.#borrow(params),
  };

  constructor(wire: Wire, witness: Witness, listener: LedgerListener) {
    this.#wire = wire;
    this.#witness = witness;
    this.#listener = listener;
  }

  /** Whether the newest answer contradicted what this computer knows. */
  get isDisputed(): boolean {
    return this.#witness.isDisputed;
  }

  /** @throws SeatDeniedError; ClientError SERVER_REFUSED, SERVER_CONNECTION_LOST, SERVER_IDENTITY. */
  request<M extends Method>(method: M, params: ParamsOf[M]): Promise<ResultOf[M]> {
    const way: Ways[M] = this.#ways[method];
    return way === undefined ? this.#wire.request(method, params) : way(params);
  }

  /**
   * Holds a seat that was granted against the ledger, where the licenses have each grant in it.
   * @throws SeatDeniedError LEDGER_BROKEN where they also say that it is refused otherwise; ClientError SERVER_IDENTITY.
   */
  expectTold(lease: WireLease): void {
    const denial = this.#untold(lease);
    if (denial !== undefined) throw new SeatDeniedError(denial);
  }

  async #acquire(params: ParamsOf["seat.acquire"]): Promise<AcquireResult> {
    const { result, refusal } = await this.#witnessed("seat.acquire", params);
    if (refusal === undefined) {
      if (result.state !== "granted") return result;
      const { entry, ...lease } = result.lease;
      return { ...result, lease: { ...lease, ...entryUnder(result.ledger, entry) } };
    }
    if (result.state === "granted") this.#giveBack([result.lease.id]);
    else void this.#wire.request("seat.cancel", { key: params.key }).catch(ignoreRefusal);
    throw new SeatDeniedError(denialOf(params.feature, refusal));
  }

  /** Whether it goes back is for whoever knows the tickets: there may be one from before. */
  async #borrow(params: ParamsOf["seat.borrow"]): Promise<BorrowResult> {
    const { result, refusal } = await this.#witnessed("seat.borrow", params);
    if (refusal !== undefined) {
      throw new BorrowRefusedError(denialOf(params.feature, refusal), result.lease);
    }
    const { feature, count } = params;
    const { lease: id, entry } = result;
    const lent = { id, feature, count, ...entryUnder(result.ledger, entry) };
    const untold = this.#untold(lent);
    if (untold !== undefined) throw new BorrowRefusedError(untold, id);
    return result;
  }

  /** The denial of a seat that the ledger does not tell of, where the licenses refuse it. */
  #untold(granted: Granted): WireDenial | undefined {
    if (!this.#witness.isUntold(granted)) return undefined;
    const { feature } = granted;
    this.#listener.untold(feature);
    if (!this.#witness.refusesUntold) return undefined;
    return { reason: "LEDGER_BROKEN", feature, hint: UNTOLD };
  }

  async #renewed(
    method: "seat.renew" | "seat.resume",
    params: ParamsOf["seat.renew"],
  ): Promise<RenewResult> {
    const { result, refusal } = await this.#witnessed(method, params);
    if (refusal === undefined) return result;
    const ids = result.leases.map(({ id }) => id);
    this.#giveBack(ids);
    const hint = hintOf(refusal);
    const refused = ids.map((id) => ({ id, reason: "LEDGER_BROKEN", hint }) as const);
    return { leases: [], lost: [...result.lost, ...refused] };
  }

  async #witnessed<M extends "seat.acquire" | "seat.renew" | "seat.resume" | "seat.borrow">(
    method: M,
    params: ParamsOf[M],
  ): Promise<{ readonly result: ResultOf[M]; readonly refusal: Contradiction | undefined }> {
    const asked = this.#witness.asked();
    const result = await this.#wire.request(method, { ...params, ...asked.params });
    const judgement = await this.#judged(asked, result.ledger);
    if (judgement.kind === "superseded") this.#listener.superseded(judgement.superseded);
    if (judgement.kind !== "contradicted") return { result, refusal: undefined };
    const { contradiction } = judgement;
    this.#listener.contradicted(contradiction);
    return { result, refusal: this.#witness.refuses(contradiction) ? contradiction : undefined };
  }

  async #judged(asked: Asked, shown: LedgerProof | undefined): Promise<Judgement> {
    try {
      return await this.#witness.judge(asked, shown);
    } catch (error) {
      if (error instanceof ClientError) this.#wire.fail(error);
      throw error;
    }
  }

  #giveBack(leases: readonly LeaseId[]): void {
    for (const lease of leases) {
      // What the daemon does not hear of ends with its time.
      void this.#wire.request("seat.release", { lease }).catch(ignoreRefusal);
    }
  }
}

/**
 * The proof that the ledger tells of a seat, if it leads to the head that was proven to go on in the same
 * answer. Under any other head a daemon could have a ledger that it shows to nobody else.
 */
function entryUnder(
  ledger: LedgerProof | undefined,
  entry: WireEntry | undefined,
): Pick<Granted, "entry"> {
  return entry !== undefined && entry.head === ledger?.head ? { entry } : {};
}

const UNTOLD =
  "the license server has not proven that its ledger tells of the seat: tell the license administrator";

function denialOf(feature: string, refusal: Contradiction): WireDenial {
  return { reason: "LEDGER_BROKEN", feature, hint: hintOf(refusal) };
}

function hintOf({ evidence }: Contradiction): string {
  const show =
    evidence === undefined
      ? "tell the license administrator"
      : `show ${evidence} to the license administrator`;
  return `the license server's ledger does not go on from what this computer has seen of it: ${show}`;
}

function ignoreRefusal(error: unknown): undefined {
  if (!(error instanceof ClientError)) throw error;
}
