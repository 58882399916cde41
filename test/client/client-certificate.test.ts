import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { type ConnectOptions, connect, type Seatkeeper } from "../../src/client/index.ts";
import { type Config, readConfig } from "../../src/config/config.ts";
import { aDaemon, aSite, emptyFolder, licenseFor, root, started, vendor } from "../daemon/given.ts";
import { Authority, type ShownCertificate } from "../support/authority.ts";

let authority: Authority;
let shown: ShownCertificate;
let other: ShownCertificate;
beforeAll(async () => {
  authority = await Authority.named("studio workstations");
  shown = await authority.certified("workstation-7");
  other = await authority.certified("workstation-8");
});

let folder: string;
beforeEach(() => {
  folder = emptyFolder();
  put("ca.pem", authority.certificate);
});

const put = (name: string, text: string, mode = 0o600): void => {
  writeFileSync(join(folder, name), text);
  chmodSync(join(folder, name), mode);
};

/** Puts a certificate and its key where `clientCertificate` names them. */
function install({ cert, key }: ShownCertificate, mode?: number): void {
  put("own.crt", cert);
  put("own.key", key, mode);
}

const named = (): { certFile: string; keyFile: string } => ({
  certFile: join(folder, "own.crt"),
  keyFile: join(folder, "own.key"),
});

const demanding = (): Partial<Config> => {
  const clientCa = join(folder, "ca.pem");
  return { tls: { mode: "self-made", clientCa, clientCertificates: "required" } };
};

async function connected(servers: string, more: Partial<ConnectOptions>): Promise<Seatkeeper> {
  const keeper = await connect({
    servers,
    vendor: { name: vendor, rootKey: root.publicKey },
    labels: { user: "ada", host: "ws7" },
    dataDir: emptyFolder(),
    ...more,
  });
  onTestFinished(() => keeper.close());
  return keeper;
}

describe("a client with a certificate", () => {
  it("is let in where the site asks for one, and gets its seat", async () => {
    install(shown);
    const { url } = await aDaemon(undefined, demanding());
    const keeper = await connected(url, { clientCertificate: named() });
    expect(await keeper.acquire("cad.pro")).toMatchObject({ feature: "cad.pro" });
  });

  it("is let in as everybody is where the site asks for none", async () => {
    install(shown);
    const [secure, plain] = [
      await aDaemon(undefined, { tls: { mode: "self-made" } }),
      await aDaemon(),
    ];
    for (const { url } of [secure, plain]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const keeper = await connected(url, { clientCertificate: named() });
      expect(keeper.server).toBe(`${url}/`);
    }
  });

  it("reads it for each connection: a renewed one needs no restart", async () => {
    install(shown);
    const site = await aSite(demanding());
    let { access } = site.config;
    const daemon = await started(site, { reread: () => ({ ...site.config, access }) });
    await daemon.admin.installLicense(licenseFor(site));
    const keeper = await connected(daemon.url, { clientCertificate: named() });
    const renewed = await Authority.named("studio workstations");
    put("ca.pem", renewed.certificate);
    install(await renewed.certified("workstation-7"));
    const back = new Promise((resolve) => void keeper.once("connected", resolve));
    access = readConfig("access: { networks: [192.0.2.1] }", "/c").access;
    await daemon.admin.reload();
    ({ access } = site.config);
    await daemon.admin.reload();
    await back;
    expect(await keeper.acquire("cad.pro")).toMatchObject({ feature: "cad.pro" });
  });

  it("that is wrong is cut off, and told where the reason is", async () => {
    install(await (await Authority.named("studio workstations")).certified("workstation-7"));
    const { url } = await aDaemon(undefined, demanding());
    await expect(connected(url, { clientCertificate: named() })).rejects.toMatchObject({
      code: "SERVER_UNREACHABLE",
      hint: expect.stringContaining("connection.refused") as string,
    });
  });
});

describe("a client without a certificate", () => {
  it("is told that the site asks for one", async () => {
    const { url } = await aDaemon(undefined, demanding());
    await expect(connected(url, {})).rejects.toMatchObject({
      code: "CERTIFICATE_REQUIRED",
      hint: expect.stringContaining("--client-cert") as string,
    });
  });
});

describe("the files of a client certificate", () => {
  it.each([
    ["of which one is missing", () => put("own.crt", shown.cert), /own\.key: ENOENT/],
    ["that others may read the key of", () => install(shown, 0o644), /can be read by other users$/],
    [
      "that are no pair",
      () => install({ ...shown, key: other.key }),
      /own\.crt and .*own\.key: are no pair$/,
    ],
    ["that are no PEM", () => install({ ...shown, cert: "a slip\n" }), /are no pair$/],
  ])("%s are refused before any server is asked", async (_, made, message) => {
    made();
    await expect(
      connected("wss://127.0.0.1:1", { clientCertificate: named() }),
    ).rejects.toMatchObject({
      code: "CLIENT_CERTIFICATE",
      message: expect.stringMatching(message) as unknown,
    });
  });

  it("are both named, or it is a wrong option", async () => {
    const clientCertificate = { certFile: "own.crt" } as unknown as {
      certFile: string;
      keyFile: string;
    };
    await expect(connected("wss://127.0.0.1:1", { clientCertificate })).rejects.toMatchObject({
      code: "CLIENT_OPTION",
      message: expect.stringContaining("clientCertificate") as string,
    });
  });
});
