import { after, type Millis, millis } from "../base/time.ts";
import type { Clock } from "../clock/clock.ts";
import type { Acquisitions, OnQueued } from "./acquisition.ts";
import { SeatDeniedError } from "./errors.ts";
import type { Grant } from "./seat.ts";
import type { SeatMemory, SeatName } from "./seat-memory.ts";
import type { SeatWish } from "./seat-wish.ts";

/** How long a daemon may take a process that is gone for a live one: until its socket's end arrives. */
const HEIR_PATIENCE: Millis = millis(3_000);

const HEIR_RETRY: Millis = millis(250);

/** What was granted, and the name under which it stays ours. */
export interface Claimed {
  readonly name: SeatName;
  readonly grant: Grant;
}

/** Asks for seats under names that outlive this process. */
export class Claims {
  readonly #acquisitions: Acquisitions;
  readonly #memory: SeatMemory;
  readonly #clock: Clock;

  constructor(acquisitions: Acquisitions, memory: SeatMemory, clock: Clock) {
    this.#acquisitions = acquisitions;
    this.#memory = memory;
    this.#clock = clock;
  }

  /** @throws SeatDeniedError; ClientError; the signal's reason. */
  async claim(wish: SeatWish, signal?: AbortSignal, onQueued?: OnQueued): Promise<Claimed> {
    signal?.throwIfAborted();
    const name = await this.#memory.name(wish);
    try {
      return { name, grant: await this.#ask(wish, name, signal, onQueued) };
    } catch (error) {
      await name.forget();
      // For the daemon the process before us lives on: then its seat is not ours.
      if (name.isInherited && isOfAnother(error)) return this.claim(wish, signal, onQueued);
      throw error;
    }
  }

  async #ask(
    wish: SeatWish,
    { key, isInherited }: SeatName,
    signal: AbortSignal | undefined,
    onQueued: OnQueued | undefined,
  ): Promise<Grant> {
    const patience = after(this.#clock.now().mono, isInherited ? HEIR_PATIENCE : millis(0));
    for (;;) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- again only after a denial
        return await this.#acquisitions.acquire(wish, key, signal, onQueued);
      } catch (error) {
        if (!isOfAnother(error) || this.#clock.now().mono >= patience) throw error;
      }
      // oxlint-disable-next-line no-await-in-loop -- until the daemon has noticed
      await new Promise<void>((resolve) => void this.#clock.after(HEIR_RETRY, resolve));
    }
  }
}

const isOfAnother = (error: unknown): boolean =>
  error instanceof SeatDeniedError && error.reason === "NOT_YOUR_LEASE";
