import { describe, expect, it } from "vitest";
import { aDaemon } from "./given.ts";
import { leaseOf, Workstation } from "./workstation.ts";

describe("a daemon with a license for three seats of cad.pro", () => {
  it("grants a seat", async () => {
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    expect(await ada.acquire("cad.pro")).toMatchObject({
      result: { state: "granted", lease: { feature: "cad.pro", count: 1, leaseTimeMs: 30_000 } },
    });
  });
});
