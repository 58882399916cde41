import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openFolder } from "../../src/vendor/folder.ts";
import { Desk, newVendor, passphrase, temporaryFolder } from "../vendor/given.ts";
import { Site } from "../vendor/site.ts";

export const PROGRAM: string = fileURLToPath(
  new URL("../../dist/cli/vendor/main.js", import.meta.url),
);

const TERMS = `site: Example GmbH
features:
  - name: cad.pro
    seats: 3
meters:
  - name: render.minutes
    unit: minute
    quota: 600
`;

/** A folder in which somebody at the vendor types commands. */
export class Terminal {
  readonly path: string = temporaryFolder();

  /** A terminal in a folder with a vendor (`vendor`), its passphrase (`secret`) and `terms.yaml`. */
  static ofVendor(): Terminal {
    const terminal = new Terminal();
    newVendor(join(terminal.path, "vendor"), "acme.example", Date.now());
    terminal.write("secret", `${passphrase}\n`);
    terminal.write("terms.yaml", TERMS);
    return terminal;
  }

  /** A site that has received its license, `site.sklic`. */
  licensedSite(): Site {
    const desk = Desk.at(openFolder(join(this.path, "vendor")), Date.now());
    const site = new Site(desk.folder.vendor);
    this.write("site.skreq", site.request());
    this.write("site.sklic", desk.issue(site.request()).license.text);
    return site;
  }

  write(name: string, content: string | Uint8Array): void {
    mkdirSync(join(this.path, name, ".."), { recursive: true });
    writeFileSync(join(this.path, name), content, { mode: 0o600 });
  }

  read(name: string): string {
    return readFileSync(join(this.path, name), "utf8");
  }

  /** Types `seatkeeper-vendor` and these words; `SECRET` stands for `--passphrase-file secret`. */
  run(line: string, options: { env?: Record<string, string>; input?: string } = {}): Outcome {
    const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...words(line)], {
      cwd: this.path,
      env: { PATH: process.env["PATH"], ...options.env },
      input: options.input ?? "",
      encoding: "utf8",
    });
    return { status, stdout, stderr };
  }

  /** The same as a person sees it: facts, then remarks marked `!`, then the exit code. */
  transcript(line: string, options: { env?: Record<string, string>; input?: string } = {}): string {
    const { status, stdout, stderr } = this.run(line, options);
    const remarks = stderr.replace(/^(?=.)/gm, "! ");
    return normalised(`${stdout}${remarks}= ${status}\n`, this.path);
  }
}

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function words(line: string): readonly string[] {
  const typed = line.replace("SECRET", "--passphrase-file secret");
  return [...typed.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
}

/** What differs from run to run, in words of the same width where a column depends on it. */
function normalised(text: string, path: string): string {
  return text
    .replaceAll(path, "<folder>")
    .replace(/\b[0-9a-f]{32}\b/g, "<id>")
    .replace(/\b[\w-]{43}\b/g, "<key>")
    .replace(/\b[0-9a-f]{8}\b/g, "<ledger>")
    .replace(/\bby \d{4}-\d{2}-\d{2}\b/g, "by <day>")
    .replaceAll(new Date().toISOString().slice(0, 10), "<today-->");
}
