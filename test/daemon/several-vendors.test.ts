import { describe, expect, it } from "vitest";
import { initSite } from "../../src/daemon/init-site.ts";
import { requestLicense } from "../../src/daemon/request-license.ts";
import { readActivationRequest } from "../../src/license/activation-request.ts";
import { aSite, type GivenDaemon, host, licenseFor, otherVendorFile, started } from "./given.ts";
import { somebody, Workstation } from "./workstation.ts";

describe("a daemon for two vendors", () => {
  it("keeps their licenses, seats and ledgers apart", async () => {
    const daemon = await forTwo();
    await daemon.admin.installLicense(licenseFor(daemon.site));
    const { vendors } = await daemon.admin.status();
    expect(vendors).toMatchObject([
      { vendor: "acme.example", licenses: 1, features: [{}, {}] },
      { vendor: "other.example", licenses: 0, features: [] },
    ]);
    const ada = await Workstation.at(daemon.url);
    const challenge = await ada.challenge();
    expect(challenge.vendors.map(({ name }) => name)).toEqual(["acme.example", "other.example"]);
    await ada.hello(challenge);
    expect(await ada.acquire("cad.pro")).toMatchObject({ result: { state: "granted" } });
    expect(await daemon.admin.checkpoint()).toMatchObject({ sealed: [{ vendor: "acme.example" }] });
  });

  it("wants to know which one is meant", async () => {
    const daemon = await forTwo();
    const { admin, site } = daemon;
    await expect(admin.exportUsage(nowhere)).rejects.toMatchObject({
      code: "VENDOR_NOT_NAMED",
      hint: "name one of them: acme.example, other.example",
    });
    expect(await admin.exportUsage(nowhere, "other.example")).toMatchObject({
      vendor: "other.example",
      exportNo: 1,
    });
    await expect(requestLicense(site.config, undefined, { host })).rejects.toMatchObject({
      code: "VENDOR_NOT_NAMED",
    });
  });

  it("lets nobody greet one vendor's ledger in the name of the other", async () => {
    const daemon = await forTwo();
    const ada = await Workstation.at(daemon.url, somebody());
    const note = ada.helloNote(await ada.challenge());
    const labels = { user: "ada", host: "workstation-7" };
    expect(await ada.ask("hello", { vendor: "other.example", note, labels })).toMatchObject({
      error: { data: { code: "AUTH_FAILED" } },
    });
  });
});

const nowhere = (): void => undefined;

async function forTwo(): Promise<GivenDaemon> {
  const site = await aSite();
  await initSite(site.config, otherVendorFile, { host });
  const text = await requestLicense(site.config, "acme.example", { host });
  return started({ config: site.config, request: readActivationRequest(text) });
}
