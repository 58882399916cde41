import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { chainId } from "../../src/base/ids.ts";
import { type Moment, monoMillis, unixMillis } from "../../src/base/time.ts";
import { EmergencyTime } from "../../src/daemon/emergency-time.ts";
import { openStore, type Store } from "../../src/store/database.ts";
import { emptyFolder, noon } from "./given.ts";

const HOUR = 3_600_000;
const lost = chainId("ab".repeat(16));
let now: Moment = { wall: noon, mono: monoMillis(0) };

function aStore(): Store {
  const store = openStore(join(emptyFolder(), "seatkeeper.db"));
  onTestFinished(() => store.close());
  return store;
}

const opened = (store: Store): EmergencyTime =>
  new EmergencyTime(store, "acme.example", lost, () => now);

function pass(mono: number, wall: number = mono): void {
  now = { wall: unixMillis(now.wall + wall), mono: monoMillis(now.mono + mono) };
}

it("an emergency lasts no longer because a clock jumped ahead and was believed", () => {
  const time = opened(aStore());
  pass(25 * HOUR, 40 * 24 * HOUR);
  expect(time.day).toBe(2);
  expect(time.endAfter(3) - now.wall).toBe(47 * HOUR);
});

it("tells one end, though clocks drift a little", () => {
  const time = opened(aStore());
  const end = time.endAfter(3);
  pass(HOUR, HOUR + 500);
  expect(time.endAfter(3)).toBe(end);
});

it("a run goes on where the one before has left, and counts the time between", () => {
  const store = aStore();
  const before = opened(store);
  pass(5 * HOUR);
  before.keep();
  now = { wall: unixMillis(now.wall + 20 * HOUR), mono: monoMillis(0) };
  const again = opened(store);
  expect(again.passed).toBe(25 * HOUR);
  expect(again.day).toBe(2);
});
