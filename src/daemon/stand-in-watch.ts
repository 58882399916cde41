import { DENIAL_HINTS, type DenialReason } from "../base/denial.ts";
import { isoTime } from "../base/time.ts";
import type { AdminStandIn } from "../protocol/admin/status.ts";
import type { Welcome } from "../protocol/handshake.ts";
import type { DeskCore } from "./desk-core.ts";
import type { NotReady } from "./health.ts";

/** Why nothing is granted once all days are used. */
export const EMERGENCY_OVER: NotReady = {
  code: "EMERGENCY_OVER",
  reason: "the emergency days of the licenses are used up",
  hint: DENIAL_HINTS.EMERGENCY_OVER,
};

/** A ledger that stands in for a lost one: by what it serves, for how long, and who has been told. */
export class StandInWatch {
  readonly #core: DeskCore;
  /** Runs work that writes between two groups. */
  readonly #alone: (work: () => Promise<void>) => Promise<void>;
  /** The newest day of an emergency that this run has said, in its preface or since. */
  #saidDay: number;

  constructor(core: DeskCore, alone: (work: () => Promise<void>) => Promise<void>) {
    this.#core = core;
    this.#alone = alone;
    this.#saidDay = this.#emergency?.day ?? 0;
  }

  /** By what seats are granted while the ledger has no licenses of its own; undefined where it does not stand in. */
  get standIn(): AdminStandIn | undefined {
    const { standingIn, shelf } = this.#core;
    const { licenses } = shelf;
    if (standingIn === undefined || !licenses.some((each) => standingIn.isLent(each))) {
      return undefined;
    }
    return { licensed: standingIn.note.licensed, emergency: this.#emergency ?? null };
  }

  /** For the greeting. Nobody need know that it stands in once the ledger has licenses of its own. */
  get greeting(): Pick<Welcome, "standIn"> {
    const { standIn } = this;
    if (standIn === undefined) return {};
    const { licensed, emergency } = standIn;
    const { hostHash } = this.#core.site;
    return { standIn: { licensed, hostHash, endsAt: emergency?.endsAt ?? null } };
  }

  /** Whether all days that the licenses allow are used. */
  get isOver(): boolean {
    const emergency = this.#emergency;
    return emergency !== undefined && emergency.day > emergency.allowed;
  }

  /** Says so, and for how long. */
  warn(): void {
    const { standIn } = this;
    if (standIn === undefined) return;
    const { licensed, emergency } = standIn;
    const days = emergency && { ...emergency, endsAt: isoTime(emergency.endsAt) };
    const hint = "send the request of seatkeeper license request to the vendor";
    const { log, vendor } = this.#core;
    log.warn("stand-in.serving", { vendor: vendor.name, licensed, ...days, hint });
  }

  /** Seals each new day of an emergency. */
  async sayDay(): Promise<void> {
    const { standingIn, shelf, writer } = this.#core;
    const incident = standingIn?.incident(shelf.licenses);
    if (incident === undefined || incident.count <= this.#saidDay) return;
    await this.#alone(() => writer.append(() => incident));
    this.#saidDay = incident.count;
    this.warn();
  }

  /** The refusal as it is once all days are used: the engine knows of an end, and not of what. */
  inFull<Refusal extends { readonly reason: DenialReason }>(refusal: Refusal): Refusal {
    if (refusal.reason !== "EXPIRED" || !this.isOver) return refusal;
    return { ...refusal, reason: "EMERGENCY_OVER", hint: DENIAL_HINTS.EMERGENCY_OVER };
  }

  /** Undefined where no days of an emergency are counted. */
  get #emergency(): ReturnType<NonNullable<DeskCore["standingIn"]>["emergency"]> {
    const { standingIn, shelf } = this.#core;
    return standingIn?.emergency(shelf.licenses);
  }
}
