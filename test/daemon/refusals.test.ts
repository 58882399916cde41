import { request } from "node:http";
import { describe, expect, it } from "vitest";
import { toBase64Url } from "../../src/base/bytes.ts";
import { clientKey } from "../../src/base/ids.ts";
import { type Config, DEFAULT_CONFIG } from "../../src/config/config.ts";
import { aDaemon, usualTerms } from "./given.ts";
import { nonce, somebody, Workstation } from "./workstation.ts";

const limits = (more: Partial<Config["limits"]>): Partial<Config> => ({
  limits: { ...DEFAULT_CONFIG.limits, ...more },
});

describe("the door", () => {
  it.each([
    ["no subprotocol", 400, { subprotocols: [] }],
    ["another subprotocol", 400, { subprotocols: ["seatkeeper.v2"] }],
    ["the origin of a web page", 403, { origin: "https://evil.example" }],
    ["a name that is not ours", 421, { headers: { host: "rebound.evil.example" } }],
  ])("refuses %s with status %i", async (_, status, options) => {
    const { url } = await aDaemon();
    await expect(Workstation.at(url, somebody(), options)).rejects.toThrow(
      `Unexpected server response: ${status}`,
    );
  });

  it("lets a listed origin in", async () => {
    const origin = "https://licenses.studio.example";
    const { url } = await aDaemon(usualTerms, {
      listen: { ...DEFAULT_CONFIG.listen, host: "127.0.0.1", port: 0, origins: [origin] },
    });
    const page = await Workstation.at(url, somebody(), { origin });
    expect((await page.challenge()).protocols).toEqual(["seatkeeper.v1"]);
  });

  it("refuses other paths than the root", async () => {
    const { url } = await aDaemon();
    await expect(Workstation.at(`${url}/admin`)).rejects.toThrow("Unexpected server response: 404");
  });

  it("says that it is full, and lets the next in when somebody leaves", async () => {
    const { url } = await aDaemon(usualTerms, limits({ connections: 2 }));
    const ada = await Workstation.at(url);
    await Workstation.at(url);
    await expect(Workstation.at(url)).rejects.toThrow("Unexpected server response: 503");
    await ada.leave();
    await expect
      .poll(() =>
        Workstation.at(url).then(
          () => "in",
          () => "full",
        ),
      )
      .toBe("in");
  });

  it("limits the connections of one address", async () => {
    const { url } = await aDaemon(usualTerms, limits({ connectionsPerAddress: 1 }));
    await Workstation.at(url);
    await expect(Workstation.at(url)).rejects.toThrow("Unexpected server response: 503");
  });

  it("answers health and nothing else over plain HTTP", async () => {
    const { address } = await aDaemon();
    expect(await get(address.port, "/healthz")).toEqual({ status: 200, body: "ok\n" });
    expect(await get(address.port, "/readyz")).toEqual({ status: 200, body: "ready\n" });
    expect(await get(address.port, "/")).toMatchObject({ status: 404 });
    expect(await get(address.port, "/healthz", { method: "POST" })).toMatchObject({ status: 405 });
    const rebound = { headers: { host: "rebound.evil.example" } };
    expect(await get(address.port, "/healthz", rebound)).toMatchObject({ status: 421 });
  });
});

