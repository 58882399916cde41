import { copyFileSync, readFileSync, rmSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { DEFAULT_CONFIG } from "../../src/config/config.ts";
import { certificateFingerprint } from "../../src/crypto/certificate.ts";
import { dataFolder } from "../../src/store/data-folder.ts";
import { aSite, started } from "./given.ts";
import { Workstation } from "./workstation.ts";

describe("TLS", () => {
  it("is on by default, and the challenge vouches for the certificate", async () => {
    const site = await aSite({ tls: { mode: "self-made" } });
    const daemon = await started(site);
    expect(daemon.url).toMatch(/^wss:/);
    const certificate = readFileSync(dataFolder(site.config.dataDir).tlsCertificate, "utf8");
    const ada = await Workstation.at(daemon.url);
    const challenge = await ada.challenge();
    expect(challenge.certificateFingerprint).toBe(certificateFingerprint(certificate));
    expect(await ada.hello(challenge)).toHaveProperty("result");
  });

  it("without its files is refused", async () => {
    const site = await aSite({ tls: { mode: "self-made" } });
    rmSync(dataFolder(site.config.dataDir).tlsKey);
    await expect(started(site)).rejects.toMatchObject({ code: "TLS_FILES" });
  });

  it("with a key of another certificate is refused before anybody connects", async () => {
    const site = await aSite({ tls: { mode: "self-made" } });
    const other = await aSite({ tls: { mode: "self-made" } });
    copyFileSync(dataFolder(other.config.dataDir).tlsKey, dataFolder(site.config.dataDir).tlsKey);
    await expect(started(site)).rejects.toMatchObject({ code: "TLS_FILES" });
  });

  it("cannot be left out where others listen", async () => {
    const listen = { ...DEFAULT_CONFIG.listen, host: "0.0.0.0", port: 0 };
    const site = await aSite({ listen });
    await expect(started(site)).rejects.toMatchObject({ code: "PLAINTEXT_REFUSED" });
    await started({ ...site, config: { ...site.config, allowPlaintext: true } });
  });
});
