import { equalBytes } from "../base/bytes.ts";
import { DENIAL_HINTS, type DenialReason } from "../base/denial.ts";
import type { ChainId, ClientKey, InstanceId, LeaseId } from "../base/ids.ts";
import { after, isoTime, type Millis, millis, seconds, type UnixMillis } from "../base/time.ts";
import { lends } from "../license/borrow-ticket.ts";
import type { LeaseNote } from "../license/lease-note.ts";
import type { License } from "../license/license.ts";
import { isInForce, nextTurn, startOf } from "../license/license-checks.ts";
import { isRevoked } from "../license/revocation-checks.ts";
import type { Revocations } from "../license/revocations.ts";
import type { Supersede } from "../license/supersede.ts";
import { failure } from "../log/log.ts";
import type { AdminAuditor, AdminStandIn, AdminVendor } from "../protocol/admin/status.ts";
import type { Welcome } from "../protocol/handshake.ts";
import type { BorrowResult, HelloResult, WireEntry } from "../protocol/results.ts";
import type { AcquireCommand, Command } from "../seats/command.ts";
import type { Answer, Denial } from "../seats/decision.ts";
import type { Explanation } from "../seats/explaining.ts";
import type { Caller, Lease } from "../seats/lease.ts";
import type { FeatureView, SeatSummary, SeatView } from "../seats/view.ts";
import { AcceptedBranch } from "./accepted-branch.ts";
import { Attendance, type Listener } from "./attendance.ts";
import { auditorsOf } from "./auditors.ts";
import { type AnswerTo, CommitGroup, type Outcome, type Writes } from "./commit-group.ts";
import { Deadline } from "./deadline.ts";
import { departure, NOTHING_LEAVES } from "./departure.ts";
import type { DeskCore } from "./desk-core.ts";
import { DiskWatch } from "./disk-watch.ts";
import { DaemonError } from "./errors.ts";
import { type Expiry, expiriesOf, GivenWarnings } from "./expiries.ts";
import { isUnavailable } from "./failure-kind.ts";
import { HeadWatch } from "./head-watch.ts";
import type { NotReady } from "./health.ts";
import type { ShelvedLicense } from "./license-shelf.ts";
import { Notary } from "./notary.ts";
import { ReportWatch } from "./report-watch.ts";
import { SeatLog } from "./seat-log.ts";
import { seatTermsNow } from "./seat-terms.ts";
import type { EmergencyDays } from "./standing-in.ts";
import { StatusBoard } from "./status-board.ts";
import { SuspectClock } from "./suspect-clock.ts";
import { toldLease } from "./told-lease.ts";
import { TwinWatch } from "./twin-watch.ts";

/** What one checkpoint did. */
export interface Checkpointed {
  readonly events: number;
  /** Blocks in the ledger now. */
  readonly size: number;
}

/** How long what could not be written waits for the disk. */
const RETRY: Millis = seconds(1);

/** Where everything about one vendor comes together: requests, licenses, notices, the ledger. */
export class VendorDesk {
  readonly core: DeskCore;
  readonly notary: Notary;
  readonly board: StatusBoard;
  /** What the vendor has decided about branches of the ledger. */
  readonly branch: AcceptedBranch;
  /** What clients remember of the ledger. */
  readonly heads: HeadWatch;
  /** What clients have seen of ledgers that stood in for this one. */
  readonly twins: TwinWatch;
  /** What the vendor wants to be told, and by when. */
  readonly reports: ReportWatch;
  /** What a clock that is not believed leads to. */
  readonly clock: SuspectClock;
  readonly #group: CommitGroup;
  readonly #attendance: Attendance = new Attendance();
  readonly #disk: DiskWatch = new DiskWatch();
  readonly #deadline: Deadline;
  /** When the licenses allow or demand something else next. */
  readonly #turn: Deadline;
  readonly #maxPending: number;
  #licenseChanged: () => void = () => undefined;
  readonly #warnings: GivenWarnings = new GivenWarnings();
  /** The newest day of an emergency that this run has said, in its preface or since. */
  #emergencyDay: number;
  #draining = false;
  #checkpointing = false;

