import { chmodSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { Authority } from "../support/authority.ts";
import { Site, Vendor } from "../support/site.ts";
import { expectSession } from "../support/terminal.ts";

let site: Site;
beforeAll(async () => {
  site = await Site.initialised(Vendor.named());
  const authority = await Authority.named("studio workstations");
  const { cert, key } = await authority.certified("workstation-7");
  site.write("config.yaml", `${site.read("config.yaml")}\ntls: { client_ca: ca.pem }\n`);
  site.write("ca.pem", authority.certificate);
  site.write("own.crt", cert);
  site.write("own.key", key);
  await site.serveLicensed();
});

describe("seatkeeper run, where the site asks for a certificate", () => {
  it("shows the one that is named, and says what to do about none and a wrong one", async () => {
    chmodSync(site.path("own.key"), 0o644);
    await expectSession(
      site,
      `
      $ seatkeeper run --feature cad.pro -- echo at work
      ! seatkeeper: error: wss://127.0.0.1:<port>/ lets nobody in without a certificate (CERTIFICATE_REQUIRED)
      ! seatkeeper: hint: ask the license administrator for a client certificate, and name it with --client-cert and --client-key
      = 1

      $ seatkeeper run --feature cad.pro --client-cert own.crt -- echo at work
      ! seatkeeper: error: --client-cert and --client-key go together
      ! seatkeeper: hint: name both files
      = 2

      $ seatkeeper run --feature cad.pro --client-cert own.crt --client-key own.key -- echo at work
      ! seatkeeper: error: own.key: can be read by other users (CLIENT_CERTIFICATE)
      ! seatkeeper: hint: run: chmod 600 own.key
      = 1
      `,
    );
    chmodSync(site.path("own.key"), 0o600);
    await expectSession(
      site,
      `
      $ seatkeeper run --feature cad.pro --client-cert own.crt --client-key own.key -- echo at work
      at work
      = 0
      `,
    );
    site.env["SEATKEEPER_CLIENT_CERT"] = "own.crt";
    site.env["SEATKEEPER_CLIENT_KEY"] = "own.key";
    expect(await site.type("seatkeeper run --feature cad.pro -- echo at work")).toMatchObject({
      code: 0,
      stdout: "at work\n",
    });
  });
});
