import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runProgram, VENDOR } from "./programs.ts";

/** A vendor made and used with the real vendor's tool. Made once for all scenarios of a run. */
export class Vendor {
  readonly name: string = "acme.example";
  readonly folder: string;
  readonly #home: string;

  constructor(home: string) {
    this.#home = home;
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, "passphrase"), "of no importance here\n", { mode: 0o600 });
    this.folder = join(home, "vendor");
    this.#run("init", "--name", this.name, "--dir", this.folder);
  }

  /** The public vendor file. */
  get file(): string {
    return join(this.folder, "acme.skvendor");
  }

  /** @param terms what is sold, as JSON, which is YAML too. */
  issue(request: string, terms: object, license: string): void {
    const path = join(this.#home, "terms.yaml");
    writeFileSync(path, JSON.stringify(terms));
    this.#run(
      "issue",
      "--dir",
      this.folder,
      "--request",
      request,
      "--terms",
      path,
      "--out",
      license,
    );
  }

  ingest(bundle: string): string {
    return this.#run("ingest", bundle, "--dir", this.folder, "--json");
  }

  #run(...words: readonly string[]): string {
    const passphrase = ["--passphrase-file", join(this.#home, "passphrase")];
    return runProgram(VENDOR, [...words, ...passphrase], this.#home);
  }
}
