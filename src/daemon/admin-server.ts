import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { concat, utf8 } from "../base/bytes.ts";
import type { Clock } from "../clock/clock.ts";
import { failure, type Log } from "../log/log.ts";
import { ADMIN_DUTIES } from "../protocol/admin/duties.ts";
import type { AdminProblem } from "../protocol/admin/problem.ts";
import type { Received } from "../protocol/admin/route.ts";
import {
  ADMIN_ROUTES,
  type AdminAnswerOf,
  type AdminAskedOf,
  type AdminRouteName,
  type AnsweredRouteName,
  adminRouteAt,
} from "../protocol/admin.ts";
import type { TrailFacts } from "../trail/record.ts";
import { answerFacts, askedFacts } from "./act-facts.ts";
import type { AdminDesk } from "./admin-desk.ts";
import { type AdminDoor, type AdminVisitor, refuseAbove } from "./admin-door.ts";
import { bindAdminSocket } from "./admin-socket.ts";
import type { OpenBackup } from "./backup.ts";
import { DaemonError } from "./errors.ts";
import { EXPORT_HEADERS } from "./export-headers.ts";
import { isCoded } from "./failure-kind.ts";
import { StatusStream } from "./status-stream.ts";

/** Members of the service's group may administer. */
const SOCKET_MODE = 0o660;

/** What a route answers: a value that is written as JSON, bytes, a backup piece by piece, or a live view. */
type Answer =
  | { readonly kind: "live" }
  | { readonly kind: "backup"; readonly backup: OpenBackup }
  | { readonly kind: "json"; readonly value: object; readonly facts: TrailFacts }
  | { readonly kind: "bytes"; readonly bytes: readonly Uint8Array[]; readonly headers: Headers };

type Headers = Readonly<Record<string, string>>;

interface AdminServerParts {
  readonly desk: AdminDesk;
  readonly log: Log;
  readonly clock: Clock;
}

/** The administration interface: on its Unix socket, and for whoever else a door lets in. */
export class AdminServer {
  readonly #server: Server;
  readonly #desk: AdminDesk;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #streams: Set<StatusStream> = new Set();

  /** @throws DaemonError ADMIN_SOCKET_IN_USE, ADMIN_SOCKET_FAILED. */
  static async open(
    path: string,
    desk: AdminDesk,
    { log, clock }: Pick<AdminServerParts, "log" | "clock">,
    door: AdminDoor,
  ): Promise<AdminServer> {
    const server = new AdminServer({ desk, log, clock }, door);
    await bindAdminSocket(server.#server, path, SOCKET_MODE);
    server.#server.on("error", (error) => log.warn("admin.connection-failed", failure(error)));
    return server;
  }

  private constructor({ desk, log, clock }: AdminServerParts, door: AdminDoor) {
    this.#desk = desk;
    this.#log = log;
    this.#clock = clock;
    this.#server = createServer((request, response) => void this.serve(request, response, door));
  }

  /** Lets running requests end, and ends live views. The socket's file goes with it. */
  async close(): Promise<void> {
    for (const stream of this.#streams) stream.end();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeIdleConnections();
    });
  }

  /** Answers whoever the door lets in. */
  async serve(request: IncomingMessage, response: ServerResponse, door: AdminDoor): Promise<void> {
    try {
      const visitor = door(request);
      const answer = await this.#answer(request, visitor);
      if (answer.kind === "live") this.#watch(response, visitor);
      else if (answer.kind === "backup") await this.#giveBackup(response, answer.backup);
      else write(response, answer);
    } catch (error) {
      const { status, problem } = this.#explained(error);
      writeJson(response, status, { error: problem });
    }
  }

