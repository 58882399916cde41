import { once } from "node:events";
import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createMuteServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { connect } from "../../src/client/index.ts";
import { readRevocations, writeRevocations } from "../../src/license/revocations.ts";
import {
  issuerNote,
  issuing,
  licenseFields,
  licenseWith,
  mallory,
  noon,
  resigned,
  root,
  supersedeWith,
  trust,
  vendor,
} from "../license/given.ts";
import { connected, daemonThat, emptyFolder, optionsFor } from "./given.ts";

const listed = { vendor, number: 1, issuedAt: noon, issuers: [], licenses: [] };
/** The vendor's word that all its issuing key has signed is void. */
const stolenKey = writeRevocations({ ...listed, issuers: [issuing.publicKey] }, root);

const refusal = (code: string): unknown => expect.objectContaining({ code });

describe("a client accepts a server", () => {
  it("over TLS whose certificate nobody but the daemon vouches for", async () => {
    const keeper = await connected(await daemonThat());
    expect(keeper.server).toMatch(/^wss:\/\/127\.0\.0\.1:\d+\/$/);
  });

  it("over plaintext on this machine", async () => {
    const keeper = await connected(await daemonThat({ tls: false }));
    expect(keeper.server).toMatch(/^ws:/);
  });

  it("when one license of several vouches for it", async () => {
    const licenses = ["seatkeeper license v9\n{}\n\n— a b\n", licenseWith({})];
    const keeper = await connected(await daemonThat({ licenses }));
    expect(keeper.server).toBeDefined();
  });

  it("whose license is not in the list of revocations that it hands over", async () => {
    const revocations = writeRevocations({ ...listed, licenses: ["ff".repeat(16)] }, root);
    const keeper = await connected(await daemonThat({ revocations }));
    expect(keeper.server).toBeDefined();
  });

  it("that is the first of its list to answer", async () => {
    const gone = await daemonThat();
    const { url } = gone;
    await gone.stop();
    const there = await daemonThat();
    const keeper = await connected(there, { servers: [url, there.url] });
    expect(keeper.server).toBe(`${there.url}/`);
  });
});

describe("what the vendor has revoked", () => {
  it("stays revoked at this computer, also for a server that keeps the list to itself", async () => {
    const revocations = writeRevocations({ ...listed, licenses: [licenseFields.licenseId] }, root);
    const honest = await daemonThat({ revocations });
    const silent = await daemonThat({});
    const dataDir = emptyFolder();
    await connected(silent, { dataDir });
    await expect(connect(optionsFor(honest.url, { dataDir }))).rejects.toThrow(
      refusal("SERVER_IDENTITY"),
    );
    await expect(connect(optionsFor(silent.url, { dataDir }))).rejects.toThrow(
      refusal("SERVER_IDENTITY"),
    );
    // Another computer has not heard of it.
    await connected(silent);
    expect(readdirSync(join(dataDir, "revocations", vendor))).toEqual(["0000000000000001.note"]);
  });

  it("is by the newest list, whichever server brings it, in one file that is only its user's", async () => {
    const dataDir = emptyFolder();
    const folder = join(dataDir, "revocations", vendor);
    for (const number of [2, 7, 5]) {
      const revocations = writeRevocations({ ...listed, number }, root);
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await connected(await daemonThat({ revocations }), { dataDir });
    }
    expect(readdirSync(folder)).toEqual(["0000000000000007.note"]);
    expect(statSync(join(folder, "0000000000000007.note")).mode & 0o777).toBe(0o600);
  });

  it("is not what somebody wrote into the folder, which stays where it is", async () => {
    const dataDir = emptyFolder();
    const folder = join(dataDir, "revocations", vendor);
    mkdirSync(folder, { recursive: true });
    const forged = writeRevocations({ ...listed, licenses: [licenseFields.licenseId] }, mallory);
    writeFileSync(join(folder, "0000000000000001.note"), forged);
    writeFileSync(join(folder, "0000000000000009.note"), stolenKey);
    await connected(await daemonThat(), { dataDir });
    expect(readdirSync(folder)).toHaveLength(2);
  });
});

