import { minutes } from "../base/time.ts";
import type { Clock, Timer } from "../clock/clock.ts";
import type { Actor, TrailFacts } from "../trail/record.ts";
import type { AuditTrail } from "./audit-trail.ts";

/** Something that somebody tried and was refused. */
interface Attempt {
  readonly act: string;
  /** Why it was refused: one of a few words. */
  readonly reason: string;
  readonly about?: TrailFacts;
  /** Asked only when a record is written: a pseudonym costs more than a refusal. */
  readonly who: () => string | null;
  /** Hears of each record as it is written. */
  readonly told?: ((record: SecurityRecord) => void) | undefined;
}

/** By whom, if one is known, and of how many attempts it tells, if of several. */
export interface SecurityRecord {
  readonly who: string | null;
  readonly times?: number;
}

/**
 * Security events for the audit trail: of each kind the first at once, and those of the minute after
 * it as one record with their number. So nobody fills the disk by being refused.
 */
export class SecurityWatch {
  readonly #trail: Pick<AuditTrail, "note">;
  readonly #clock: Clock;
  /** There while something was counted: a daemon that could not start has no timer that keeps it alive. */
  #timer: Timer | undefined;
  /** How often each kind came again since its last record. */
  readonly #again: Map<string, { readonly attempt: Attempt; times: number }> = new Map();

  constructor(trail: Pick<AuditTrail, "note">, clock: Clock) {
    this.#trail = trail;
    this.#clock = clock;
  }

  saw(attempt: Attempt): void {
    const kind = `${attempt.act} ${attempt.reason}`;
    const again = this.#again.get(kind);
    if (again !== undefined) {
      again.times += 1;
      return;
    }
    this.#again.set(kind, { attempt, times: 0 });
    this.#timer ??= this.#clock.after(minutes(1), () => this.#sum());
    this.#note(attempt, attempt.who(), {});
  }

  /** Writes what was counted. */
  close(): void {
    this.#timer?.cancel();
    this.#sum();
    this.#timer?.cancel();
  }

  #sum(): void {
    this.#timer = undefined;
    const counted = [...this.#again].filter(([, { times }]) => times > 0);
    this.#again.clear();
    for (const [kind, { attempt, times }] of counted) {
      // It goes on: the next record is due in a minute.
      this.#again.set(kind, { attempt, times: 0 });
      this.#note(attempt, null, { times });
    }
    if (this.#again.size > 0) this.#timer = this.#clock.after(minutes(1), () => this.#sum());
  }

  #note({ act, reason, about, told }: Attempt, who: string | null, more: { times?: number }): void {
    const by: Actor = { role: "client", via: "network", who };
    this.#trail.note({ act, by, ...more, about: { reason, ...about } });
    told?.({ who, ...more });
  }
}