  constructor(core: DeskCore, maxPending: number, fatal: (error: unknown) => void) {
    this.core = core;
    this.#maxPending = maxPending;
    this.notary = new Notary(core.ledger, core.siteKey);
    const alone = (work: () => Promise<void>): Promise<void> =>
      this.alone(() => this.#disk.watching(work));
    this.branch = new AcceptedBranch(core, alone);
    this.heads = new HeadWatch(core, this.notary, this.branch, alone);
    this.twins = new TwinWatch(core, alone);
    this.reports = new ReportWatch(core);
    this.clock = new SuspectClock(core, alone);
    this.board = new StatusBoard({
      clock: core.clock,
      settled: (look) => this.settled(look),
      summary: () => this.summary(),
    });
    this.#emergencyDay = this.emergency()?.day ?? 0;
    this.#deadline = new Deadline(core.clock, () => this.#tellEngine({ kind: "tick" }));
    this.#turn = new Deadline(core.clock, () => void this.refreshTerms());
    const seatLog = new SeatLog(core.log, core.vendor.name);
    this.#group = new CommitGroup({
      book: core.book,
      clock: core.clock,
      now: () => core.time.now(),
      commit: (writes) => this.#commit(writes),
      settled: () => this.board.stir(),
      notify: (notices) => this.#attendance.departuresOf(notices),
      sign: (leases) => this.notary.signLeases(leases),
      decided: (command, decision) => seatLog.decided(command, decision),
      idle: () => this.#planTick(),
      fault: (error) => core.log.error("request.failed", failure(error)),
      fatal,
    });
    this.#planTick();
    this.#planTurn();
  }

  get name(): string {
    return this.core.vendor.name;
  }

  get chainId(): ChainId {
    return this.core.ledger.chainId;
  }

  /** True when no more seats are granted, because the daemon stops. */
  get isDraining(): boolean {
    return this.#draining;
  }

  /** Asks the engine; `answer` comes when the decision is durable. */
  ask(command: Command, answer: (outcome: Outcome) => void): void {
    this.askForLeases(command, (outcome) => departure(() => answer(outcome)));
  }

  /** The same for an answer that carries signed leases. */
  askForLeases(command: Command, answer: AnswerTo): void {
    this.#group.ask(command, (outcome) => answer(this.#explained(outcome)));
  }

  /** Runs `look` when everything that was decided up to now is durable. */
  settled(look: () => void): void {
    this.ask({ kind: "tick" }, look);
  }

  /** What the request would be answered now, and everything that stands against it. */
  explain(asked: AcquireCommand): Explanation {
    const { book, time } = this.core;
    const { answer, reasons } = book.explain(asked, time.now());
    const told = reasons.map((reason) => this.#inFull(reason));
    if (answer.kind !== "denied") return { answer, reasons: told };
    return { answer: { kind: "denied", denial: this.#inFull(answer.denial) }, reasons: told };
  }

  /** Asks the engine on the administrator's behalf. @throws DaemonError ADMIN_NOT_WRITTEN. */
  tell(command: Command): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.ask(command, (answer) => {
        if (answer.kind !== "not-written") return resolve(answer);
        const hint = "see the daemon's log and the free space of its data folder";
        reject(new DaemonError("ADMIN_NOT_WRITTEN", "the disk refused the change", { hint }));
      });
    });
  }

  /** Runs `work` between two groups. */
  alone<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#group.alone(work);
  }

  join(caller: Caller, listener: Listener): void {
    this.#attendance.join(caller, listener);
    this.#tellEngine({ kind: "reconnect", by: caller });
  }

  /** A connection is gone. When the daemon itself goes, that is nobody's disconnection. */
  leave(caller: Caller, listener: Listener): void {
    const gone = this.#attendance.leave(caller, listener);
    if (gone && !this.#draining) this.#tellEngine({ kind: "disconnect", by: caller });
  }

  instancesOf(client: ClientKey): ReadonlySet<InstanceId> {
    return this.#attendance.instancesOf(client);
  }

  isHere(who: { readonly client: ClientKey; readonly instance: InstanceId }): boolean {
    return this.#attendance.isHere(who);
  }

  features(): readonly FeatureView[] {
    return this.core.book.features();
  }

  /** Features, those who wait, and meters: for live views. */
  summary(): SeatSummary {
    return this.core.book.summary(this.core.time.now());
  }

  view(): SeatView {
    return this.core.book.view(this.core.time.now());
  }

  /** The answer to a hello, signed over the client's nonce. */
  welcome(welcome: Omit<Welcome, "head">): HelloResult {
    return {
      note: this.notary.welcome({ ...welcome, ...this.#vendorsNotes(), ...this.#standIn() }),
      licenses: this.core.shelf.licenses.map(({ text }) => text),
    };
  }

  #vendorsNotes(): Pick<Welcome, "revocations" | "supersede"> {
    const { revocations } = this.core.shelf;
    const supersede = this.branch.newest;
    return {
      ...(revocations === undefined ? {} : { revocations: revocations.text }),
      ...(supersede === undefined ? {} : { supersede: supersede.text }),
    };
  }

  /** Nobody need know that it does once the ledger has licenses of its own. */
  #standIn(): Pick<Welcome, "standIn"> {
    const standIn = this.standIn();
    if (standIn === undefined) return {};
    const { licensed, emergency } = standIn;
    const { hostHash } = this.core.site;
    return { standIn: { licensed, hostHash, endsAt: emergency?.endsAt ?? null } };
  }

  /** What the note of a lease says: for the nonce of the request that it answers. */
  leaseNote(lease: Lease, nonce: string): LeaseNote {
    const { shelf, time } = this.core;
    const offlineGrace = shelf.entitlement.offlineGrace.get(lease.feature);
    return this.notary.lease(lease, nonce, offlineGrace, time.now().wall);
  }

  /** The proof that the ledger tells of a lease, where the license has it told before it is answered. */
  entryOf(lease: LeaseId): WireEntry | undefined {
    return toldLease(this.core, this.notary, lease);
  }

  /**
   * A borrowed lease as the client gets it: with the license that proves it, or, where none does any
   * more, the newest; undefined without one.
   */
  borrowedLease(lease: Lease): BorrowResult | undefined {
    const { ticket, note } = this.notary.ticket(lease);
    const { licenses } = this.core.shelf;
    const license = licenses.find((each) => lends(each, ticket)) ?? licenses.at(-1);
    if (license === undefined) return undefined;
    const entry = this.entryOf(lease.id);
    const told = entry === undefined ? {} : { entry };
    return { lease: lease.id, until: ticket.until, ticket: note, license: license.text, ...told };
  }

  /** Takes a license into use at once and tells everybody. */
  async installLicense(bytes: Uint8Array): Promise<License> {
    const { shelf, site, time } = this.core;
    const formerKey = shelf.sealingKey();
    this.branch.checkCarried(shelf.opened(bytes).supersede);
    const license = shelf.install(bytes, site, time.now().wall);
    await this.refreshTerms();
    await this.branch.takeCarried();
    await this.#followLicenses(formerKey);
    return license;
  }

  /**
   * Takes the licenses that `found` has into use, and the site's rules of this moment. Nobody loses
   * a lease now; those that no longer fit end at their next renewal.
   */
  async reload(found: readonly ShelvedLicense[]): Promise<void> {
    const { shelf } = this.core;
    const formerKey = shelf.sealingKey();
    shelf.put(found);
    // Before the rules: who waits must be judged by its new groups.
    for (const listener of this.#attendance.everybody()) {
      this.#tellEngine({ kind: "reconnect", by: listener.caller() });
    }
    await this.tell(this.#terms());
    await this.branch.takeCarried();
    await this.#followLicenses(formerKey);
  }

  /** Takes to heart what the vendor does not stand by any more. An older list changes nothing. */
  async revoke(list: Revocations | undefined): Promise<void> {
    const { shelf, site } = this.core;
    const formerKey = shelf.sealingKey();
    if (!shelf.revoke(list, site)) return;
    await this.refreshTerms();
    await this.#followLicenses(formerKey);
  }

  /**
   * Keeps what the vendor has decided about branches of the ledger. Who was refused because of another
   * branch is told that it may ask again.
   * @throws LicenseError SUPERSEDE_OLDER, SUPERSEDE_OTHER_BRANCH.
   */
  async supersede(note: Supersede): Promise<void> {
    if (!(await this.branch.take(note))) return;
    for (const listener of this.#attendance.everybody()) listener.licenseChanged();
  }

  async #followLicenses(formerKey: Uint8Array): Promise<void> {
    const { shelf, writer } = this.core;
    const keysChanged = !equalBytes(formerKey, shelf.sealingKey());
    if (keysChanged) await this.alone(() => writer.renewSegment(true));
    for (const listener of this.#attendance.everybody()) listener.licenseChanged();
    this.#licenseChanged();
    this.warnOfExpiries();
    this.reports.warn();
    this.warnOfAuditor();
    this.warnOfRevocations();
    this.holdToLicenses();
    // Who has installed a license shall see at once what it contradicts.
    await this.alone(() => Promise.resolve());
  }

  /** Whether the ledger goes on from what the vendor has acknowledged, by each license that names it. */
  holdToLicenses(): void {
    for (const license of this.core.shelf.own) this.heads.acknowledged(license);
  }

  /** `changed` is called after each license that is installed. */
  onLicense(changed: () => void): void {
    this.#licenseChanged = changed;
  }

  /** Adds the licenses up again: one may have begun or ended. */
  refreshTerms(): Promise<void> {
    return new Promise((resolve) => {
      this.ask(this.#terms(), () => resolve());
    });
  }

  #terms(): Command {
    const terms = seatTermsNow(this.core);
    this.#planTurn();
    return { kind: "terms", ...terms };
  }

  /** The wall clock is not believed any more, or again. */
  async clockJudged(trust: "suspect" | "trusted"): Promise<void> {
    await this.refreshTerms();
    if (trust === "suspect") await this.clock.suspect();
  }

  /** What of the licenses ends soon. */
  expiries(): readonly Expiry[] {
    const { shelf, time } = this.core;
    return expiriesOf(shelf.licenses, time.now().wall);
  }

  /** Says once what has come near: to the log, and to everybody who is connected. */
  warnOfExpiries(): void {
    for (const expiry of this.#warnings.fresh(this.expiries())) {
      const { licenseId, names, endsAt, graceUntil } = expiry;
      this.core.log.warn("license.expiring", {
        vendor: this.name,
        licenseId,
        names,
        endsAt: isoTime(endsAt),
        graceUntil: graceUntil === null ? undefined : isoTime(graceUntil),
      });
      for (const listener of this.#attendance.everybody()) listener.licenseExpiring(expiry);
    }
  }

  /** Undefined where no days of an emergency are counted. */
  emergency(): EmergencyDays | undefined {
    const { standingIn, shelf } = this.core;
    return standingIn?.emergency(shelf.licenses);
  }

  /** By what seats are granted while the ledger has no licenses of its own; undefined where it does not stand in. */
  standIn(): AdminStandIn | undefined {
    const { standingIn, shelf } = this.core;
    const { licenses } = shelf;
    if (standingIn === undefined || !licenses.some((each) => standingIn.isLent(each))) {
      return undefined;
    }
    return { licensed: standingIn.note.licensed, emergency: this.emergency() ?? null };
  }

  /** Says so, and for how long. */
  warnOfStandIn(): void {
    const standIn = this.standIn();
    if (standIn === undefined) return;
    const { licensed, emergency } = standIn;
    const days = emergency && { ...emergency, endsAt: isoTime(emergency.endsAt) };
    const hint = "send the request of seatkeeper license request to the vendor";
    this.core.log.warn("stand-in.serving", { vendor: this.name, licensed, ...days, hint });
  }

  /** Seals each new day of an emergency. */
  async #sayEmergencyDay(): Promise<void> {
    const { standingIn, shelf, writer } = this.core;
    const incident = standingIn?.incident(shelf.licenses);
    if (incident === undefined || incident.count <= this.#emergencyDay) return;
    await this.alone(() => this.#disk.watching(() => writer.append(() => incident)));
    this.#emergencyDay = incident.count;
    this.warnOfStandIn();
  }

  /** Who else reads this ledger. */
  auditors(): readonly AdminAuditor[] {
    return auditorsOf(this.core);
  }

  /** Installed licenses that the vendor no longer stands by. */
  revoked(): AdminVendor["revoked"] {
    return this.core.shelf.all.flatMap((shelved) => {
      if (shelved.kind !== "refused" || !isRevoked(shelved.problem)) return [];
      const { code, message } = shelved.problem;
      return [{ licenseId: shelved.file.replace(/\.sklic$/, ""), code, message }];
    });
  }

  /** Says which they are. */
  warnOfRevocations(): void {
    const hint = "ask the vendor for another license";
    for (const { licenseId, code, message } of this.revoked()) {
      this.core.log.warn("license.revoked", {
        vendor: this.name,
        licenseId,
        code,
        reason: message,
        hint,
      });
    }
  }

  /** Says that the auditor whom the site has named cannot read here, if so. */
  warnOfAuditor(): void {
    const refused = this.auditors().find(({ state }) => state === "not-allowed");
    if (refused === undefined) return;
    const hint = "ask the vendor for a license with auditor_allowed";
    this.core.log.warn("auditor.not-allowed", { vendor: this.name, auditor: refused.keyId, hint });
  }

  /** Seals everything that waits, with the seat time of open leases. */
  checkpoint(): Promise<Checkpointed> {
    return this.alone(() => this.sealPending());
  }

  /** For work that already runs alone. */
  async sealPending(): Promise<Checkpointed> {
    const { writer, ledger, book } = this.core;
    const waiting = writer.pending;
    const idle = waiting === 0 && book.features().every(({ used }) => used === 0);
    if (idle) await this.#keepHistory();
    else await this.#disk.watching(() => writer.seal());
    return { events: waiting - writer.pending, size: ledger.size };
  }

  /**
   * What the schedule does: seals what waits, or says that nothing was used if nothing was sealed
   * for `heartbeat`.
   */
  async beat(heartbeat: Millis): Promise<void> {
    await this.refreshTerms();
    this.warnOfExpiries();
    this.reports.warn();
    await this.branch.takeCarried();
    await this.heads.sealRest();
    await this.#sayEmergencyDay();
    await this.clock.sealRest();
    await this.alone(async () => {
      const { writer, book, time } = this.core;
      const { wall } = time.now();
      const silence = wall - writer.lastSealed;
      if (writer.pending === 0 && silence < heartbeat) {
        await this.#keepHistory();
        return;
      }
      const { leases } = book.view(time.now());
      if (writer.pending > 0 || leases.length > 0) await this.sealPending();
      else await this.#disk.watching(() => writer.heartbeat(0, this.heads.witnesses));
    });
  }

  /** The longest that usage may wait, by the license; undefined without one. */
  get maxInterval(): Millis | undefined {
    return this.core.shelf.entitlement.maxInterval;
  }

  /** Why no seat can be granted at present. */
  problems(): readonly NotReady[] {
    const { shelf, time } = this.core;
    const trouble = this.#disk.trouble === undefined ? [] : [this.#disk.trouble];
    const { licenses } = shelf;
    const { wall } = time.now();
    return [
      ...trouble,
      ...this.#lacking(licenses, wall),
      ...this.reports.problems(),
      ...this.clock.problems(),
      // What the vendor has revoked is as it should be: it keeps nobody from being served.
      ...shelf.all.flatMap((entry) =>
        entry.kind === "refused" && !isRevoked(entry.problem) ? [problemOf(entry)] : [],
      ),
    ];
  }

  /** No new seats from now on; everybody is told. */
  drain(within: Millis): void {
    this.#draining = true;
    for (const listener of this.#attendance.everybody()) listener.draining(within);
  }

  /** Ends all work; to be called after the last checkpoint. */
  close(): void {
    this.#group.die();
    this.#deadline.cancel();
    this.#turn.cancel();
    this.board.close();
    this.core.files.close();
  }

  #tellEngine(command: Command): void {
    this.askForLeases(command, () => NOTHING_LEAVES);
  }

  #explained(outcome: Outcome): Outcome {
    if (outcome.kind === "renewed" && this.#isEmergencyOver()) {
      return { ...outcome, lost: outcome.lost.map(overIfExpired) };
    }
    if (outcome.kind !== "denied") return outcome;
    return { kind: "denied", denial: this.#inFull(outcome.denial) };
  }

  /** The engine knows only licenses in force; that there is one for another machine explains more. */
  #inFull(denial: Denial): Denial {
    if (denial.reason === "EXPIRED" && this.#isEmergencyOver()) return overIfExpired(denial);
    if (denial.reason !== "NO_LICENSE") return denial;
    const moved = this.core.shelf.all.some(
      (entry) => entry.kind === "refused" && entry.problem.code === "LICENSE_WRONG_HOST",
    );
    return moved ? { ...denial, reason: "WRONG_HOST", hint: DENIAL_HINTS.WRONG_HOST } : denial;
  }

  /** Why no license grants anything at present. */
  #lacking(licenses: readonly License[], now: UnixMillis): readonly NotReady[] {
    if (licenses.some((license) => isInForce(license, now))) return [];
    return [this.#isEmergencyOver() ? EMERGENCY_OVER : noneInForce(this.name, licenses, now)];
  }

  #isEmergencyOver(): boolean {
    const emergency = this.emergency();
    return emergency !== undefined && emergency.day > emergency.allowed;
  }

  /** Nothing to write says nothing about the disk. */
  async #keepHistory(): Promise<void> {
    const { writer, book } = this.core;
    if (book.hasHours) await this.#disk.watching(() => writer.keepHistory());
  }

  async #commit(writes: Writes): Promise<"kept" | "refused"> {
    const { writer, shelf, log } = this.core;
    try {
      await this.#disk.watching(async () => {
        if (shelf.entitlement.sealing === "scheduled") await writer.keep(writes);
        else await writer.seal(writes);
      });
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      log.warn("store.unavailable", failure(error));
      return "refused";
    }
    if (writer.pending >= this.#maxPending) this.#checkpointSoon();
    return "kept";
  }

  #checkpointSoon(): void {
    if (this.#checkpointing) return;
    this.#checkpointing = true;
    void this.checkpoint()
      .catch((error: unknown) => this.core.log.warn("checkpoint.failed", failure(error)))
      .finally(() => {
        this.#checkpointing = false;
      });
  }

  /** Seats know their dates; meters and rules are of the licenses that hold at the moment. */
  #planTurn(): void {
    const { wall, mono } = this.core.time.now();
    const terms = this.core.shelf.licenses.map((license) => license.terms);
    const turn = nextTurn(terms, wall);
    this.#turn.plan(turn && after(mono, millis(turn - wall)), millis(0));
  }

  /** For the next expiry, or whatever the engine waits for. What the disk refused is tried again. */
  #planTick(): void {
    const patience = this.#disk.trouble === undefined ? millis(0) : RETRY;
    this.#deadline.plan(this.core.book.nextDeadline(), patience);
  }
}

