// Baselines (b) and (c): the least a lease server can do with the same frames. A counter as the
// pool, one row per lease, a signed note in each answer. Nothing is checked, nobody is known.
//   lease-server.js FILE ceiling   group commit, native Ed25519: the practical ceiling
//   lease-server.js FILE single    a transaction per request, native Ed25519
//   lease-server.js FILE floor     a transaction per request, Ed25519 in JavaScript: the naive floor
import Sqlite from "better-sqlite3";
import { WebSocketServer } from "ws";
import { type Signer, signerFromSeed } from "../../src/crypto/ed25519.ts";
import { portableSigner } from "../../src/crypto/ed25519-portable.ts";
import { randomBytes, randomHex } from "../../src/crypto/random.ts";
import { ready } from "./ready.ts";

const [, , path = "", manner = ""] = process.argv;
const SEATS = 1_000_000;

interface Request {
  readonly id: number;
  readonly method: string;
  readonly params: { readonly lease?: string; readonly feature?: string; readonly nonce?: string };
}

interface Ask {
  readonly request: Request;
  readonly answer: (text: string) => void;
}

const database = new Sqlite(path);
database.pragma("locking_mode = EXCLUSIVE");
database.pragma("journal_mode = WAL");
database.pragma("synchronous = FULL");
database.exec(
  "CREATE TABLE leases (lease TEXT PRIMARY KEY, feature TEXT, at INTEGER) WITHOUT ROWID",
);
const insert = database.prepare("INSERT INTO leases VALUES (?, ?, ?)");
const remove = database.prepare("DELETE FROM leases WHERE lease = ?");
const signer: Signer =
  manner === "floor" ? portableSigner(randomBytes(32)) : signerFromSeed(randomBytes(32));
let used = 0;
let inbox: Ask[] = [];

/** Decides and writes; the answer leaves after the COMMIT. */
function serve({ request, answer }: Ask): () => void {
  const { id, method, params } = request;
  if (method === "seat.release") {
    remove.run(params.lease);
    used -= 1;
    return () => answer(`{"jsonrpc":"2.0","id":${id},"result":{}}`);
  }
  if (used >= SEATS) {
    const error = '{"code":-32010,"message":"denied","data":{"reason":"NO_SEATS"}}';
    return () => answer(`{"jsonrpc":"2.0","id":${id},"error":${error}}`);
  }
  used += 1;
  const lease = randomHex(16);
  insert.run(lease, params.feature, Date.now());
  return () => {
    const body = `{"id":"${lease}","feature":"${params.feature}","nonce":"${params.nonce}","lease_time":90000}`;
    const signature = signer.sign(Buffer.from(body));
    const note = JSON.stringify(`${body}\n${Buffer.from(signature).toString("base64")}`);
    const given = `{"id":"${lease}","note":${note},"leaseTimeMs":90000,"feature":"${params.feature}","count":1}`;
    answer(`{"jsonrpc":"2.0","id":${id},"result":{"state":"granted","lease":${given}}}`);
  };
}

const together = database.transaction((asks: readonly Ask[]) => asks.map(serve));
const alone = database.transaction(serve);

function accept(ask: Ask): void {
  if (manner !== "ceiling") return alone(ask)();
  inbox.push(ask);
  if (inbox.length > 1) return;
  setImmediate(() => {
    const asks = inbox;
    inbox = [];
    for (const answer of together(asks)) answer();
  });
}

const server = new WebSocketServer({
  host: "127.0.0.1",
  port: 0,
  perMessageDeflate: false,
});
server.on("connection", (socket) => {
  socket.on("message", (data: Buffer) => {
    const request = JSON.parse(data.toString()) as Request;
    accept({ request, answer: (text) => socket.send(text) });
  });
});
server.once("listening", () => ready(server.address()));
