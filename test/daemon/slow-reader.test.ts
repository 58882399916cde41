import { describe, expect, it } from "vitest";
import { type Config, DEFAULT_CONFIG } from "../../src/config/config.ts";
import { aDaemon } from "./given.ts";
import { somebody, Workstation } from "./workstation.ts";

const manyFeatures = {
  site: "Example Studio",
  features: Array.from({ length: 500 }, (_, number) => ({ name: `feature-${number}`, seats: 1 })),
};

const limits: Config["limits"] = {
  ...DEFAULT_CONFIG.limits,
  requestsPerSecond: 100_000,
  outboundBytes: 65_536,
};

describe("a client that asks and does not read", () => {
  it("is cut off before its answers fill the memory, and nobody else notices", async () => {
    const daemon = await aDaemon(manyFeatures, { limits });
    const ada = await Workstation.greeted(daemon.url);
    const bob = await Workstation.greeted(daemon.url, somebody("bob"));
    ada.stopReading();
    const question = JSON.stringify({ jsonrpc: "2.0", id: 9, method: "status.get" });
    // Half a second of answers: what the kernel takes in between is some megabytes.
    for (let asked = 0; asked < 1_000; asked += 1) ada.send(question);
    await expect.poll(async () => (await daemon.admin.status()).connections).toBe(1);
    expect(await bob.ask("status.get")).toHaveProperty("result");
  });
});