describe("a client refuses a server", () => {
  it.each([
    [
      "whose certificate is not the one the daemon signed for",
      { fingerprint: "ab".repeat(32) },
      "SERVER_CERTIFICATE",
    ],
    [
      "that vouches for no certificate although there is one",
      { fingerprint: null },
      "SERVER_CERTIFICATE",
    ],
    [
      "over plaintext that speaks of a certificate",
      { tls: false, fingerprint: "ab".repeat(32) },
      "SERVER_CERTIFICATE",
    ],
    ["whose daemon key no license names", { signer: mallory }, "SERVER_IDENTITY"],
    ["whose welcome answers another hello", { welcomeNonce: "A".repeat(43) }, "SERVER_IDENTITY"],
    ["without a license", { licenses: [] }, "SERVER_UNLICENSED"],
    ["of another vendor", { vendorName: "other.example" }, "SERVER_VENDOR"],
    [
      "whose license is signed by somebody else",
      { licenses: [resigned(licenseWith({}), `${vendor}/issuer`, mallory, (text) => text)] },
      "SERVER_IDENTITY",
    ],
    [
      "whose license names another daemon",
      { licenses: [licenseWith({ daemonKey: mallory.publicKey })] },
      "SERVER_IDENTITY",
    ],
    [
      "whose license is for another ledger",
      { licenses: [licenseWith({ chainId: "00".repeat(16) as never })] },
      "SERVER_IDENTITY",
    ],
    [
      "whose license is signed by a key that the vendor has revoked, by the list handed over",
      { revocations: stolenKey },
      "SERVER_IDENTITY",
    ],
    [
      "whose license is revoked by the list in another one",
      {
        licenses: [
          licenseWith({}),
          licenseWith({
            licenseId: "ff".repeat(16),
            daemonKey: mallory.publicKey,
            revocations: readRevocations(
              writeRevocations({ ...listed, licenses: [licenseFields.licenseId] }, root),
              trust,
            ),
          }),
        ],
      },
      "SERVER_IDENTITY",
    ],
    [
      "that hands over a list which the vendor did not sign",
      { revocations: writeRevocations(listed, mallory) },
      "SERVER_IDENTITY",
    ],
    [
      "that hands over a supersede note which the vendor did not sign",
      { supersede: supersedeWith({}, mallory) },
      "SERVER_IDENTITY",
    ],
    [
      "that hands over a supersede note for another ledger",
      { supersede: supersedeWith({ chainId: "00".repeat(16) as never }) },
      "SERVER_IDENTITY",
    ],
    [
      "that shows an issuer note instead of a license",
      { licenses: [issuerNote] },
      "SERVER_IDENTITY",
    ],
  ])("%s", async (_, script, code) => {
    const daemon = await daemonThat(script);
    await expect(connect(optionsFor(daemon.url))).rejects.toThrow(refusal(code));
  });

  it("when the application trusts another root key", async () => {
    const daemon = await daemonThat();
    const options = optionsFor(daemon.url, {
      vendor: { name: vendor, rootKey: mallory.publicKey },
    });
    await expect(connect(options)).rejects.toThrow(refusal("SERVER_IDENTITY"));
  });

  it("that is not there", async () => {
    const daemon = await daemonThat();
    const { url } = daemon;
    await daemon.stop();
    await expect(connect(optionsFor(url))).rejects.toThrow(refusal("SERVER_UNREACHABLE"));
    await expect(connect(optionsFor([url, url]))).rejects.toThrow(refusal("SERVER_UNREACHABLE"));
  });

  it("that speaks plaintext where TLS was asked for", async () => {
    const daemon = await daemonThat({ tls: false });
    const address = `wss://127.0.0.1:${daemon.port}`;
    await expect(connect(optionsFor(address))).rejects.toThrow(refusal("SERVER_UNREACHABLE"));
  });

  it("that answers hello with something else", async () => {
    const daemon = await daemonThat();
    daemon.answer = () => ({ note: "n" });
    await expect(connect(optionsFor(daemon.url))).rejects.toThrow(refusal("SERVER_PROTOCOL"));
  });

  it("that hangs up on hello", async () => {
    const daemon = await daemonThat();
    daemon.answer = () => "hang up";
    await expect(connect(optionsFor(daemon.url))).rejects.toThrow(
      refusal("SERVER_CONNECTION_LOST"),
    );
  });

  it("that is an ordinary web server", async () => {
    const web = createServer((_, response) => response.writeHead(404).end());
    web.listen(0, "127.0.0.1");
    await once(web, "listening");
    onTestFinished(() => void web.close());
    const { port } = web.address() as AddressInfo;
    await expect(connect(optionsFor(`ws://127.0.0.1:${port}`))).rejects.toThrow(
      refusal("SERVER_PROTOCOL"),
    );
  });

  it("that is silent for ten seconds", async () => {
    const mute = createMuteServer();
    mute.listen(0, "127.0.0.1");
    await once(mute, "listening");
    onTestFinished(() => void mute.close());
    const { port } = mute.address() as AddressInfo;
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] });
    onTestFinished(() => void vi.useRealTimers());
    const arrival = once(mute, "connection");
    const attempt = connect(optionsFor(`ws://127.0.0.1:${port}`));
    attempt.catch(() => undefined);
    await arrival;
    vi.advanceTimersByTime(10_000);
    await expect(attempt).rejects.toThrow(refusal("SERVER_UNREACHABLE"));
  });

  it("no longer once the application has lost patience", async () => {
    const daemon = await daemonThat();
    const patience = new AbortController();
    daemon.answer = () => {
      patience.abort(new Error("enough"));
      return "silence";
    };
    const options = optionsFor(daemon.url, { signal: patience.signal });
    await expect(connect(options)).rejects.toThrow("enough");
  });
});
