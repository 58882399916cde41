import { toBase64Url } from "../base/bytes.ts";
import { DENIAL_HINTS } from "../base/denial.ts";
import { type IdempotencyKey, leaseId } from "../base/ids.ts";
import type { Millis } from "../base/time.ts";
import type { Clock, Timer } from "../clock/clock.ts";
import { randomBytes, randomHex } from "../crypto/random.ts";
import { failure, type Log } from "../log/log.ts";
import { writeJsonNote } from "../note/json-note.ts";
import {
  challengeBody,
  DAEMON_NOTE_NAME,
  type Hello,
  type Welcome,
} from "../protocol/handshake.ts";
import type { NotificationName, NotificationOf } from "../protocol/notifications.ts";
import {
  decodeFrame,
  encodeError,
  encodeNotification,
  encodeResult,
  type Request,
} from "../protocol/request-frame.ts";
import type { Labels, Method, Remembered } from "../protocol/requests.ts";
import type { ResultOf } from "../protocol/results.ts";
import { SUBPROTOCOL } from "../protocol/wire-codes.ts";
import { type WireError, wireFault } from "../protocol/wire-error.ts";
import type { UsageRecord } from "../seats/command.ts";
import type { Notice } from "../seats/decision.ts";
import type { Caller, Lease } from "../seats/lease.ts";
import { type Admission, tokenEnded } from "./admission.ts";
import type { Attendee, Listener } from "./attendance.ts";
import { type Departure, departure, NOTHING_LEAVES } from "./departure.ts";
import { type Door, type Proof, type Pseudonyms, pseudonymsOf, type StandingNow } from "./door.ts";
import type { Expiry } from "./expiries.ts";
import { verifiedHello } from "./greeting.ts";
import { HELLO_LATE, type Peer, REPLACED, type Visit } from "./peer.ts";
import { Rate } from "./rate.ts";
import type { Rates } from "./rates.ts";
import {
  acquireReply,
  borrowReply,
  denialOf,
  doneReply,
  doorDenial,
  leasesOf,
  type Prove,
  type Reply,
  recordReply,
  renewReply,
  statusResult,
  wireLease,
} from "./replies.ts";
import type { SecurityWatch } from "./security-watch.ts";
import type { SiteKey } from "./site-key.ts";
import type { Watcher } from "./status-board.ts";
import type { VendorDesk } from "./vendor-desk.ts";

/** What all sessions of a daemon share. */
export interface SessionParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly siteKey: SiteKey;
  readonly door: Door;
  readonly admission: Admission;
  readonly security: Pick<SecurityWatch, "saw">;
  /** By vendor name. */
  readonly desks: ReadonlyMap<string, VendorDesk>;
  readonly handshake: Millis;
  readonly heartbeat: Millis;
  readonly frameBytes: number;
  readonly leasesPerClient: number;
  readonly requestsPerSecond: number;
  /** Requests of each client key, over all its connections. */
  readonly keyRates: Rates;
  readonly version: string;
}

type NoticeOf<Kind extends Notice["kind"]> = Extract<Notice, { kind: Kind }>;

interface Greeted {
  readonly desk: VendorDesk;
  readonly who: Omit<Caller, "standing">;
  readonly standing: StandingNow;
  readonly isWelcome: () => boolean;
}

const ENDS = { revoked: "LEASE_REVOKED", idle: "LEASE_IDLE", expired: "LEASE_EXPIRED" } as const;

/** Requests above the rate are denied; a client that goes on like this for so many seconds is cut off. */
export const PATIENCE_SECONDS = 5;

/**
 * One connection: authenticates the client, turns its labels into pseudonyms, and carries requests
 * to the desk of the vendor it named. Nothing of the labels is kept.
 */
export class Session implements Visit, Listener, Watcher {
  readonly #parts: SessionParts;
  readonly #peer: Peer;
  readonly #challenge: string = toBase64Url(randomBytes(32));
  readonly #helloTimer: Timer;
  readonly #rate: Rate;
  /** Nonces of the requests that wait in the queue: their lease will be signed over them. */
  readonly #waiting: Map<IdempotencyKey, string> = new Map();
  #greeted: Greeted | undefined;
  #left = false;

  constructor(peer: Peer, parts: SessionParts) {
    this.#peer = peer;
    this.#parts = parts;
    this.#rate = new Rate(parts.requestsPerSecond, parts.clock.now().mono);
    this.#helloTimer = parts.clock.after(parts.handshake, () => peer.close(HELLO_LATE));
    this.#sendChallenge();
  }

