import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { type Millis, seconds } from "../../../base/time.ts";
import type { Clock } from "../../../clock/clock.ts";
import type { DemoFolder } from "./folder.ts";
import { FIRST_CAST, SECOND_CAST, VICTIM } from "./script.ts";
import { failed, finish, type Stage } from "./stage.ts";
import { decodeHappening, type Happening } from "./workstation-plan.ts";

/** What `finish` says of a process that a signal ended. */
const KILLED = 128;

/** How long a workstation may keep the audience waiting. */
const PATIENCE: Millis = seconds(30);

/** Seven workstations compete for four seats; one of them is killed. */
export class Performance {
  readonly #stage: Stage;
  readonly #folder: DemoFolder;
  readonly #server: string;
  readonly #clock: Clock;
  readonly #began: number;
  readonly #happened: Happening[] = [];
  #heard: () => void = () => undefined;
  /** Who ended before its time, and how. */
  #fallen: Ending | undefined;

  constructor(stage: Stage, folder: DemoFolder, server: string, clock: Clock) {
    this.#stage = stage;
    this.#folder = folder;
    this.#server = server;
    this.#clock = clock;
    this.#began = clock.now().mono;
  }

  /**
   * Plays to the end.
   * @returns everything the workstations told, in the order it was heard.
   * @throws CliError DEMO_FAILED when one of them ends in a way that is not in the script.
   */
  async play(): Promise<readonly Happening[]> {
    const first = FIRST_CAST.map((part) => this.#enter(part));
    await this.#until(() => this.#count("granted") === FIRST_CAST.length);
    const second = SECOND_CAST.map((part) => this.#enter(part));
    await this.#until(() => this.#count("queued") >= 2 && this.#count("denied") >= 1);
    // However slow this machine is: nobody gives a seat back before everybody has asked for one.
    for (const { name, child } of first) {
      if (name === VICTIM) this.#kill(child);
      else child.stdin?.end("go on\n");
    }
    const ends = await Promise.all([...first, ...second].map(({ ended }) => ended));
    for (const { name, code } of ends) {
      if (code !== (name === VICTIM ? KILLED : 0)) throw failed(`${name} ended with ${code}`);
    }
    return this.#happened;
  }

  #enter(part: (typeof FIRST_CAST)[number]): Actor {
    const { name } = part;
    const child = this.#stage.workstation({
      ...part,
      server: this.#server,
      vendorFile: this.#folder.vendorFile,
      folder: this.#folder.workstation(name),
    });
    if (child.stdout !== null) {
      createInterface(child.stdout).on("line", (line) => this.#hear(line));
    }
    const ended = finish(child).then(({ code, stderr }) => {
      if (stderr !== "") this.#line(name, this.#stage.paint("red", stderr.trim()));
      const ending = { name, code };
      // Whoever waits for something that an ended workstation will not say must stop waiting.
      if (code !== 0) this.#fallen ??= ending;
      this.#heard();
      return ending;
    });
    return { name, child, ended };
  }

  #kill(victim: ChildProcess): void {
    this.#line(VICTIM, this.#stage.paint("red", "killed with SIGKILL while it holds a seat"));
    victim.kill("SIGKILL");
  }

  #hear(line: string): void {
    const happening = decodeHappening(line);
    if (happening === undefined) return;
    this.#happened.push(happening);
    this.#line(happening.who, this.#words(happening));
    this.#heard();
  }

  /**
   * @throws CliError DEMO_FAILED when it has not come true within half a minute, or a workstation
   * has ended early.
   */
  #until(isTrue: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = this.#clock.after(PATIENCE, () => reject(failed("a workstation hangs")));
      this.#heard = () => {
        const fallen = this.#fallen;
        if (!isTrue() && fallen === undefined) return;
        late.cancel();
        if (fallen === undefined) resolve();
        else reject(failed(`${fallen.name} ended with ${fallen.code}`));
      };
      this.#heard();
    });
  }

  #count(event: Happening["event"]): number {
    return this.#happened.filter((each) => each.event === event).length;
  }

  #line(who: string, words: string): void {
    const at = ((this.#clock.now().mono - this.#began) / 1_000).toFixed(1).padStart(5);
    this.#stage.tell(`${this.#stage.paint("dim", `${at}s`)}  ${who}  ${words}`);
  }

  #words({ event, what, position, reason, hint, units, heldMs }: Happening): string {
    const paint: Stage["paint"] = (style, text) => this.#stage.paint(style, text);
    switch (event) {
      case "queued":
        return `${what}  ${paint("yellow", "waits")}, place ${position ?? 0}`;
      case "granted":
        return `${what}  ${paint("green", "granted")}`;
      case "released":
        return `${what}  released after ${((heldMs ?? 0) / 1_000).toFixed(1)}s`;
      case "lost":
        return `${what}  ${paint("red", "lost")}: ${reason ?? ""}`;
      case "denied":
        return `${what}  ${paint("red", "denied")}: ${reason ?? ""} (${hint ?? ""})`;
      case "used":
        return `${what}  used ${units ?? 0}, recorded`;
    }
  }
}

interface Actor {
  readonly name: string;
  readonly child: ChildProcess;
  readonly ended: Promise<Ending>;
}

interface Ending {
  readonly name: string;
  readonly code: number;
}