describe("a frame", () => {
  it("of more than 64 KiB ends the connection", async () => {
    const { url } = await aDaemon();
    const ada = await Workstation.greeted(url);
    ada.send(" ".repeat(65_537));
    expect(await ada.closed()).toBe(1009);
  });

  it("of bytes instead of text ends the connection", async () => {
    const { url } = await aDaemon();
    const ada = await Workstation.greeted(url);
    ada.send(Uint8Array.of(1, 2, 3));
    expect(await ada.closed()).toBe(1003);
  });

  it.each([
    ["that is no JSON", "{", "PARSE_ERROR"],
    ["that is a batch", '[{"jsonrpc":"2.0","id":1,"method":"status.get"}]', "INVALID_REQUEST"],
    ["without an id", '{"jsonrpc":"2.0","method":"status.get"}', "INVALID_REQUEST"],
  ])("%s is refused with a code, and the connection lives on", async (_, frame, code) => {
    const { url } = await aDaemon();
    const ada = await Workstation.greeted(url);
    ada.send(frame);
    expect(await ada.answered()).toMatchObject({ error: { data: { code } } });
    expect(await ada.ask("status.get")).toHaveProperty("result");
  });

  it("with an unknown method, an unknown field or a wrong one is refused by name", async () => {
    const { url } = await aDaemon();
    const ada = await Workstation.greeted(url);
    expect(await ada.ask("seat.steal")).toMatchObject({
      error: { data: { code: "METHOD_NOT_FOUND" } },
    });
    expect(await ada.acquire("cad.pro", { priority: 9 })).toMatchObject({
      error: { data: { code: "INVALID_PARAMS", field: "params.priority" } },
    });
    expect(await ada.acquire("cad.pro", { count: 0 })).toMatchObject({
      error: { data: { code: "INVALID_PARAMS", field: "params.count" } },
    });
  });

  it("too many in a second are denied, and told when to go on", async () => {
    const { url } = await aDaemon(usualTerms, limits({ requestsPerSecond: 5 }));
    const ada = await Workstation.greeted(url);
    const answers = await Promise.all(Array.from({ length: 6 }, () => ada.ask("status.get")));
    expect(answers.at(-1)).toMatchObject({
      error: { data: { reason: "RATE_LIMITED", retryAfterMs: expect.any(Number) as unknown } },
    });
  });

  it("too many for too long end the connection", async () => {
    const { url } = await aDaemon(usualTerms, limits({ requestsPerSecond: 5 }));
    const ada = await Workstation.greeted(url);
    for (let sent = 0; sent < 60; sent += 1) ada.send("{}");
    expect(await ada.closed()).toBe(1008);
  });
});

describe("the greeting", () => {
  it("must come before anything else", async () => {
    const { url } = await aDaemon();
    const ada = await Workstation.at(url);
    expect(await ada.acquire("cad.pro")).toMatchObject({
      error: { data: { code: "AUTH_REQUIRED" } },
    });
  });

  it("must come in time", async () => {
    const { url } = await aDaemon(
      usualTerms,
      limits({ handshake: 100 as Config["limits"]["ping"] }),
    );
    const ada = await Workstation.at(url);
    expect(await ada.closed()).toBe(4408);
  });

  it("is said once", async () => {
    const { url } = await aDaemon();
    const ada = await Workstation.at(url);
    const challenge = await ada.challenge();
    await ada.hello(challenge);
    expect(await ada.hello(challenge)).toMatchObject({
      error: { data: { code: "ALREADY_GREETED" } },
    });
  });

  it("to a vendor that is not kept here is refused", async () => {
    const { url } = await aDaemon();
    const ada = await Workstation.at(url);
    const note = ada.helloNote(await ada.challenge());
    const labels = { user: "ada", host: "workstation-7" };
    expect(await ada.ask("hello", { vendor: "other.example", note, labels })).toMatchObject({
      error: { data: { code: "VENDOR_UNKNOWN" } },
    });
  });

  it("of another connection is refused: it answers another challenge", async () => {
    const { url } = await aDaemon();
    const ada = await Workstation.at(url);
    const mallory = await Workstation.at(url);
    const overheard = ada.helloNote(await ada.challenge());
    const replayed = await mallory.ask("hello", {
      vendor: "acme.example",
      note: overheard,
      labels: { user: "ada", host: "workstation-7" },
    });
    expect(replayed).toMatchObject({ error: { data: { code: "AUTH_FAILED" } } });
    expect(await mallory.closed()).toBe(1008);
  });

  it.each([
    ["under another's key", { clientKey: clientKey(toBase64Url(somebody().signer.publicKey)) }],
    ["to another daemon", { daemonKey: nonce() }],
    ["over another certificate", { certificateFingerprint: "ab".repeat(32) }],
  ])("%s is refused", async (_, more) => {
    const { url } = await aDaemon();
    const ada = await Workstation.at(url);
    expect(await ada.hello(await ada.challenge(), more)).toMatchObject({
      error: { data: { code: "AUTH_FAILED" } },
    });
  });

  it("with a note whose text was changed is refused", async () => {
    const { url } = await aDaemon();
    const ada = await Workstation.at(url);
    const { instance } = ada.identity;
    const note = ada.helloNote(await ada.challenge()).replace(instance, "0".repeat(32));
    const labels = { user: "ada", host: "workstation-7" };
    expect(await ada.ask("hello", { vendor: "acme.example", note, labels })).toMatchObject({
      error: { data: { code: "AUTH_FAILED" } },
    });
  });
});

function get(port: number, path: string, more: object = {}): Promise<object> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path, ...more }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (piece: string) => {
        body += piece;
      });
      response.on("end", () => resolve({ status: response.statusCode, body }));
    });
    sent.once("error", reject);
    sent.end();
  });
}