  async #answer(request: IncomingMessage, visitor: AdminVisitor): Promise<Answer> {
    const url = new URL(request.url ?? "", "http://localhost");
    const route = adminRouteAt(request.method, url.pathname);
    if (route === undefined) throw refusal("no such request");
    refuseAbove(visitor, ADMIN_DUTIES[route].least);
    const body = await bodyOf(request, ADMIN_ROUTES[route].bodyBytes);
    if (request.method === "POST") this.#log.info("admin.act", { act: route });
    const received: Received = { query: Object.fromEntries(url.searchParams), body };
    return this.#onRecord(route, received, visitor);
  }

  /** An act is in the audit trail before it begins: where the disk refuses that, it is not done. */
  async #onRecord(
    route: AdminRouteName,
    received: Received,
    { by }: AdminVisitor,
  ): Promise<Answer> {
    const wish = asked(route, received);
    const { act } = ADMIN_DUTIES[route];
    if (act === null) return this.#perform(route, received);
    const facts = askedFacts(route, wish, this.#desk.pseudonymKey);
    const open = this.#desk.trail.begin(act, by, facts);
    try {
      const answer = await this.#perform(route, received);
      open.end("done", { about: answer.kind === "json" ? answer.facts : {} });
      return answer;
    } catch (error) {
      if (isCoded(error)) open.end("refused", { code: error.code });
      else open.end("failed");
      throw error;
    }
  }

  async #perform(route: AdminRouteName, received: Received): Promise<Answer> {
    if (route === "watchStatus") return { kind: "live" };
    if (route === "backup") return { kind: "backup", backup: await this.#desk.openBackup() };
    if (route === "exportUsage") return this.#bundle(asked(route, received).vendor);
    const value = await this.#value(route, received);
    return { kind: "json", value, facts: answerFacts(route, value) };
  }

  #watch(response: ServerResponse, { isStill }: AdminVisitor): void {
    const stream = new StatusStream(response, {
      clock: this.#clock,
      isWelcome: isStill,
      status: () => this.#desk.status(),
      onChange: (run) => this.#desk.onChange(run),
    });
    this.#streams.add(stream);
    response.once("close", () => this.#streams.delete(stream));
  }

  #value<R extends AnsweredRouteName>(
    route: R,
    received: Received,
  ): AdminAnswerOf[R] | Promise<AdminAnswerOf[R]> {
    return this.#desk.answers[route](asked(route, received));
  }

  /** As fast as the other side takes it. What cannot be read any more ends the connection early. */
  async #giveBackup(response: ServerResponse, backup: OpenBackup): Promise<void> {
    try {
      response.writeHead(200, { "content-type": "application/octet-stream" });
      await pipeline(Readable.from(backup.pieces), response);
    } catch (error) {
      this.#log.warn("backup.failed", failure(error));
    } finally {
      backup.close();
    }
  }

  async #bundle(vendor: string | undefined): Promise<Answer> {
    const bytes: Uint8Array[] = [];
    const exported = await this.#desk.exportUsage(vendor, {
      write: (piece) => void bytes.push(piece),
    });
    return {
      kind: "bytes",
      bytes,
      headers: {
        [EXPORT_HEADERS.vendor]: exported.vendor,
        [EXPORT_HEADERS.size]: String(exported.size),
        [EXPORT_HEADERS.exportNo]: String(exported.exportNo),
      },
    };
  }

  #explained(error: unknown): { readonly status: number; readonly problem: AdminProblem } {
    if (!isCoded(error)) {
      this.#log.error("admin.failed", failure(error));
      const problem = { code: "INTERNAL_ERROR", message: "the daemon failed at this request" };
      return { status: 500, problem: { ...problem, hint: "see the daemon's log" } };
    }
    const { code, message, hint } = error;
    return {
      status: STATUS[code] ?? 400,
      problem: { code, message, ...(hint === undefined ? {} : { hint }) },
    };
  }
}

const STATUS: Readonly<Record<string, number>> = {
  ADMIN_REQUEST: 400,
  ADMIN_LEASE_UNKNOWN: 404,
  ADMIN_LEASE_BORROWED: 409,
  ADMIN_TOKEN_UNKNOWN: 404,
  ADMIN_TOKENS_FULL: 409,
  ADMIN_TOKEN_REFUSED: 401,
  ADMIN_ROLE: 403,
  ADMIN_DOOR: 403,
  RELEASE_NOT_BORROWED: 409,
  VENDOR_NOT_HERE: 404,
  ADMIN_NOT_WRITTEN: 503,
  STORE_UNAVAILABLE: 503,
  DAEMON_STOPPING: 503,
};

async function bodyOf(request: IncomingMessage, limit: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of request) {
    if (!(piece instanceof Uint8Array)) throw refusal("a body is bytes");
    length += piece.length;
    if (length > limit) throw refusal(`a body has at most ${limit} bytes here`);
    pieces.push(piece);
  }
  return concat(...pieces);
}

/** The refusal names the field and never what stood in it. */
function asked<R extends AdminRouteName>(route: R, received: Received): AdminAskedOf[R] {
  const decoded = ADMIN_ROUTES[route].read(received);
  if (decoded.kind === "decoded") return decoded.value;
  throw refusal(`${decoded.field} ${decoded.problem}`);
}

function refusal(message: string): DaemonError {
  return new DaemonError("ADMIN_REQUEST", message, {
    hint: "the command and the daemon may be of different releases",
  });
}

function write(
  response: ServerResponse,
  answer: Exclude<Answer, { kind: "live" | "backup" }>,
): void {
  if (answer.kind === "json") return writeJson(response, 200, answer.value);
  response.writeHead(200, { "content-type": "application/octet-stream", ...answer.headers });
  for (const piece of answer.bytes) response.write(piece);
  response.end();
}

function writeJson(response: ServerResponse, status: number, value: object): void {
  const body = utf8(JSON.stringify(value));
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": body.length,
    // A refused request may have more to say than we read.
    ...(status >= 400 ? { connection: "close" } : {}),
  });
  response.end(body);
}
