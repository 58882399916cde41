import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { Config } from "../../src/config/config.ts";
import { Authority, type ShownCertificate } from "../support/authority.ts";
import { aSite, emptyFolder, type GivenDaemon, licenseFor, started } from "./given.ts";
import { leaseOf, nonce, somebody, Workstation } from "./workstation.ts";

const day = 86_400_000;
let authority: Authority;
let shown: ShownCertificate;
let files: string;
beforeAll(async () => {
  authority = await Authority.named("studio workstations");
  shown = await authority.certified("workstation-7");
});

type Tls = Config["tls"];

/** A site that lets nobody in without a certificate. @param more of its `tls`. */
async function asking(more: Partial<Tls> = {}): Promise<Awaited<ReturnType<typeof aSite>>> {
  files = emptyFolder();
  writeFileSync(join(files, "ca.pem"), authority.certificate);
  return aSite({ tls: { mode: "self-made", ...demand(), ...more } as Tls });
}

const demand = (): { clientCa: string; clientCertificates: "required" } => ({
  clientCa: join(files, "ca.pem"),
  clientCertificates: "required",
});

const showing = ({ url }: GivenDaemon, certificate: object): Promise<Workstation> =>
  Workstation.at(url, somebody(), certificate);

/** Why the log says that connections were refused, the audit trail by whom. */
async function refusals({ log, admin }: GivenDaemon): Promise<[string[], string[]]> {
  const lines = log.filter((line) => /"level":"warn".*"connection\.refused"/.test(line));
  const trail: string[] = [];
  for await (const { records } of admin.trail()) trail.push(...records.map(({ text }) => text));
  return [lines, trail.filter((text) => text.includes('"connection.refused"'))];
}

describe("client certificates", () => {
  it("that are refused are told with the reason, the address by pseudonym, and a number for the rest", async () => {
    const daemon = await started(await asking());
    const old = await authority.certified("workstation-8", { from: -2 * day, to: -day });
    for (const certificate of [{}, {}, {}, old]) {
      // oxlint-disable-next-line no-await-in-loop -- one visitor after the other
      await expect(showing(daemon, certificate)).rejects.toThrow(/certificate required|hang up/);
    }
    await expect.poll(async () => (await refusals(daemon))[0].length).toBe(2);
    const [lines, records] = await refusals(daemon);
    expect(lines[0]).toMatch(/"reason":"certificate-missing","who":"a_[\w-]{22}"/);
    expect(lines[1]).toMatch(/"reason":"certificate-expired","who":"a_[\w-]{22}"/);
    expect(records).toHaveLength(2);
    expect(records[1]).toMatch(/"who":"a_[\w-]{22}".*"certificate-expired"/);
    expect([...daemon.log, ...records].join("")).not.toMatch(/127\.0\.0\.1"|workstation-8/);
    await daemon.stop();
    expect(daemon.log.filter((line) => line.includes('"times":2'))).toHaveLength(1);
  });

  it("of a renewed authority are taken after a reload, those of the former are not; who is connected stays", async () => {
    const site = await asking();
    const daemon = await started(site);
    await daemon.admin.installLicense(licenseFor(site));
    const ada = await showing(daemon, shown);
    await ada.hello(await ada.challenge());
    const lease = leaseOf(await ada.acquire("cad.pro"));
    const renewed = await Authority.named("studio workstations");
    writeFileSync(join(files, "ca.pem"), renewed.certificate);
    expect(await daemon.admin.reload()).toMatchObject({ needsRestart: [] });
    await showing(daemon, await renewed.certified("workstation-7"));
    await expect(showing(daemon, shown)).rejects.toThrow("socket hang up");
    const { result } = await ada.ask("seat.renew", { leases: [lease], nonce: nonce() });
    expect(result).toMatchObject({ leases: [{ id: lease }], lost: [] });
  });

  it("that are revoked open nothing from the reload on, a resumed session neither", async () => {
    const site = await asking();
    const clientCrl = join(files, "crl.pem");
    writeFileSync(clientCrl, await authority.revocationList([]));
    const tls = { ...site.config.tls, clientCrl };
    const daemon = await started({ ...site, config: { ...site.config, tls } });
    const session = await sessionOf(daemon, shown);
    await showing(daemon, shown);
    expect(await isResumed(daemon, shown, session)).toBe(false);
    writeFileSync(clientCrl, await authority.revocationList([shown]));
    await daemon.admin.reload();
    await expect(showing(daemon, shown)).rejects.toThrow("socket hang up");
    await showing(daemon, await authority.certified("workstation-9"));
  });

  it("are all refused while the list of what is revoked has ended", async () => {
    const site = await asking();
    const clientCrl = join(files, "crl.pem");
    writeFileSync(clientCrl, await authority.revocationList([], { from: -2 * day, to: -day }));
    const tls = { ...site.config.tls, clientCrl };
    const daemon = await started({ ...site, config: { ...site.config, tls } });
    await expect(showing(daemon, shown)).rejects.toThrow("socket hang up");
    await expect.poll(() => daemon.log.join("")).toContain('"reason":"revocation-list"');
  });

  it("are asked for, or not, from a restart on: the reload says so", async () => {
    const site = await asking();
    const reread = (): Config => ({
      ...site.config,
      tls: { mode: "self-made", ...demand(), clientCertificates: "optional" },
    });
    const daemon = await started(site, { reread });
    expect(await daemon.admin.reload()).toMatchObject({
      needsRestart: ["tls.client_certificates"],
    });
    await expect(showing(daemon, {})).rejects.toThrow("certificate required");
    const other = await aSite({ tls: { mode: "self-made" } });
    const off = await started(other, { reread: () => ({ ...other.config, tls: reread().tls }) });
    expect(await off.admin.reload()).toMatchObject({
      needsRestart: ["tls.client_ca", "tls.client_certificates"],
    });
    await showing(off, {});
  });

  it.each([
    ["clientCa", "nothing in it", "has no certificates of authorities"],
    ["clientCa", "a leaf", "has no certificates of authorities"],
    ["clientCrl", "nothing in it", "has no revocation lists"],
  ] as const)("need a file in %s that is one: %s", async (option, what, text) => {
    const site = await asking();
    const path = join(files, "wrong.pem");
    writeFileSync(path, what === "a leaf" ? shown.cert : "nothing\n");
    const tls = { ...site.config.tls, [option]: path };
    await expect(started({ ...site, config: { ...site.config, tls } })).rejects.toMatchObject({
      code: "TLS_FILES",
      message: expect.stringContaining(text) as string,
    });
    await started(site);
  });
});

/** A bare TLS connection. */
function bare({ url }: GivenDaemon, certificate: ShownCertificate, session?: Buffer): TLSSocket {
  const { cert, key } = certificate;
  const options = { host: "127.0.0.1", port: Number(new URL(url).port), cert, key };
  const socket = connectTls({ ...options, rejectUnauthorized: false, ...(session && { session }) });
  onTestFinished(() => void socket.destroy());
  return socket;
}

/** What the server gives a client to come back by without showing its certificate anew. */
const sessionOf = (daemon: GivenDaemon, certificate: ShownCertificate): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    bare(daemon, certificate).once("session", resolve).once("error", reject);
  });

const isResumed = (
  daemon: GivenDaemon,
  certificate: ShownCertificate,
  session: Buffer,
): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const socket = bare(daemon, certificate, session);
    socket.once("secureConnect", () => resolve(socket.isSessionReused())).once("error", reject);
  });
