import { type IncomingMessage, request } from "node:http";
import { concat, fromUtf8 } from "../base/bytes.ts";
import { CodedError, messageOf, systemCode } from "../base/errors.ts";
import type { RawIdentity } from "../base/identity.ts";
import type { LeaseId } from "../base/ids.ts";
import type { UnixMillis } from "../base/time.ts";
import { TRAIL_RECORDS } from "../protocol/admin/trail.ts";
import { WHO_HEADER, writeWho } from "../protocol/admin/who.ts";
import {
  ADMIN_ROUTES,
  type AdminAnswerOf,
  type AdminAskedOf,
  type AdminRouteName,
  type AnsweredRouteName,
  decodeAdminAnswer,
  decodeAdminRefusal,
} from "../protocol/admin.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { type AdminTarget, openAdminLink } from "./admin-link.ts";
import { DaemonError } from "./errors.ts";
import { EXPORT_HEADERS } from "./export-headers.ts";
import type { Exported } from "./usage-export.ts";

/** Largest answer that is held in memory; a bundle is not. */
const ANSWER_BYTES = 67_108_864;

/**
 * Speaks with a running daemon through its socket, or over the network. Every method throws the daemon's own coded
 * refusal, or DaemonError ADMIN_UNREACHABLE when no daemon answers, ADMIN_REPLY for an answer that
 * makes no sense.
 */
export class AdminClient {
  readonly #target: AdminTarget;

  readonly #who: RawIdentity | undefined;

  /** @param who gives the commands, for the audit trail, which has a pseudonym of it. */
  constructor(target: AdminTarget, who?: RawIdentity) {
    this.#target = target;
    this.#who = who;
  }

  status(): Answer<"status"> {
    return this.#ask("status", undefined);
  }

  /**
   * The status now, and again whenever it differs, until `signal` ends it.
   * @yields each status as it comes.
   * @throws DaemonError ADMIN_UNREACHABLE also when the daemon ends first.
   */
  async *watchStatus(
    signal: AbortSignal,
  ): AsyncGenerator<AdminAnswerOf["status"], void, undefined> {
    try {
      const response = await this.#send("watchStatus", undefined, signal);
      for await (const line of linesOf(response)) yield understood("status", parsed(line));
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    if (signal.aborted) return;
    throw new DaemonError("ADMIN_UNREACHABLE", "the daemon has stopped", {
      hint: "start it again with seatkeeper serve",
    });
  }

  /** What the daemon finds when it looks at itself. */
  checkup(): Answer<"checkup"> {
    return this.#ask("checkup", undefined);
  }

  /** A backup of then was read back. */
  backupChecked(madeAt: UnixMillis): Answer<"backupChecked"> {
    return this.#ask("backupChecked", { madeAt });
  }

  seats(): Answer<"seats"> {
    return this.#ask("seats", undefined);
  }

  /** What somebody holds, and under which pseudonyms. */
  find(asked: AdminAskedOf["findSeats"]): Answer<"findSeats"> {
    return this.#ask("findSeats", asked);
  }

  revokeHeld(asked: AdminAskedOf["revokeHeld"]): Answer<"revokeHeld"> {
    return this.#ask("revokeHeld", asked);
  }

  revoke(lease: LeaseId): Answer<"revoke"> {
    return this.#ask("revoke", { lease });
  }

  usage(asked: AdminAskedOf["usage"] = {}): Answer<"usage"> {
    return this.#ask("usage", asked);
  }

  usageHistory(asked: AdminAskedOf["usageHistory"]): Answer<"usageHistory"> {
    return this.#ask("usageHistory", asked);
  }

  checkpoint(): Answer<"checkpoint"> {
    return this.#ask("checkpoint", undefined);
  }

  /** What an export would hold now. */
  previewExport(vendor?: string): Answer<"previewExport"> {
    return this.#ask("previewExport", { vendor });
  }

  /** What can be archived now. */
  planArchive(vendor?: string): Answer<"planArchive"> {
    return this.#ask("planArchive", { vendor });
  }

  /** Cuts off the ledger what is in an archive. */
  cutLedger(asked: AdminAskedOf["cutLedger"]): Answer<"cutLedger"> {
    return this.#ask("cutLedger", asked);
  }

  licenses(): Answer<"licenses"> {
    return this.#ask("licenses", undefined);
  }

  installLicense(file: Uint8Array): Answer<"installLicense"> {
    return this.#ask("installLicense", file);
  }

  /** An activation request that shows the ledger as it is. */
  requestRenewal(vendor?: string): Answer<"requestRenewal"> {
    return this.#ask("requestRenewal", { vendor });
  }

  importReceipt(file: Uint8Array): Answer<"importReceipt"> {
    return this.#ask("importReceipt", file);
  }

  /** Frees borrowed seats by a release of the vendor. */
  releaseBorrowed(file: Uint8Array): Answer<"releaseBorrowed"> {
    return this.#ask("releaseBorrowed", file);
  }

  /** Rules and licenses, read again. */
  reload(): Answer<"reload"> {
    return this.#ask("reload", undefined);
  }

  /** The site's lists of named users. */
  namedUsers(): Answer<"namedUsers"> {
    return this.#ask("namedUsers", undefined);
  }

  editNamedUsers(asked: AdminAskedOf["editNamedUsers"]): Answer<"editNamedUsers"> {
    return this.#ask("editNamedUsers", asked);
  }

  askNamedUser(asked: AdminAskedOf["askNamedUser"]): Answer<"askNamedUser"> {
    return this.#ask("askNamedUser", asked);
  }

  /** The site's enrolment tokens, or those that bind somebody. */
  tokens(holder?: AdminAskedOf["findTokens"]): Answer<"tokens"> {
    return holder === undefined ? this.#ask("tokens", undefined) : this.#ask("findTokens", holder);
  }

  /** The answer has the text of the token, which nobody can ask for again. */
  createToken(asked: AdminAskedOf["createToken"]): Answer<"createToken"> {
    return this.#ask("createToken", asked);
  }

  revokeToken(id: string): Answer<"revokeToken"> {
    return this.#ask("revokeToken", { id });
  }

  /**
   * The audit trail, the oldest record first.
   * @yields pages of records, each with the newest head of its moment.
   */
  async *trail(): AsyncGenerator<AdminAnswerOf["trail"], void, undefined> {
    let after = 0;
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- each page begins where the last one ended
      const page = await this.#ask("trail", { after: String(after) });
      yield page;
      const last = page.records.at(-1);
      if (last === undefined || page.records.length < TRAIL_RECORDS) return;
      after = last.seq;
    }
  }

