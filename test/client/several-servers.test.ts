import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { wireDenial } from "../../src/protocol/wire-error.ts";
import { connected, daemonThat, eventually } from "./given.ts";
import type { ScriptedDaemon } from "./scripted-daemon.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const draining = wireDenial({ reason: "DRAINING", feature: "cad.pro", hint: "wait" });

function drains(daemon: ScriptedDaemon): void {
  daemon.answer = ({ method }) => (method === "seat.acquire" ? draining : "default");
}

describe("a request for a seat that a stopping server refuses", () => {
  it("is asked of the next server of the list", async () => {
    const [first, second] = [await daemonThat(), await daemonThat()];
    drains(first);
    const keeper = await connected(first, { servers: [first.url, second.url] });
    const wish = keeper.acquire("cad.pro");
    await eventually(() => {
      vi.advanceTimersByTime(10);
      return second.count("seat.acquire") === 1;
    });
    expect((await wish).state).toBe("held");
    expect(keeper.server).toBe(`${second.url}/`);
  });

  it("is refused when every server of the list stops", async () => {
    const [first, second] = [await daemonThat(), await daemonThat()];
    drains(first);
    drains(second);
    const keeper = await connected(first, { servers: [first.url, second.url] });
    const refusals: unknown[] = [];
    keeper.acquire("cad.pro").catch((error: unknown) => refusals.push(error));
    await eventually(() => {
      vi.advanceTimersByTime(10);
      return refusals.length === 1;
    });
    expect(refusals).toMatchObject([{ code: "SEAT_DENIED", reason: "DRAINING" }]);
  });
});
