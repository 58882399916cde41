import { isoTime } from "../base/time.ts";
import type { EndReason, NewUsageEvent } from "../base/usage-event.ts";
import type { Log } from "../log/log.ts";
import type { AcquireCommand, Command } from "../seats/command.ts";
import type { Decision, Denial, LostLease } from "../seats/decision.ts";
import { UNLICENSED_NAME } from "../seats/denial-memory.ts";
import type { Lease } from "../seats/lease.ts";

/**
 * Writes to the daemon's log what became of requests: at `info` what somebody may ask about (denials,
 * seats that were taken away, ran out or were borrowed), at `debug` the daily coming and going too
 * (grants, releases, places in queues, denials repeated, seats picked up again). A line is written
 * before the next request is served, and into a busy pipe it takes 0.2 ms: thousands of grants in a
 * second can be paid for on demand only. Holders and workstations are pseudonyms:
 * `seatkeeper seats list --user NAME` tells which.
 */
export class SeatLog {
  readonly #log: Log;

  constructor(log: Log, vendor: string) {
    this.#log = log.with({ vendor });
  }

  /** To be told of each decision once it is durable. */
  decided(command: Command, decision: Decision): void {
    for (const event of decision.events) this.#recorded(event, command, decision);
    if (command.kind === "acquire") this.#unrecorded(command, decision);
  }

  #recorded(event: NewUsageEvent, command: Command, decision: Decision): void {
    const { user: holder } = event;
    switch (event.type) {
      case "grant": {
        const { feature, lease, count, overdraft } = event;
        const workstation = grantsIn(decision).find(({ id }) => id === lease)?.host;
        const seats = { feature, seats: count, overdraft };
        return this.#log.debug("seat.granted", { ...seats, lease, holder, workstation });
      }
      case "end": {
        const { feature, lease, reason: by } = event;
        const { reason, ruleId } = lossIn(decision, lease) ?? {};
        const level = BY_HOLDER.has(by) ? "debug" : "info";
        return this.#log[level]("seat.ended", { feature, lease, holder, by, reason, ruleId });
      }
      case "borrow": {
        const { feature, lease } = event;
        const until = isoTime(event.until);
        return this.#log.info("seat.borrowed", { feature, lease, holder, until });
      }
      case "denial":
        return this.#denied(event, command, decision);
      // Metered use is counted, not told one by one; the lists of named users are the administrator's own act.
      case "usage":
      case "refund":
      case "naming":
    }
  }

  /** `feature` is a meter where usage was refused; a name that no license knows is not repeated. */
  #denied(
    { feature, reason, user: holder }: Extract<NewUsageEvent, { type: "denial" }>,
    command: Command,
    decision: Decision,
  ): void {
    if (command.kind === "record") {
      return this.#log.info("usage.denied", { meter: feature, reason, holder });
    }
    const denial = denialsIn(decision).find((each) => each.reason === reason);
    const workstation = command.kind === "acquire" ? command.by.host : undefined;
    const { ruleId, queuePosition: place } = denial ?? {};
    this.#log.info("seat.denied", { feature, reason, ruleId, place, holder, workstation });
  }

  #unrecorded({ by, feature }: AcquireCommand, { answer, events }: Decision): void {
    const who = { holder: by.user, workstation: by.host };
    const isRecorded = (type: NewUsageEvent["type"]): boolean =>
      events.some((event) => event.type === type);
    if (answer.kind === "queued") {
      this.#log.debug("seat.queued", { feature, place: answer.position, ...who });
    }
    if (answer.kind === "granted" && !isRecorded("grant")) {
      this.#log.debug("seat.again", { feature, lease: answer.lease.id, ...who });
    }
    if (answer.kind === "denied" && !isRecorded("denial")) {
      const { reason, ruleId } = answer.denial;
      const name = UNKNOWN.has(reason) ? UNLICENSED_NAME : feature;
      this.#log.debug("seat.denied", { feature: name, reason, ruleId, ...who });
    }
  }
}

/** Ends that the holder wanted. */
const BY_HOLDER: ReadonlySet<EndReason> = new Set(["released", "returned"]);

/** Denials of names that may be anything. */
const UNKNOWN: ReadonlySet<Denial["reason"]> = new Set(["NO_LICENSE", "NOT_LICENSED_FEATURE"]);

function grantsIn({ answer, notices }: Decision): readonly Lease[] {
  const told = notices.flatMap((notice) => (notice.kind === "granted" ? [notice.lease] : []));
  return answer.kind === "granted" ? [answer.lease, ...told] : told;
}

function denialsIn({ answer, notices }: Decision): readonly Denial[] {
  const told = notices.flatMap((notice) =>
    notice.kind === "queue-dropped" ? [notice.denial] : [],
  );
  return answer.kind === "denied" ? [answer.denial, ...told] : told;
}

function lossIn({ answer }: Decision, lease: string): LostLease | undefined {
  return answer.kind === "renewed" ? answer.lost.find((lost) => lost.lease === lease) : undefined;
}