  /** What would happen if somebody asked now. */
  why(asked: AdminAskedOf["why"]): Answer<"why"> {
    return this.#ask("why", asked);
  }

  /**
   * The usage bundle, piece by piece. Only when the promise resolves are the pieces a bundle.
   * @param vendor may be left out where the daemon serves one.
   */
  async exportUsage(
    write: (bytes: Uint8Array) => void,
    vendor?: string,
  ): Promise<Exported & { readonly bytes: number }> {
    const response = await this.#send("exportUsage", { vendor });
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
    const response = await this.#send("backup", undefined);
    for await (const piece of pieces(response)) write(piece);
  }

  async #ask<R extends AnsweredRouteName>(route: R, asked: AdminAskedOf[R]): Answer<R> {
    return understood(route, await jsonIn(await this.#send(route, asked)));
  }

  /** @returns the answer of a daemon that does not refuse. */
  async #send<R extends AdminRouteName>(
    route: R,
    asked: AdminAskedOf[R],
    signal?: AbortSignal,
  ): Promise<IncomingMessage> {
    const { method, path, write } = ADMIN_ROUTES[route];
    const { query = {}, body } = write(asked);
    const target = this.#target;
    const link = await openAdminLink(target);
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = request({
        createConnection: () => link,
        ...(typeof target === "string" ? {} : { host: target.host, port: target.port }),
        method,
        path: `${path}${searchOf(query)}`,
        headers: this.#headers(),
        ...(signal === undefined ? {} : { signal }),
      });
      sent.once("response", resolve);
      sent.once("error", (cause) => reject(ended(cause)));
      sent.end(body);
    });
    if (response.statusCode !== 200) throw await refusalIn(response);
    return response;
  }

  /** Over the network the token says who asks. */
  #headers(): Readonly<Record<string, string>> {
    if (typeof this.#target !== "string") return { authorization: `Bearer ${this.#target.token}` };
    return this.#who === undefined ? {} : { [WHO_HEADER]: writeWho(this.#who) };
  }
}

type Answer<R extends AnsweredRouteName> = Promise<AdminAnswerOf[R]>;

function searchOf(query: object): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (typeof value === "string") search.set(name, value);
  }
  return search.size === 0 ? "" : `?${search.toString()}`;
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
  const body = await jsonIn(response);
  const { code, message, hint } = told(() => decodeAdminRefusal(body));
  return new CodedError(code, message, hint === undefined ? {} : { hint });
}

const understood = <R extends AnsweredRouteName>(route: R, body: unknown): AdminAnswerOf[R] =>
  told(() => decodeAdminAnswer(route, body));

function told<Value>(decode: () => Value): Value {
  try {
    return decode();
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

const ended = (cause: Error): DaemonError =>
  new DaemonError("ADMIN_UNREACHABLE", `the daemon has hung up: ${messageOf(cause)}`, {
    hint: "it may be stopping; see its log, and try again",
    cause,
  });
