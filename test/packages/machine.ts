import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { messageOf } from "../../src/base/errors.ts";

const SCRIPT = fileURLToPath(new URL("machine.sh", import.meta.url));

/** Made once on a computer, and kept: it takes half a minute. */
const CACHE = join(tmpdir(), "seatkeeper-debian/tree.tar.zst");

/** Why no machine can be booted here; undefined when one can. */
export function whyNoMachine(): string | undefined {
  if (process.platform !== "linux" || process.arch !== "x64") return "needs Linux on amd64";
  if (process.getuid?.() !== 0) return "needs root";
  const tools = ["systemd-nspawn", "debootstrap", "nsenter", "zstd", "dpkg-deb", "pgrep"];
  const missing = tools.filter((tool) => spawnSync("which", [tool]).status !== 0);
  if (missing.length > 0) return `needs ${missing.join(", ")}`;
  try {
    // A container may be root and still not be allowed to, and a tree has to come from somewhere.
    Machine.boot().stop();
    return undefined;
  } catch (error) {
    return `cannot boot one: ${messageOf(error)}`;
  }
}

/** What a command on the machine said, and how it ended. */
export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function script(...args: readonly string[]): string {
  return execFileSync("bash", [SCRIPT, ...args], { encoding: "utf8", stdio: "pipe" });
}

/** A Debian with systemd and nothing else: no Node, no way to any network. */
export class Machine {
  readonly #state: string;
  readonly #name: string;
  readonly #leader: number;

  static boot(): Machine {
    const state = mkdtempSync(join(tmpdir(), "seatkeeper-machine-"));
    const name = basename(state).toLowerCase();
    const tree = join(state, "tree");
    execFileSync("mkdir", [tree]);
    try {
      script("tree", CACHE, tree);
      return new Machine(state, name, Number(script("boot", name, tree, state)));
    } catch (error) {
      spawnSync("bash", [SCRIPT, "stop", name, state]);
      rmSync(state, { recursive: true, force: true });
      throw error;
    }
  }

  private constructor(state: string, name: string, leader: number) {
    this.#state = state;
    this.#name = name;
    this.#leader = leader;
  }

  /** Runs a command as root, to its end. */
  run(...command: readonly string[]): Said {
    const { status, stdout, stderr } = spawnSync("nsenter", this.#inside(command), {
      encoding: "utf8",
    });
    return { code: status ?? 1, stdout, stderr };
  }

  /** What it prints. @throws when it fails. */
  says(...command: readonly string[]): string {
    const { code, stdout, stderr } = this.run(...command);
    if (code !== 0) throw new Error(`${command.join(" ")}: exit ${code}\n${stdout}${stderr}`);
    return stdout;
  }

  /** One property of a unit. */
  shows(property: string, unit = "seatkeeper.service"): string {
    return this.says("systemctl", "show", "--value", `--property=${property}`, unit).trim();
  }

  /** Asks again and again. @throws when it is not so after a minute. */
  async until(what: () => boolean): Promise<void> {
    const end = performance.now() + 60_000;
    while (!what()) {
      if (performance.now() > end) throw new Error(`never so: ${String(what)}`);
      // oxlint-disable-next-line no-await-in-loop -- it is asked again and again
      await new Promise((resolve) => void setTimeout(resolve, 20));
    }
  }

  /** A program of this computer in the network of the machine: a workstation on its LAN. */
  beside(...command: readonly string[]): ChildProcess {
    return spawn("nsenter", [`--net=/proc/${this.#leader}/ns/net`, "--", ...command]);
  }

  /** The path by which this computer sees a file of the machine. */
  outside(path: string): string {
    return `/proc/${this.#leader}/root${path}`;
  }

  carryIn(file: string): string {
    const path = `/root/${basename(file)}`;
    copyFileSync(file, this.outside(path));
    return path;
  }

  write(path: string, content: string | Uint8Array): void {
    writeFileSync(this.outside(path), content);
  }

  stop(): void {
    spawnSync("bash", [SCRIPT, "stop", this.#name, this.#state]);
    rmSync(this.#state, { recursive: true, force: true });
  }

  #inside(command: readonly string[]): string[] {
    const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    const env = [
      `PATH=${path}`,
      "HOME=/root",
      "LANG=C.UTF-8",
      "SYSTEMD_PAGER=",
      "SYSTEMD_COLORS=0",
    ];
    return ["-t", String(this.#leader), "-a", "--", "/usr/bin/env", "-i", ...env, ...command];
  }
}
