import { once } from "node:events";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { fromBase64Url, readUint, toBase64Url } from "../../src/base/bytes.ts";
import { connect, type Seatkeeper } from "../../src/client/index.ts";
import { randomBytes } from "../../src/crypto/random.ts";
import { readSiteFiles } from "../../src/daemon/site-files.ts";
import { impliedRoot } from "../../src/merkle/proof.ts";
import { leafHash } from "../../src/merkle/tree.ts";
import { chainOrigin, signHead } from "../../src/note/checkpoint.ts";
import { aDaemon, emptyFolder, type GivenDaemon, root, usualTerms, vendor } from "./given.ts";
import { type Message, somebody, Workstation } from "./workstation.ts";

const SEALED_AT_ONCE = {
  ...usualTerms,
  detail: "events",
  sealing: { mode: "immediate", max_interval: "10m" },
};
const STRICT = { ...SEALED_AT_ONCE, witness_policy: "refuse" };

type Entry = Readonly<Record<string, unknown>>;
/** What a daemon that is not ours does with its proof. */
type Falsify = (entry: Entry) => Entry | undefined;

/** Between application and daemon: hands everything on, but for the proofs in grants. */
async function falsified(daemon: GivenDaemon, falsify: Falsify): Promise<{ url: string }> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  server.on("connection", (near) => {
    const far = new WebSocket(daemon.url, ["seatkeeper.v1"], { rejectUnauthorized: false });
    const early: string[] = [];
    near.on("message", (data: Buffer) => {
      if (far.readyState === WebSocket.OPEN) far.send(data.toString());
      else early.push(data.toString());
    });
    far.on("open", () => {
      for (const frame of early) far.send(frame);
    });
    far.on("message", (data: Buffer) => near.send(changed(data.toString(), falsify)));
    far.on("close", () => near.close());
    near.on("close", () => far.close());
  });
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return { url: `ws://127.0.0.1:${port}/` };
}

function changed(frame: string, falsify: Falsify): string {
  return JSON.stringify(
    JSON.parse(frame, (key, value: unknown) => (key === "entry" ? falsify(value as Entry) : value)),
  );
}

async function application(
  url: string,
  user = "ada",
): Promise<{ readonly keeper: Seatkeeper; readonly untold: readonly string[] }> {
  const untold: string[] = [];
  const keeper = await connect({
    servers: url,
    vendor: { name: vendor, rootKey: root.publicKey },
    labels: { user, host: `${user}-pc` },
    dataDir: emptyFolder(),
  });
  onTestFinished(() => keeper.close());
  keeper.on("untold", (feature) => untold.push(feature));
  return { keeper, untold };
}

const entryIn = ({ result, params }: Message): unknown =>
  ((result ?? params)?.["lease"] as { readonly entry?: unknown } | undefined)?.entry;

describe("a license that has each grant in the ledger before it is answered", () => {
  it("gives applications the proof that the ledger tells of their seat, at once and from the queue", async () => {
    const daemon = await aDaemon(STRICT);
    const ada = await application(daemon.url);
    const bob = await application(daemon.url, "bob");
    const seat = await ada.keeper.acquire("sim.solver");
    const waiting = bob.keeper.acquire("sim.solver", { wait: true });
    await seat.release();
    expect((await waiting).state).toBe("held");
    expect([ada.untold, bob.untold]).toEqual([[], []]);
  });

  it("has it still for who comes back for a seat, however many blocks later", async () => {
    const daemon = await aDaemon(STRICT);
    const who = somebody("ada");
    const ada = await Workstation.greeted(daemon.url, who);
    const key = "plot-7";
    const first = entryIn(await ada.acquire("cad.pro", { key }));
    const bob = await Workstation.greeted(daemon.url, somebody("bob"));
    for (const _ of "abc") await bob.acquire("cad.pro", { count: 1, key: `bob-${_}` });
    const again = entryIn(await ada.acquire("cad.pro", { key }));
    expect(first).toMatchObject({ id: 1, count: 1, overdraft: false });
    const { head: _, blockPath: __, ...block } = first as Entry;
    expect(again).toMatchObject(block);
    expect(again).not.toEqual(first);
  });
});

