import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { initSite } from "../../src/daemon/init-site.ts";
import { aDaemon, aSite, emptyFolder, host, started, vendorFile } from "./given.ts";
import { Workstation } from "./workstation.ts";

describe("a second daemon", () => {
  it("on the same data is refused, and the first is not disturbed", async () => {
    const daemon = await aDaemon();
    const { config } = daemon.site;
    const other = { ...config, socket: join(emptyFolder(), "admin.sock") };
    await expect(started({ ...daemon.site, config: other })).rejects.toMatchObject({
      code: "STORE_LOCKED",
      hint: expect.any(String) as unknown,
    });
    const ada = await Workstation.greeted(daemon.url);
    expect(await ada.acquire("cad.pro")).toMatchObject({ result: { state: "granted" } });
  });

  it("on a port in use is refused with a hint, and leaves the data free", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const bound = server.address();
    const port = typeof bound === "object" && bound !== null ? bound.port : 0;
    const site = await aSite();
    const listen = { ...site.config.listen, port };
    await expect(started({ ...site, config: { ...site.config, listen } })).rejects.toMatchObject({
      code: "PORT_IN_USE",
      hint: "stop it, or set listen.port in the configuration",
    });
    await started(site);
  });

  it("cannot be initialised under a running one", async () => {
    const { site } = await aDaemon();
    await expect(initSite(site.config, vendorFile, { host })).rejects.toMatchObject({
      code: "STORE_LOCKED",
    });
  });
});