  received(text: string): void {
    const wait = this.#wait();
    if (wait !== undefined && wait > PATIENCE_SECONDS * 1_000) {
      const who = (): string | null => this.#greeted?.who.user ?? null;
      this.#parts.security.saw({ act: "connection.cut", reason: "too-fast", who });
      return this.#peer.close(1008);
    }
    const request = decodeFrame(text);
    if (request.kind === "refusal") return this.#peer.send(encodeError(request.id, request.error));
    if (wait !== undefined) {
      return this.#refuse(request, doorDenial("RATE_LIMITED", "", { retryAfterMs: wait }));
    }
    try {
      this.#dispatch(request);
    } catch (error) {
      // Ours to fix; the client learns that it failed, and nothing about how.
      this.#parts.log.error("request.failed", { method: request.method, ...failure(error) });
      this.#refuse(request, wireFault("INTERNAL_ERROR", "the request failed"));
    }
  }

  /** How long until the next request may come, by the rate of the connection or of the key. */
  #wait(): Millis | undefined {
    const now = this.#parts.clock.now().mono;
    const own = this.#rate.take(now);
    const client = this.#greeted?.who.client;
    const shared = client === undefined ? undefined : this.#parts.keyRates.take(client, now);
    if (own === undefined || shared === undefined) return own ?? shared;
    return own > shared ? own : shared;
  }

  left(): void {
    this.#left = true;
    this.#helloTimer.cancel();
    if (this.#greeted === undefined) return;
    this.#greeted.desk.board.unwatch(this);
    this.#greeted.desk.leave(this.caller(), this);
  }

  caller(): Caller {
    const { who, standing } = this.#expectGreeted();
    const { client, instance, user, host, display } = who;
    return { client, instance, user, host, display, standing: standing() };
  }

  notice(notice: Notice): Departure {
    // What waits changes at once: a later decision of the same group may be about the same key.
    if (notice.kind === "granted") return this.#granted(notice);
    if (notice.kind === "queue-dropped") this.#waiting.delete(notice.key);
    return departure(() => this.#tell(notice));
  }

  #granted({ key, lease }: NoticeOf<"granted">): Departure {
    const nonce = this.#waiting.get(key);
    this.#waiting.delete(key);
    // A resumed wait whose nonce this connection never saw: the client asks again under its
    // key and gets this very lease.
    if (nonce === undefined) return NOTHING_LEAVES;
    return this.#withLeases([lease], nonce, ([note = ""]) =>
      this.#notify("queue.granted", {
        key,
        lease: wireLease(lease, note, this.#expectGreeted().desk.entryOf(lease.id)),
      }),
    );
  }

  #tell(notice: NoticeOf<Exclude<Notice["kind"], "granted">>): void {
    switch (notice.kind) {
      case "queue-dropped":
        return this.#notify("queue.dropped", { key: notice.key, denial: denialOf(notice.denial) });
      case "quota": {
        const { meter, period, quota, used, percent } = notice;
        return this.#notify("quota.warning", { meter, period, quota, used, percent });
      }
      case "revoked":
      case "idle":
      case "expired": {
        const reason = ENDS[notice.kind];
        const hint = DENIAL_HINTS[reason];
        return this.#notify("lease.revoked", { lease: notice.lease, reason, hint });
      }
    }
  }

  watching(): Attendee {
    return this.caller();
  }

  get isBehind(): boolean {
    return this.#peer.isBehind;
  }

  changed(frame: string): void {
    if (!this.#left) this.#peer.send(frame);
  }

  licenseChanged(): void {
    this.#notify("license.changed", {});
  }

  licenseExpiring({ names, endsAt, graceUntil }: Expiry): void {
    this.#notify("license.expiring", { names, endsAt, graceUntil });
  }

  draining(after: Millis): void {
    this.#notify("server.draining", { afterMs: after });
  }

  replaced(): void {
    this.#peer.close(REPLACED);
  }

  #sendChallenge(): void {
    const { siteKey, desks } = this.#parts;
    const body = challengeBody({
      nonce: this.#challenge,
      protocols: [SUBPROTOCOL],
      daemonKey: toBase64Url(siteKey.signer.publicKey),
      certificateFingerprint: this.#peer.certificateFingerprint,
      vendors: [...desks.values()].map(({ name, chainId }) => ({ name, chainId })),
    });
    const signer = { name: DAEMON_NOTE_NAME, signer: siteKey.signer };
    this.#notify("challenge", { note: writeJsonNote("challenge", body, signer) });
  }

  #dispatch(request: Request): void {
    if (request.method === "hello") return this.#greet(request);
    const greeted = this.#greeted;
    if (greeted === undefined) {
      return this.#refuse(request, wireFault("AUTH_REQUIRED", "the first request must be hello"));
    }
    if (!greeted.isWelcome()) return this.#turnAway(request, tokenEnded());
    this.#ask(request, greeted.desk);
  }

  #greet(request: Request<"hello">): void {
    if (this.#greeted !== undefined) {
      return this.#refuse(request, wireFault("ALREADY_GREETED", "hello was said before"));
    }
    const desk = this.#parts.desks.get(request.params.vendor);
    if (desk === undefined) {
      return this.#refuse(
        request,
        wireFault("VENDOR_UNKNOWN", "no ledger is kept for this vendor"),
      );
    }
    const hello = verifiedHello(request.params.note, {
      challenge: this.#challenge,
      daemonKey: toBase64Url(this.#parts.siteKey.signer.publicKey),
      chainId: desk.chainId,
      certificateFingerprint: this.#peer.certificateFingerprint,
    });
    if (hello === undefined) {
      const pseudonym = (): string => this.#pseudonyms(request.params.labels).user;
      this.#parts.security.saw({ act: "hello.refused", reason: "not-proven", who: pseudonym });
      return this.#turnAway(
        request,
        wireFault("AUTH_FAILED", "the hello does not answer this challenge"),
      );
    }
    const { labels, token } = request.params;
    const pseudonyms = this.#pseudonyms(labels);
    const admitted = this.#parts.admission.admit(token, pseudonyms);
    if (admitted.kind === "refused") {
      const { user, host } = pseudonyms;
      const { why } = admitted;
      this.#parts.log.info("enrolment.refused", { why, pseudonym: user, machine: host });
      const attempt = { act: "enrolment.refused", reason: why, about: { user, host } };
      this.#parts.security.saw({ ...attempt, who: () => user });
      return this.#turnAway(request, admitted.error);
    }
    this.#helloTimer.cancel();
    this.#greeted = {
      desk,
      ...this.#lookAt(hello, labels, pseudonyms, admitted.proofs),
      isWelcome: admitted.isWelcome,
    };
    desk.join(this.caller(), this);
    this.#send(request, desk.welcome(this.#welcome(hello.nonce)));
    for (const expiry of desk.licenses.expiries) this.licenseExpiring(expiry);
  }

  #pseudonyms(labels: Labels): Pseudonyms {
    return pseudonymsOf(this.#parts.siteKey.pseudonymKey, labels);
  }

  /** The door: behind it there are only pseudonyms and names of groups. */
  #lookAt(
    { clientKey, instanceId }: Hello,
    labels: Labels,
    pseudonyms: Pseudonyms,
    proofs: readonly Proof[],
  ): Pick<Greeted, "who" | "standing"> {
    return {
      who: { client: clientKey, instance: instanceId, ...pseudonyms },
      standing: this.#parts.door.lookAt(labels, this.#peer.address, proofs),
    };
  }

  #turnAway(request: Request, error: WireError): void {
    this.#refuse(request, error);
    this.#peer.close(1008);
  }

  #welcome(nonce: string): Omit<Welcome, "head"> {
    const { heartbeat, frameBytes, leasesPerClient, requestsPerSecond, version } = this.#parts;
    return {
      nonce,
      heartbeatMs: heartbeat,
      limits: { frameBytes, leasesPerClient, requestsPerSecond },
      serverVersion: version,
    };
  }

  /** Each request brings the standing of its moment, so a renewal follows changed rules. */
  #ask(request: Exclude<Request, { method: "hello" }>, desk: VendorDesk): void {
    const by = this.caller();
    switch (request.method) {
      case "seat.acquire":
        return this.#acquire(request, desk, by);
      case "seat.renew": {
        const { leases, quiet = [], nonce } = request.params;
        const proof = this.#prover(request.params);
        return desk.askForLeases({ kind: "renew", by, leases, quiet }, (outcome) =>
          this.#withLeases(leasesOf(outcome), nonce, (notes) =>
            this.#reply(request, renewReply(outcome, notes, proof)),
          ),
        );
      }
      case "seat.resume": {
        const { leases, nonce } = request.params;
        const liveInstances = desk.instancesOf(by.client);
        const proof = this.#prover(request.params);
        return desk.askForLeases({ kind: "resume", by, leases, liveInstances }, (outcome) =>
          this.#withLeases(leasesOf(outcome), nonce, (notes) =>
            this.#reply(request, renewReply(outcome, notes, proof)),
          ),
        );
      }
      case "seat.activity":
        return desk.ask({ kind: "activity", by, leases: request.params.leases }, (outcome) =>
          this.#reply(request, doneReply(outcome)),
        );
      case "seat.release":
        return desk.ask({ kind: "release", by, lease: request.params.lease }, (outcome) =>
          this.#reply(request, doneReply(outcome)),
        );
      case "seat.cancel":
        this.#waiting.delete(request.params.key);
        return desk.ask({ kind: "cancel", by, key: request.params.key }, (outcome) =>
          this.#reply(request, doneReply(outcome)),
        );
      case "seat.borrow":
        return this.#borrow(request, desk, by);
      case "seat.return":
        return desk.ask({ kind: "return", by, lease: request.params.lease }, (outcome) =>
          this.#reply(request, doneReply(outcome)),
        );
      case "usage.record":
        return desk.ask({ kind: "record", by, records: recordsOf(request) }, (outcome) =>
          this.#reply(request, recordReply(outcome)),
        );
      case "status.get":
        return this.#send(request, statusResult(desk.features()));
      case "status.watch":
        return desk.settled(() => {
          if (this.#left) return;
          this.#send(request, {});
          desk.board.watch(this);
        });
      case "status.unwatch":
        desk.board.unwatch(this);
        return this.#send(request, {});
    }
  }

  #acquire(request: Request<"seat.acquire">, desk: VendorDesk, by: Caller): void {
    const { feature, version, versionDate = null, count, wait, key, nonce } = request.params;
    if (desk.isDraining) return this.#refuse(request, doorDenial("DRAINING", feature));
    const newLease = leaseId(randomHex(16));
    const product = { feature, version, versionDate };
    const liveInstances = desk.instancesOf(by.client);
    const asked = { count, wait, key, newLease, liveInstances };
    const proof = this.#prover(request.params);
    desk.askForLeases({ kind: "acquire", by, ...product, ...asked }, (outcome) => {
      // At once: a later decision of the same group may already grant it.
      if (outcome.kind === "queued") this.#waiting.set(key, nonce);
      return this.#withLeases(leasesOf(outcome), nonce, (notes) =>
        this.#reply(
          request,
          acquireReply(outcome, notes, proof, (lease) => desk.entryOf(lease)),
        ),
      );
    });
  }

  #borrow(request: Request<"seat.borrow">, desk: VendorDesk, by: Caller): void {
    const { feature, version, versionDate = null, count, key } = request.params;
    const { borrowMs, workstation, lease = null } = request.params;
    if (desk.isDraining) return this.#refuse(request, doorDenial("DRAINING", feature));
    const newLease = leaseId(randomHex(16));
    const what = { feature, version, versionDate, count, key, newLease };
    const proof = this.#prover(request.params);
    desk.ask({ kind: "borrow", by, ...what, span: borrowMs, workstation, lease }, (outcome) =>
      this.#reply(
        request,
        borrowReply(outcome, (borrowed) => desk.borrowedLease(borrowed), proof),
      ),
    );
  }

  /** Leases of the same request, to be signed over its nonce. */
  #withLeases(
    leases: readonly Lease[],
    nonce: string,
    leave: (notes: readonly string[]) => void,
  ): Departure {
    if (this.#left) return NOTHING_LEAVES;
    const { desk } = this.#expectGreeted();
    return { leases: leases.map((lease) => desk.leaseNote(lease, nonce)), leave };
  }

  /** Looks at the head that the client remembers; the proof is of the moment of the answer. */
  #prover({ head, since }: Remembered): Prove {
    const { desk, who } = this.#expectGreeted();
    if (head !== undefined) {
      desk.heads.shown(head, who.client);
      desk.twins.shown(head);
    }
    return () => (since === undefined ? {} : { ledger: desk.heads.proof(since) });
  }

  #expectGreeted(): Greeted {
    if (this.#greeted === undefined) throw new TypeError("nobody was greeted");
    return this.#greeted;
  }

  #reply<M extends Method>(request: RequestOf<M>, reply: Reply<ResultOf[M]>): void {
    if (this.#left) return;
    if (reply.kind === "result") this.#send(request, reply.result);
    else this.#refuse(request, reply.error);
  }

  #send<M extends Method>(request: RequestOf<M>, result: ResultOf[M]): void {
    this.#peer.send(encodeResult(request, result));
  }

  #refuse(request: { readonly id: Request["id"] }, error: WireError): void {
    this.#peer.send(encodeError(request.id, error));
  }

  #notify<N extends NotificationName>(method: N, params: NotificationOf[N]): void {
    if (!this.#left) this.#peer.send(encodeNotification(method, params));
  }
}

/** A record without a word on refunds was used. */
function recordsOf({ params }: Request<"usage.record">): readonly UsageRecord[] {
  return params.records.map(({ refund = false, ...record }) => ({
    kind: refund ? "refund" : "use",
    ...record,
  }));
}

interface RequestOf<M extends Method> {
  readonly id: Request["id"];
  readonly method: M;
}
