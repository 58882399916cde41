import { PRODUCT_NAME } from "../base/ids.ts";
import { type Millis, millis, unixMillis } from "../base/time.ts";
import { SEATS_PER_REQUEST, SHORTEST_BORROW_MS } from "../protocol/limits.ts";
import type { SeatWish } from "./seat-wish.ts";
import type { AcquireOptions } from "./seatkeeper.ts";

const VERSION = /^[0-9A-Za-z][0-9A-Za-z.+_-]{0,63}$/;

/** What an application wants. @throws RangeError for what no daemon would take. */
export function wishOf(
  feature: string,
  options: Omit<AcquireOptions, "signal" | "onQueued">,
): SeatWish {
  const { version = "0", count = 1, wait = false } = options;
  if (!PRODUCT_NAME.test(feature)) throw new RangeError("not the name of a feature");
  if (!VERSION.test(version)) throw new RangeError("not a version");
  if (!Number.isSafeInteger(count) || count < 1 || count > SEATS_PER_REQUEST) {
    throw new RangeError(`count must be a whole number from 1 to ${SEATS_PER_REQUEST}`);
  }
  const { versionDate } = options;
  const released = versionDate === undefined ? {} : { versionDate: unixMillis(versionDate) };
  return { feature, version, ...released, count, wait };
}

/** For how long it borrows. @throws RangeError. */
export function spanOf(count: number): Millis {
  const span = Math.round(count * 86_400_000);
  if (!Number.isFinite(count) || span < SHORTEST_BORROW_MS || count > MOST_DAYS) {
    throw new RangeError(`days must be a number up to ${MOST_DAYS}, and at least a minute`);
  }
  return millis(span);
}

/** As long as a license may allow. */
const MOST_DAYS = 366;
