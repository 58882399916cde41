import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { rawIdentity } from "../../src/base/identity.ts";
import { type ConnectOptions, connect, type Seatkeeper } from "../../src/client/index.ts";
import { DEFAULT_CONFIG } from "../../src/config/config.ts";
import { aDaemon, emptyFolder, type GivenDaemon, root, vendor } from "../daemon/given.ts";
import { aRuledDaemon } from "../daemon/written-rules.ts";

const REQUIRED = { access: { ...DEFAULT_CONFIG.access, tokens: "required" } } as const;
const RULES = "rules:\n  - require_bound: { feature: cad.pro, labels: [user] }\n";

async function connected(
  servers: string | readonly string[],
  more: Partial<ConnectOptions>,
): Promise<Seatkeeper> {
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

async function tokenOf({ admin }: GivenDaemon): Promise<string> {
  return (await admin.createToken({ user: rawIdentity("ada") })).token;
}

function fileWith(text: string, mode = 0o600): string {
  const path = join(emptyFolder(), "ada.token");
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

/** This machine, by an address that does not look like it. */
const asAnotherMachine = ({ url }: GivenDaemon): string =>
  url.replace("127.0.0.1", "[::ffff:127.0.0.1]");

describe("a client with an enrolment token", () => {
  it("gets what is for proven users alone, by the token itself or by its file", async () => {
    const daemon = await aRuledDaemon(RULES);
    const token = await tokenOf(daemon);
    await (await connected(daemon.url, { token })).acquire("cad.pro");
    await (await connected(daemon.url, { tokenFile: fileWith(`${token}\n`) })).acquire("cad.pro");
    const bare = await connected(daemon.url, {});
    await expect(bare.acquire("cad.pro")).rejects.toMatchObject({ reason: "NOT_BOUND" });
  });

  it("is told why its token is refused, and nothing of the token", async () => {
    const daemon = await aDaemon();
    const token = await tokenOf(daemon);
    const refused: unknown = await connected(daemon.url, {
      token,
      labels: { user: "bob", host: "ws7" },
    }).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      code: "SERVER_REFUSED",
      message: "TOKEN_REFUSED: the enrolment token is for another user or host",
      facts: { code: "TOKEN_REFUSED" },
    });
    expect(String(refused)).not.toContain(token.slice(-43));
  });

  it("shows each server its own token and no other", async () => {
    const [one, other] = [await aDaemon(undefined, REQUIRED), await aDaemon(undefined, REQUIRED)];
    const first = await tokenOf(one);
    // Had it been shown, the answer would be TOKEN_REFUSED.
    await expect(connected(other.url, { token: first })).rejects.toMatchObject({
      facts: { code: "TOKEN_REQUIRED" },
    });
    const tokenFile = fileWith(`# the first\n${first}\n\n${await tokenOf(other)}  # the second\n`);
    await (await connected(one.url, { tokenFile })).acquire("cad.pro");
    await (await connected(other.url, { tokenFile })).acquire("cad.pro");
  });

  it("does not send it to another machine in the clear, unless that is allowed", async () => {
    const daemon = await aDaemon(undefined, REQUIRED);
    const token = await tokenOf(daemon);
    const url = asAnotherMachine(daemon);
    await expect(connected(url, { token, allowPlaintext: true })).rejects.toMatchObject({
      code: "TOKEN_PLAINTEXT",
    });
    const allowed = { token, allowPlaintext: true, allowPlaintextToken: true };
    await (await connected(url, allowed)).acquire("cad.pro");
    const secure = await aDaemon(undefined, { ...REQUIRED, tls: { mode: "self-made" } });
    const other = { token: await tokenOf(secure) };
    await (await connected(asAnotherMachine(secure), other)).acquire("cad.pro");
  });
});

describe("a token file", () => {
  it.each([
    ["that others may read", () => fileWith("sktok1-", 0o644), /can be read by other users$/],
    [
      "with a line that is none",
      () => fileWith("a-slip-of-the-pen\n"),
      /is not an enrolment token$/,
    ],
    ["that is not there", () => join(emptyFolder(), "gone"), /ENOENT/],
    ["that is a folder", () => emptyFolder(), /is not a file of tokens$/],
  ])("%s is refused before any server is asked", async (_, made, message) => {
    const tokenFile = made();
    const failed = connected("ws://127.0.0.1:1", { tokenFile });
    await expect(failed).rejects.toMatchObject({
      code: "TOKEN_UNUSABLE",
      message: expect.stringMatching(message) as unknown,
    });
    await expect(failed).rejects.not.toThrow("slip-of");
  });

  it("is read for each connection: a new token needs no restart", async () => {
    const daemon = await aDaemon(undefined, REQUIRED);
    const old = await daemon.admin.createToken({ user: rawIdentity("ada") });
    const tokenFile = fileWith(`${old.token}\n`);
    const keeper = await connected(daemon.url, { tokenFile });
    writeFileSync(tokenFile, `${await tokenOf(daemon)}\n`);
    await daemon.admin.revokeToken(old.id);
    await expect(keeper.acquire("cad.pro")).rejects.toMatchObject({
      facts: { code: "TOKEN_REFUSED" },
    });
    await keeper.acquire("cad.pro");
  });
});
