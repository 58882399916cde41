import { equalBytes } from "../base/bytes.ts";
import { DENIAL_HINTS } from "../base/denial.ts";
import type { ChainId, ClientKey, InstanceId, LeaseId } from "../base/ids.ts";
import { after, between, type Millis, millis, seconds } from "../base/time.ts";
import { lends } from "../license/borrow-ticket.ts";
import type { LeaseNote } from "../license/lease-note.ts";
import type { License } from "../license/license.ts";
import { nextTurn } from "../license/license-checks.ts";
import type { Revocations } from "../license/revocations.ts";
import type { Supersede } from "../license/supersede.ts";
import { failure } from "../log/log.ts";
import type { Welcome } from "../protocol/handshake.ts";
import type { BorrowResult, HelloResult, WireEntry } from "../protocol/results.ts";
import type { AcquireCommand, Command } from "../seats/command.ts";
import type { Answer, Denial } from "../seats/decision.ts";
import type { Explanation } from "../seats/explaining.ts";
import type { Caller, Lease } from "../seats/lease.ts";
import type { FeatureView, SeatSummary, SeatView } from "../seats/view.ts";
import { AcceptedBranch } from "./accepted-branch.ts";
import { Attendance, type Listener } from "./attendance.ts";
import { type AnswerTo, CommitGroup, type Outcome, type Writes } from "./commit-group.ts";
import { Deadline } from "./deadline.ts";
import { departure, NOTHING_LEAVES } from "./departure.ts";
import type { DeskCore } from "./desk-core.ts";
import { DiskWatch } from "./disk-watch.ts";
import { DaemonError } from "./errors.ts";
import { isUnavailable } from "./failure-kind.ts";
import { HeadWatch } from "./head-watch.ts";
import type { NotReady } from "./health.ts";
import type { ShelvedLicense } from "./license-shelf.ts";
import { LicenseWatch } from "./license-watch.ts";
import { Notary } from "./notary.ts";
import { ReportWatch } from "./report-watch.ts";
import { SeatLog } from "./seat-log.ts";
import { seatTermsNow } from "./seat-terms.ts";
import { StandInWatch } from "./stand-in-watch.ts";
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
  /** Whether the ledger stands in for a lost one, and for how long it may. */
  readonly standIn: StandInWatch;
  /** What is to be known of the licenses. */
  readonly licenses: LicenseWatch;
  readonly #group: CommitGroup;
  readonly #attendance: Attendance = new Attendance();
  readonly #disk: DiskWatch = new DiskWatch();
  readonly #deadline: Deadline;
  /** When the licenses allow or demand something else next. */
  readonly #turn: Deadline;
  readonly #maxPending: number;
  #licenseChanged: () => void = () => undefined;
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
    this.standIn = new StandInWatch(core, alone);
    this.licenses = new LicenseWatch(core, this.#attendance, this.standIn);
    this.board = new StatusBoard({
      clock: core.clock,
      settled: (look) => this.settled(look),
      summary: () => this.summary(),
    });
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
      decided: (command, decision) => {
        core.observer.recorded(core.vendor.name, decision.events);
        seatLog.decided(command, decision);
      },
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
      note: this.notary.welcome({ ...welcome, ...this.#vendorsNotes(), ...this.standIn.greeting }),
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
    this.licenses.warnOfExpiries();
    this.reports.warn();
    this.licenses.warnOfAuditor();
    this.licenses.warnOfRevocations();
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
    this.licenses.warnOfExpiries();
    this.reports.warn();
    await this.branch.takeCarried();
    await this.heads.sealRest();
    await this.standIn.sayDay();
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
    const trouble = this.#disk.trouble === undefined ? [] : [this.#disk.trouble];
    return [
      ...trouble,
      ...this.licenses.problems(),
      ...this.reports.problems(),
      ...this.clock.problems(),
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
    if (outcome.kind === "renewed") {
      return { ...outcome, lost: outcome.lost.map((lost) => this.standIn.inFull(lost)) };
    }
    if (outcome.kind !== "denied") return outcome;
    return { kind: "denied", denial: this.#inFull(outcome.denial) };
  }

  /** The engine knows only licenses in force; that there is one for another machine explains more. */
  #inFull(denial: Denial): Denial {
    if (denial.reason !== "NO_LICENSE") return this.standIn.inFull(denial);
    const moved = this.core.shelf.all.some(
      (entry) => entry.kind === "refused" && entry.problem.code === "LICENSE_WRONG_HOST",
    );
    return moved ? { ...denial, reason: "WRONG_HOST", hint: DENIAL_HINTS.WRONG_HOST } : denial;
  }

  /** Nothing to write says nothing about the disk. */
  async #keepHistory(): Promise<void> {
    const { writer, book } = this.core;
    if (book.hasHours) await this.#disk.watching(() => writer.keepHistory());
  }

  async #commit(writes: Writes): Promise<"kept" | "refused"> {
    const { writer, shelf, log, clock, observer } = this.core;
    const from = clock.now().mono;
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
    observer.committed(this.name, between(from, clock.now().mono));
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