/** Some may be installed all the same, for later, or be over. */
function noneInForce(vendor: string, licenses: readonly License[], now: UnixMillis): NotReady {
  const first = licenses
    .flatMap((license) => startOf(license, now) ?? [])
    .toSorted((one, other) => one - other)[0];
  const later = first === undefined ? "" : `; the next starts on ${isoTime(first)}`;
  return {
    code: "NO_LICENSE",
    reason: `no license of ${vendor} is in force${later}`,
    hint: "install one with seatkeeper license install",
  };
}

const EMERGENCY_OVER: NotReady = {
  code: "EMERGENCY_OVER",
  reason: "the emergency days of the licenses are used up",
  hint: DENIAL_HINTS.EMERGENCY_OVER,
};

/** The engine knows of an end, and not of what. */
function overIfExpired<Refusal extends { readonly reason: DenialReason }>(
  refusal: Refusal,
): Refusal {
  if (refusal.reason !== "EXPIRED") return refusal;
  return { ...refusal, reason: "EMERGENCY_OVER", hint: DENIAL_HINTS.EMERGENCY_OVER };
}

function problemOf({ file, problem }: Extract<ShelvedLicense, { kind: "refused" }>): NotReady {
  return { code: problem.code, reason: `${file}: ${problem.message}`, hint: problem.hint };
}
