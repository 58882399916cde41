import { type Millis, millis } from "../base/time.ts";
import { SEATS_PER_REQUEST, SHORTEST_BORROW_MS } from "../protocol/limits.ts";
import { badOption, demandOptions, demandProductName, momentOption } from "./option-error.ts";
import type { SeatWish } from "./seat-wish.ts";
import type { AcquireOptions, BorrowOptions } from "./seatkeeper.ts";

const VERSION = /^[0-9A-Za-z][0-9A-Za-z.+_-]{0,63}$/;

/** What an application wants. @throws ClientError CLIENT_OPTION for what no daemon would take. */
export function wishOf(
  feature: string,
  options: Omit<AcquireOptions, "signal" | "onQueued">,
): SeatWish {
  demandOptions(options, "{ version, count, wait }, each as needed");
  const { version = "0", count = 1, wait = false } = options;
  demandProductName("feature", feature);
  if (typeof version !== "string" || !VERSION.test(version)) {
    throw badOption(
      "version",
      "must be 1 to 64 of A-Z a-z 0-9 . + _ -, the first a letter or digit",
      "write it like 2026.1, without spaces, or leave it out",
    );
  }
  if (!Number.isSafeInteger(count) || count < 1 || count > SEATS_PER_REQUEST) {
    const rule = `must be a whole number from 1 to ${SEATS_PER_REQUEST}`;
    throw badOption("count", rule, "leave it out for one seat");
  }
  const { versionDate } = options;
  const released =
    versionDate === undefined ? {} : { versionDate: momentOption("versionDate", versionDate) };
  return { feature, version, ...released, count, wait };
}

/** For how long it borrows. @throws ClientError CLIENT_OPTION. */
export function spanOf(options: BorrowOptions): Millis {
  demandOptions(options, "{ days: 7 }, for instance");
  const { days } = options;
  const span = Math.round(days * 86_400_000);
  if (!Number.isFinite(days) || span < SHORTEST_BORROW_MS || days > MOST_DAYS) {
    const rule = `must be a number up to ${MOST_DAYS}, and at least a minute`;
    throw badOption("days", rule, "write { days: 7 } for a week; parts of a day are allowed");
  }
  return millis(span);
}

/** As long as a license may allow. */
const MOST_DAYS = 366;
