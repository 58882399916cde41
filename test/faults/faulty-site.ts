import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Config, readConfig } from "../../src/config/config.ts";
import { AdminClient } from "../../src/daemon/admin-client.ts";
import { initSite } from "../../src/daemon/init-site.ts";
import { requestLicense } from "../../src/daemon/request-license.ts";
import {
  type ActivationRequest,
  readActivationRequest,
} from "../../src/license/activation-request.ts";
import { licenseFor, vendorFile } from "../daemon/given.ts";
import type { Fault } from "./faulty-disk.ts";

/** No checkpoint by the clock: the calls of one day are those of the next. */
const configText = (port: number): string => `data_dir: data
socket: admin.sock
listen: { host: 127.0.0.1, port: ${port} }
tls: { mode: "off" }
checkpoint: { schedule: "0 0 1 1 *", max_pending: 1000 }
`;

const TERMS = {
  site: "Example Studio",
  features: [{ name: "cad.pro", seats: 20, lease_time: "1d" }],
  meters: [{ name: "render.minutes", unit: "minutes" }],
  detail: "events",
};

/** What runs a site: the built program, and the disk in front of it. */
export interface Machine {
  /** The folder `dist`, or a copy of it with a mistake. */
  readonly dist: string;
  /** The compiled disk. */
  readonly disk: string;
}

interface Life {
  readonly child: ChildProcess;
  readonly url: Promise<string>;
  readonly ended: Promise<void>;
}

/**
 * A licensed site in a folder of its own, whose daemon is started again whenever it has ended,
 * until the site is closed. Life number n has the nth fault, and those after the last have none.
 */
export class FaultySite {
  readonly folder: string;
  readonly request: ActivationRequest;
  readonly #machine: Machine;
  /** A command in front of the first life. */
  #prefix: readonly string[] = [];
  #taped = "/ledger.skc";
  #faults: readonly Fault[] = [];
  #port = 0;
  #lives = 0;
  #life: Life | undefined;
  #isWanted = false;
  /** What the lives said on standard error, and how each ended. */
  readonly said: string[] = [];

  private constructor(folder: string, request: ActivationRequest, machine: Machine) {
    this.folder = folder;
    this.request = request;
    this.#machine = machine;
  }

  /** A new site with its license, from which others are copied. */
  static async licensed(machine: Machine): Promise<FaultySite> {
    const folder = mkdtempSync(join(tmpdir(), "seatkeeper-faults-"));
    const path = join(folder, "config.yaml");
    writeFileSync(path, configText(0));
    const config = readConfig(configText(0), path);
    await initSite(config, vendorFile);
    const request = readActivationRequest(await requestLicense(config));
    const site = new FaultySite(folder, request, machine);
    await site.open();
    await site.admin.installLicense(licenseFor({ config, request }, TERMS));
    await site.stop();
    return site;
  }

  copied(): FaultySite {
    const folder = mkdtempSync(join(tmpdir(), "seatkeeper-faults-"));
    cpSync(this.folder, folder, { recursive: true });
    for (const name of ["trace-1", "tape"]) rmSync(join(folder, name), { force: true });
    return new FaultySite(folder, this.request, this.#machine);
  }

  /** Taped are the writes to files whose path ends so. */
  tapes(suffix: string): void {
    this.#taped = suffix;
  }

  /** The process of the present life. */
  get pid(): number | undefined {
    return this.#life?.child.pid;
  }

  /** The first life is run by another command, such as `strace …`. */
  runsThrough(prefix: readonly string[]): void {
    this.#prefix = prefix;
  }

  get config(): Config {
    return readConfig(configText(this.#port), join(this.folder, "config.yaml"));
  }

  get admin(): AdminClient {
    return new AdminClient(this.config.socket);
  }

  /** Calls of the life with that number, from 1. */
  tracePath(life: number): string {
    return join(this.folder, `trace-${life}`);
  }

  /** All that was ever written into the taped file, by all lives. */
  get tapePath(): string {
    return join(this.folder, "tape");
  }

  get lives(): number {
    return this.#lives;
  }

  async open(faults: readonly Fault[] = []): Promise<void> {
    this.#faults = faults;
    this.#isWanted = true;
    this.#begin();
    await this.up();
  }

  /** Where the daemon is, once there is one. */
  async up(): Promise<string> {
    for (;;) {
      const life = this.#life;
      if (life === undefined) throw new Error(`the site is closed:\n${this.said.join("")}`);
      try {
        // oxlint-disable-next-line no-await-in-loop -- one life after the other
        return await life.url;
      } catch {
        // oxlint-disable-next-line no-await-in-loop
        await life.ended;
      }
    }
  }

  /** Asks the daemon to stop; however it ends, nobody starts it again. */
  async stop(): Promise<void> {
    this.#isWanted = false;
    const life = this.#life;
    life?.child.kill("SIGTERM");
    await life?.ended;
  }

  /** Ends everything at once, and nothing stays. */
  async remove(): Promise<void> {
    this.#isWanted = false;
    this.#life?.child.kill("SIGKILL");
    await this.#life?.ended;
    rmSync(this.folder, { recursive: true, force: true });
  }

  #begin(): void {
    const number = this.#lives + 1;
    if (number > MOST_LIVES) {
      this.#life = undefined;
      return;
    }
    this.#lives = number;
    writeFileSync(join(this.folder, "config.yaml"), configText(this.#port));
    const main = join(this.#machine.dist, "cli/operator/main.js");
    const command = [...(number === 1 ? this.#prefix : []), process.execPath, main, "serve"];
    const [file = "", ...args] = command;
    const child = spawn(file, [...args, "--config", "config.yaml"], {
      cwd: this.folder,
      env: this.#environment(number),
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#life = { child, url: this.#urlOf(child), ended: this.#endOf(child, number) };
    // Who waits for the address hears of the end; nobody need wait.
    this.#life.url.catch(() => undefined);
  }

  #environment(number: number): Record<string, string> {
    const fault = this.#faults[number - 1];
    return {
      PATH: process.env["PATH"] ?? "",
      HOME: this.folder,
      TZ: "UTC",
      // Calls that the kernel makes by itself would pass the disk by.
      UV_USE_IO_URING: "0",
      LD_PRELOAD: this.#machine.disk,
      FAULTY_FOLDER: join(this.folder, "data"),
      FAULTY_TRACE: this.tracePath(number),
      FAULTY_TAPED: this.#taped,
      FAULTY_TAPE: this.tapePath,
      FAULTY_AT: String(fault?.at ?? 0),
      FAULTY_KIND: fault?.kind ?? "",
    };
  }

  #urlOf(child: ChildProcess): Promise<string> {
    return new Promise((resolve, reject) => {
      let text = "";
      const look = (piece: string): void => {
        text += piece;
        this.said.push(piece);
        const url = /"url":"([^"]+)".*"event":"daemon.started"/.exec(text)?.[1];
        if (url === undefined) return;
        this.#port = Number(new URL(url).port);
        resolve(url);
      };
      child.stdout?.setEncoding("utf8").on("data", look);
      child.stderr?.setEncoding("utf8").on("data", look);
      child.once("close", () => reject(new Error("it ended before it served")));
    });
  }

  #endOf(child: ChildProcess, number: number): Promise<void> {
    return new Promise((resolve) => {
      child.once("close", (code, signal) => {
        this.said.push(`life ${number} ended with ${signal ?? code}\n`);
        if (this.#isWanted) this.#begin();
        resolve();
      });
    });
  }
}

/** A daemon that cannot be started again is found out. */
const MOST_LIVES = 6;
