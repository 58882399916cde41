import { type IncomingMessage, request } from "node:http";
import { concat, fromUtf8, utf8 } from "../base/bytes.ts";
import { CodedError, messageOf, systemCode } from "../base/errors.ts";
import type { LeaseId } from "../base/ids.ts";
import {
  ADMIN_ROUTES,
  type AdminAnswerOf,
  type AdminCheckpoint,
  type AdminFound,
  type AdminLicense,
  type AdminLicenses,
  type AdminNamedAnswer,
  type AdminNamedEdits,
  type AdminNamedLists,
  type AdminPreview,
  type AdminReceipt,
  type AdminRelease,
  type AdminReload,
  type AdminRevoked,
  type AdminSeats,
  type AdminStatus,
  type AdminUsage,
  type AdminWhy,
  type AskNamedUserRequest,
  type EditNamedUsersRequest,
  type HolderQuery,
  type RevokeRequest,
  type WhyRequest,
} from "../protocol/admin.ts";
import { decodeAdminAnswer } from "../protocol/admin-answers.ts";
import type { AdminHistory, HistoryRequest } from "../protocol/admin-history.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { DaemonError } from "./errors.ts";
import { EXPORT_HEADERS } from "./export-headers.ts";
import type { Exported } from "./usage-export.ts";

type RouteName = keyof typeof ADMIN_ROUTES;

/** Largest answer that is held in memory; a bundle is not. */
const ANSWER_BYTES = 67_108_864;

/**
 * Speaks with a running daemon through its socket. Every method throws the daemon's own coded
 * refusal, or DaemonError ADMIN_UNREACHABLE when no daemon answers, ADMIN_REPLY for an answer that
 * makes no sense.
 */
export class AdminClient {
  readonly #socket: string;

  constructor(socket: string) {
    this.#socket = socket;
  }

  status(): Promise<AdminStatus> {
    return this.#ask("status");
  }

  /**
   * The status now, and again whenever it differs, until `signal` ends it.
   * @yields each status as it comes.
   * @throws DaemonError ADMIN_UNREACHABLE also when the daemon ends first.
   */
  async *watchStatus(signal: AbortSignal): AsyncGenerator<AdminStatus, void, undefined> {
    try {
      const response = await this.#send("watchStatus", { signal });
      if (response.statusCode !== 200) throw await refusalIn(response);
      for await (const line of linesOf(response)) yield understood("status", parsed(line));
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    if (signal.aborted) return;
    throw new DaemonError("ADMIN_UNREACHABLE", "the daemon has stopped", {
      hint: "start it again with seatkeeper serve",
    });
  }

  seats(): Promise<AdminSeats> {
    return this.#ask("seats");
  }

  /** What somebody holds, and under which pseudonyms. */
  find(holder: HolderQuery): Promise<AdminFound> {
    return this.#ask("findSeats", { body: utf8(JSON.stringify(holder)) });
  }

  revokeHeld(holder: HolderQuery): Promise<AdminRevoked> {
    return this.#ask("revokeHeld", { body: utf8(JSON.stringify(holder)) });
  }

  revoke(lease: LeaseId): Promise<RevokeRequest> {
    return this.#ask("revoke", { body: utf8(JSON.stringify({ lease })) });
  }

  /** Days of UTC as `2026-11-22`, both included. */
  usage(range: { from?: string | undefined; to?: string | undefined } = {}): Promise<AdminUsage> {
    return this.#ask("usage", { query: range });
  }

  usageHistory({ by, ...bounds }: HistoryRequest): Promise<AdminHistory> {
    return this.#ask("usageHistory", { query: { by, ...bounds } });
  }

  checkpoint(): Promise<AdminCheckpoint> {
    return this.#ask("checkpoint");
  }

  /** What an export would hold now. */
  previewExport(vendor?: string): Promise<AdminPreview> {
    return this.#ask("previewExport", { query: { vendor } });
  }

  licenses(): Promise<AdminLicenses> {
    return this.#ask("licenses");
  }

  installLicense(file: Uint8Array): Promise<AdminLicense> {
    return this.#ask("installLicense", { body: file });
  }

  importReceipt(file: Uint8Array): Promise<AdminReceipt> {
    return this.#ask("importReceipt", { body: file });
  }

  /** Frees borrowed seats by a release of the vendor. */
  releaseBorrowed(file: Uint8Array): Promise<AdminRelease> {
    return this.#ask("releaseBorrowed", { body: file });
  }

  /** Rules and licenses, read again. */
  reload(): Promise<AdminReload> {
    return this.#ask("reload");
  }

  /** The site's lists of named users. */
  namedUsers(): Promise<AdminNamedLists> {
    return this.#ask("namedUsers");
  }

  editNamedUsers(asked: EditNamedUsersRequest): Promise<AdminNamedEdits> {
    return this.#ask("editNamedUsers", { body: utf8(JSON.stringify(asked)) });
  }

  askNamedUser(asked: AskNamedUserRequest): Promise<AdminNamedAnswer> {
    return this.#ask("askNamedUser", { body: utf8(JSON.stringify(asked)) });
  }

  /** What would happen if somebody asked now. */
  why(asked: WhyRequest): Promise<AdminWhy> {
    return this.#ask("why", { body: utf8(JSON.stringify(asked)) });
  }

  /**
   * The usage bundle, piece by piece. Only when the promise resolves are the pieces a bundle.
   * @param vendor may be left out where the daemon serves one.
   */
  async exportUsage(
    write: (bytes: Uint8Array) => void,
    vendor?: string,
  ): Promise<Exported & { readonly bytes: number }> {
    const response = await this.#send("exportUsage", { query: { vendor } });
    if (response.statusCode !== 200) throw await refusalIn(response);
    let bytes = 0;
    for await (const piece of pieces(response)) {
      bytes += piece.length;
      write(piece);
    }
    return {
      vendor: headerOf(response, EXPORT_HEADERS.vendor),
      size: Number(headerOf(response, EXPORT_HEADERS.size)),
      exportNo: Number(headerOf(response, EXPORT_HEADERS.exportNo)),
      bytes,
    };
  }

  /** A backup of the site, piece by piece. Whether the pieces are whole, their own hash tells. */
  async backup(write: (bytes: Uint8Array) => void): Promise<void> {
    const response = await this.#send("backup", {});
    if (response.statusCode !== 200) throw await refusalIn(response);
    for await (const piece of pieces(response)) write(piece);
  }

  async #ask<R extends Exclude<RouteName, "backup" | "exportUsage" | "watchStatus">>(
    route: R,
    asked: Asked = {},
  ): Promise<AdminAnswerOf[R]> {
    const response = await this.#send(route, asked);
    if (response.statusCode !== 200) throw await refusalIn(response);
    return understood(route, await jsonIn(response));
  }