describe("a daemon that grants seats which its ledger does not tell of", () => {
  it.each<[string, Falsify]>([
    ["that is left out", () => undefined],
    ["of another event", (entry) => ({ ...entry, id: Number(entry["id"]) + 1 })],
    ["of fewer seats", (entry) => ({ ...entry, count: 0 })],
    ["of other seats", (entry) => ({ ...entry, overdraft: true })],
    ["of another moment", (entry) => ({ ...entry, wall: Number(entry["wall"]) - 1 })],
    ["that leads nowhere", (entry) => ({ ...entry, path: [entry["rest"]] })],
    ["of a block that is not in the tree", (entry) => ({ ...entry, blockPath: [] })],
  ])(
    "with a proof %s is noticed, and gives no seat where the license says refuse",
    async (_, falsify) => {
      const told = await aDaemon(SEALED_AT_ONCE);
      const lenient = await application((await falsified(told, falsify)).url);
      expect((await lenient.keeper.acquire("cad.pro")).state).toBe("held");
      expect(lenient.untold).toEqual(["cad.pro"]);

      const daemon = await aDaemon(STRICT);
      const strict = await application((await falsified(daemon, falsify)).url);
      await expect(strict.keeper.acquire("cad.pro")).rejects.toMatchObject({
        reason: "LEDGER_BROKEN",
        hint: "the license server has not proven that its ledger tells of the seat: tell the license administrator",
      });
      await expect.poll(async () => (await daemon.admin.seats()).seats).toEqual([]);
    },
  );

  it("cannot show the proof under a ledger of its own that it shows to nobody else", async () => {
    const daemon = await aDaemon(STRICT);
    const { siteKey } = readSiteFiles(daemon.site.config.dataDir);
    const name = chainOrigin(vendor, daemon.site.request.chainId);
    const beside = (entry: Entry): Entry => {
      const [header, rest] = [entry["header"], entry["rest"]].map((text) =>
        fromBase64Url(String(text)),
      );
      const blockPath = (entry["blockPath"] as string[]).map(() => toBase64Url(randomBytes(32)));
      if (header === undefined || rest === undefined) throw new Error("no block");
      const index = readUint(header, 24, 8);
      const size = Number(String(entry["head"]).split("\n")[1]);
      const proof = blockPath.map(fromBase64Url);
      const forged = impliedRoot({ index, size, leaf: leafHash(header, rest), proof });
      if (forged === undefined) throw new Error("no tree");
      const head = signHead({ origin: name, size, root: forged }, { name, signer: siteKey.signer });
      return { ...entry, blockPath, head };
    };
    const { keeper, untold } = await application((await falsified(daemon, beside)).url);
    await expect(keeper.acquire("cad.pro")).rejects.toMatchObject({ reason: "LEDGER_BROKEN" });
    expect(untold).toEqual(["cad.pro"]);
  });

  it("cannot show the proof of somebody else's seat", async () => {
    const daemon = await aDaemon(STRICT);
    const other = await Workstation.greeted(daemon.url, somebody("bob"));
    const borrowed = entryIn(await other.acquire("cad.pro")) as Entry;
    const { keeper } = await application((await falsified(daemon, () => borrowed)).url);
    await expect(keeper.acquire("cad.pro")).rejects.toMatchObject({ reason: "LEDGER_BROKEN" });
  });
});

describe("a license that seals on a schedule", () => {
  it("has no such proof, and nobody misses it", async () => {
    const daemon = await aDaemon({ ...usualTerms, witness_policy: "refuse" });
    const { keeper, untold } = await application(daemon.url);
    expect((await keeper.acquire("cad.pro")).state).toBe("held");
    expect(untold).toEqual([]);
  });
});
