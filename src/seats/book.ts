import type { Moment, MonoMillis } from "../base/time.ts";
import type { Command } from "./command.ts";
import type { Decision, SeatCut } from "./decision.ts";
import type { SeatSnapshot } from "./snapshot.ts";
import type { SeatLimits, SeatTerms } from "./terms.ts";
import type { SeatView } from "./view.ts";

/** The leases, queues and meters of one vendor's licenses. */
export class SeatBook {
  static restore(
    _snapshot: SeatSnapshot,
    _terms: SeatTerms,
    _limits: SeatLimits,
    _now: Moment,
  ): SeatBook {
    throw new TypeError("being written");
  }

  decide(_command: Command, _now: Moment): Decision {
    throw new TypeError("being written");
  }

  keep(): void {
    throw new TypeError("being written");
  }

  undo(): void {
    throw new TypeError("being written");
  }

  cut(_now: Moment): SeatCut {
    throw new TypeError("being written");
  }

  nextDeadline(): MonoMillis | undefined {
    throw new TypeError("being written");
  }

  view(_now: Moment): SeatView {
    throw new TypeError("being written");
  }
}
