import type { Millis } from "../../base/time.ts";
import {
  type AcquireOptions,
  connect,
  type Loss,
  type Seat,
  SeatDeniedError,
  type Seatkeeper,
} from "../../client/index.ts";
import type { Clock, Timer } from "../../clock/clock.ts";
import { systemClock } from "../../clock/system-clock.ts";
import { readDuration } from "../../config/duration.ts";
import { type Command, command, type Shell } from "../shared/command.ts";
import { CliError, usageError } from "../shared/errors.ts";
import { contradictionInWords, supersededInWords } from "./contradiction-words.ts";
import { reasonInWords, withProspects } from "./denial-words.ts";
import { KEEPER_OPTIONS, keeperOptions } from "./keeper-options.ts";
import { seatWish } from "./seat-wish.ts";
import { stopSignal } from "./stop-signal.ts";
import { spanInWords } from "./words.ts";
import { WrappedCommand } from "./wrapped-command.ts";

/** `seatkeeper run`: a seat for programs that know nothing of seats. */
export const run: Command = command({
  command: "run",
  summary: "hold a seat while a command runs",
  options: {
    feature: {
      type: "string",
      requiresArg: true,
      demandOption: true,
      describe: "the feature to hold a seat of",
    },
    "feature-version": {
      type: "string",
      requiresArg: true,
      describe: "the version of the program",
    },
    "version-date": {
      type: "string",
      requiresArg: true,
      describe: "the day it was released, as 2026-11-30; where maintenance has an end",
    },
    count: { type: "number", requiresArg: true, default: 1, describe: "seats to hold" },
    wait: { type: "boolean", default: false, describe: "wait in the queue when no seat is free" },
    grace: {
      type: "string",
      requiresArg: true,
      default: "60s",
      describe: "how long the command may go on after its seat was lost for good",
    },
    ...KEEPER_OPTIONS,
  },
  takesRest: true,
  examples: [
    ["run --feature cad.pro -- cad", "hold a seat of cad.pro while cad runs"],
    ["run --feature cad.pro --wait -- cad", "wait until a seat is free"],
  ],
  async run(options, shell) {
    const [program = ""] = shell.rest;
    if (program === "") throw usageError("name a command after --", "see seatkeeper run --help");
    const { feature, ...wish } = seatWish(options);
    const grace = graceOf(options.grace);
    const given = keeperOptions(options, shell);
    // Before the command runs, a signal ends the waiting; afterwards it is the command's.
    const signal = stopSignal();
    const keeper = await connect({ ...given, signal });
    keeper.on("contradicted", (contradiction) => {
      for (const line of contradictionInWords(contradiction)) shell.out.warn(line);
    });
    keeper.on("superseded", (superseded) => {
      for (const line of supersededInWords(superseded)) shell.out.note(line);
    });
    keeper.on("untold", (untold) => {
      shell.out.warn(
        `the license server has not proven that its ledger tells of the seat of ${untold}: tell the license administrator`,
      );
    });
    try {
      const seat = await grantedSeat(keeper, feature, {
        ...wish,
        wait: options.wait,
        signal,
        onQueued: (position) =>
          shell.out.note(`waiting for a seat of ${feature}, place ${position}`),
      });
      tellBorrowed(keeper, seat, shell);
      return await holding(keeper, seat, grace, shell);
    } finally {
      await keeper.close();
    }
  },
});

/** A denial is told with who is in the way and what waiting would bring. */
async function grantedSeat(
  keeper: Seatkeeper,
  feature: string,
  options: AcquireOptions,
): Promise<Seat> {
  try {
    return await keeper.acquire(feature, options);
  } catch (error) {
    if (!(error instanceof SeatDeniedError)) throw error;
    throw withProspects(error);
  }
}

/** Who has no server at hand shall know how long that goes well. */
function tellBorrowed(keeper: Seatkeeper, seat: Seat, { out }: Shell): void {
  if (keeper.server !== undefined) return;
  out.note(`no license server; the borrowed seat is good for ${spanInWords(seat.remaining)}`);
}

/** Runs the command; when the seat is lost for longer than `grace`, or finally, ends it. */
async function holding(
  keeper: Seatkeeper,
  seat: Seat,
  grace: Millis,
  shell: Shell,
): Promise<number> {
  const clock = systemClock();
  const env = { SEATKEEPER_LEASE: seat.leaseId, SEATKEEPER_SERVER: keeper.server ?? "" };
  const wrapped = new WrappedCommand(shell.rest, env, clock);
  const isBorrowed = keeper.borrowed.some(({ leaseId }) => leaseId === seat.leaseId);
  const watch = new SeatWatch(seat, isBorrowed, grace, clock, shell, () => wrapped.end());
  try {
    const code = await wrapped.ended;
    if (watch.loss === undefined) return code;
    const why = reasonInWords(watch.loss);
    throw new CliError("SEAT_LOST", `the seat of ${seat.feature} was lost: ${why}`, {
      hint: watch.loss.hint,
      facts: { reason: watch.loss.reason, exitCode: code },
    });
  } finally {
    watch.stop();
  }
}

/** Tells the person about the seat, and ends the command when the grace time is over. */
class SeatWatch {
  /** Why the command was ended; undefined while it was not. */
  loss: Loss | undefined;
  #timer: Timer | undefined;

  constructor(
    seat: Seat,
    isBorrowed: boolean,
    grace: Millis,
    clock: Clock,
    shell: Shell,
    end: () => void,
  ) {
    seat.on("expiring", (remaining) =>
      shell.out.warn(
        isBorrowed
          ? `the borrowed seat of ${seat.feature} ends in ${spanInWords(remaining)}`
          : `the license server is out of reach; the seat is safe for ${spanInWords(remaining)}`,
      ),
    );
    seat.on("lost", (loss) => {
      if (this.#timer !== undefined) return;
      shell.out.warn(
        `the seat of ${seat.feature} is lost (${reasonInWords(loss)}): ${loss.hint}; ending the command in ${spanInWords(grace)}`,
      );
      this.#timer = clock.after(grace, () => {
        this.loss = loss;
        end();
      });
    });
    seat.on("regained", () => {
      this.stop();
      shell.out.note(`the seat of ${seat.feature} is back`);
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}

function graceOf(text: string): Millis {
  const grace = readDuration(text);
  if (grace === undefined) throw usageError("--grace is a duration such as 60s or 5m");
  return grace;
}
