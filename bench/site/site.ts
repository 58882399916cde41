import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Daemon } from "./daemon.ts";
import { OPERATOR, runProgram } from "./programs.ts";
import type { Vendor } from "./vendor.ts";

export interface SiteOptions {
  readonly terms: object;
  /** Over plaintext unless said otherwise, as the rivals are. */
  readonly tls?: boolean;
  /** Events that wait before they are sealed; the default unless said otherwise. */
  readonly maxPending?: number;
}

/** A customer's site, made with the real programs, and its daemon. */
export class Site {
  readonly folder: string;
  readonly vendor: Vendor;

  constructor(
    folder: string,
    vendor: Vendor,
    { terms, tls = false, maxPending = 1_000 }: SiteOptions,
  ) {
    this.folder = folder;
    this.vendor = vendor;
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "config.yaml"), configuration(tls, maxPending));
    this.run("init", "--vendor", vendor.file);
    this.run("license", "request", "--out", join(folder, "site.skreq"));
    vendor.issue(join(folder, "site.skreq"), terms, join(folder, "site.sklic"));
  }

  get database(): string {
    return join(this.folder, "data", "seatkeeper.db");
  }

  /** Runs a command of `seatkeeper` at this site. */
  run(...words: readonly string[]): string {
    return runProgram(
      OPERATOR,
      [...words, "--config", join(this.folder, "config.yaml")],
      this.folder,
    );
  }

  /**
   * @param env what is added to the environment, for a slow disk.
   * @param nodeOptions what is given to Node, for a profile.
   */
  serve(
    env: Readonly<Record<string, string>> = {},
    nodeOptions: readonly string[] = [],
  ): Promise<Daemon> {
    return Daemon.start(this.folder, env, nodeOptions);
  }

  /** The same, with the license installed. */
  async serveLicensed(...how: Parameters<Site["serve"]>): Promise<Daemon> {
    const daemon = await this.serve(...how);
    this.run("license", "install", join(this.folder, "site.sklic"));
    return daemon;
  }
}

/** The defaults, but for limits that a single machine playing thousands would run into. */
const configuration = (tls: boolean, maxPending: number): string => `data_dir: data
socket: admin.sock
listen:
  host: 127.0.0.1
  port: 0
tls:
  mode: ${tls ? "self-made" : '"off"'}
checkpoint:
  max_pending: ${maxPending}
limits:
  connects_per_address: 100000
  requests_per_second: 100000
  leases_per_client: 1000
`;
