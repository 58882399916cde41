import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CodedError, messageOf, systemCode } from "../../../base/errors.ts";
import { CliError } from "../../shared/errors.ts";

/** Where each piece of a demo is kept for looking at. */
export interface DemoFolder {
  readonly root: string;
  readonly vendorDir: string;
  readonly vendorFile: string;
  readonly passphraseFile: string;
  readonly terms: string;
  readonly siteDir: string;
  readonly config: string;
  readonly request: string;
  readonly license: string;
  readonly bundle: string;
  readonly flipped: string;
  readonly receipt: string;
  readonly daemonLog: string;
  /** The keys of one workstation. */
  workstation(name: string): string;
}

/** Says that everything in the folder is a demo's and may be thrown away by the next. */
const MARKER = ".seatkeeper-demo";

/**
 * An empty folder for a demo. What an earlier demo left there is removed; anything else is not.
 * @throws CliError OUTPUT_EXISTS for a folder with other things in it, OUTPUT_FAILED.
 */
export function emptyDemoFolder(root: string): DemoFolder {
  writing(root, () => clear(root));
  return partsOf(root);
}

function clear(root: string): void {
  if (existsSync(root)) {
    if (!existsSync(join(root, MARKER)) && readdirSync(root).length > 0) {
      throw new CliError("OUTPUT_EXISTS", `${root} holds something else than a demo`, {
        hint: "choose another folder with --dir",
        facts: { path: root },
      });
    }
    rmSync(root, { recursive: true, force: true });
  }
  mkdirSync(root, { recursive: true });
  writeFileSync(
    join(root, MARKER),
    "Throw-away keys and data of `seatkeeper demo`. Delete at will.\n",
  );
  for (const part of ["carried", "site", "workstations"]) mkdirSync(join(root, part));
}

function partsOf(root: string): DemoFolder {
  const carried = join(root, "carried");
  return {
    root,
    vendorDir: join(root, "vendor"),
    vendorFile: join(carried, "acme.skvendor"),
    passphraseFile: join(root, "vendor-passphrase"),
    terms: join(root, "terms.yaml"),
    siteDir: join(root, "site"),
    config: join(root, "site", "config.yaml"),
    request: join(carried, "site.skreq"),
    license: join(carried, "site.sklic"),
    bundle: join(carried, "usage.skb"),
    flipped: join(carried, "flipped.skb"),
    receipt: join(carried, "usage.skrcpt"),
    daemonLog: join(root, "site", "daemon.log"),
    workstation: (name) => join(root, "workstations", name),
  };
}

/** What the operating system refuses is no defect of ours. */
function writing(root: string, work: () => void): void {
  try {
    work();
  } catch (cause) {
    const code = systemCode(cause);
    if (code === undefined || cause instanceof CodedError) throw cause;
    const denied = code === "EACCES" || code === "EPERM";
    const reason = denied ? "permission denied" : messageOf(cause);
    throw new CliError("OUTPUT_FAILED", `cannot write ${root}: ${reason}`, {
      cause,
      hint: "choose a folder that belongs to you with --dir",
      facts: { path: root },
    });
  }
}