  #send(route: RouteName, { query = {}, body, signal }: Asked): Promise<IncomingMessage> {
    const { method, path } = ADMIN_ROUTES[route];
    const given = Object.entries(query).filter((entry): entry is [string, string] => {
      return entry[1] !== undefined;
    });
    const search = new URLSearchParams(given).toString();
    return new Promise((resolve, reject) => {
      const sent = request({
        socketPath: this.#socket,
        method,
        path: search === "" ? path : `${path}?${search}`,
        agent: false,
        ...(signal === undefined ? {} : { signal }),
      });
      sent.once("response", resolve);
      sent.once("error", (cause) => reject(unreachable(this.#socket, cause)));
      sent.end(body);
    });
  }
}

interface Asked {
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: Uint8Array;
  readonly signal?: AbortSignal;
}

async function* pieces(response: IncomingMessage): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const piece of response) {
      if (piece instanceof Uint8Array) yield piece;
    }
  } catch (cause) {
    throw strange("the daemon stopped in the middle of its answer", cause);
  }
}

async function jsonIn(response: IncomingMessage): Promise<unknown> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const piece of pieces(response)) {
    length += piece.length;
    if (length > ANSWER_BYTES) throw strange("the daemon's answer is too long");
    parts.push(piece);
  }
  return parsed(fromUtf8(concat(...parts)));
}

/**
 * The lines of an answer, until the daemon ends it or itself.
 * @yields each line as soon as it is whole.
 */
async function* linesOf(response: IncomingMessage): AsyncGenerator<string, void, undefined> {
  response.setEncoding("utf8");
  let text = "";
  try {
    for await (const piece of response) {
      text += String(piece);
      if (text.length > ANSWER_BYTES) throw strange("the daemon's answer is too long");
      const lines = text.split("\n");
      text = lines.pop() ?? "";
      yield* lines;
    }
  } catch (error) {
    if (systemCode(error) !== "ECONNRESET") throw error;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw strange("the daemon's answer is not json", cause);
  }
}

/** The daemon's refusal under its own code, so that commands tell it as if it were theirs. */
async function refusalIn(response: IncomingMessage): Promise<CodedError> {
  const { error } = understood("error", await jsonIn(response));
  const { code, message, hint } = error;
  return new CodedError(code, message, hint === undefined ? {} : { hint });
}

function understood<R extends keyof AdminAnswerOf>(route: R, body: unknown): AdminAnswerOf[R] {
  try {
    return decodeAdminAnswer(route, body);
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) throw cause;
    throw strange(cause.message, cause);
  }
}

function headerOf(response: IncomingMessage, name: string): string {
  const value = response.headers[name];
  if (typeof value === "string") return value;
  throw strange(`the daemon's answer has no ${name}`);
}

function strange(message: string, cause?: unknown): DaemonError {
  return new DaemonError("ADMIN_REPLY", message, {
    hint: "the daemon and this command may be of different releases; restart the daemon",
    cause,
  });
}

function unreachable(socket: string, cause: Error): DaemonError {
  const forbidden = systemCode(cause) === "EACCES";
  return new DaemonError(
    "ADMIN_UNREACHABLE",
    `no daemon answers on ${socket}: ${messageOf(cause)}`,
    {
      hint: forbidden
        ? "run the command as root or as a member of the group seatkeeper"
        : "start it with seatkeeper serve, or check socket in the configuration",
      cause,
    },
  );
}
