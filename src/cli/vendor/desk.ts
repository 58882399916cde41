import { type Moment } from "../../base/time.ts";
import { systemClock } from "../../clock/system-clock.ts";
import { databasePath, openFolder, type VendorFolder } from "../../vendor/folder.ts";
import type { VendorKeys } from "../../vendor/issue.ts";
import { unlockIssuing, unlockSealing } from "../../vendor/keys.ts";
import { VendorStore } from "../../vendor/vendor-store.ts";
import type { Shell } from "../shared/command.ts";
import { type PassphraseSource, readPassphrase } from "../shared/passphrase.ts";

/** The option of every command that works at one vendor's desk. */
export const DIR_OPTION: {
  readonly dir: {
    readonly type: "string";
    readonly requiresArg: true;
    readonly describe: string;
  };
} = {
  dir: {
    type: "string",
    requiresArg: true,
    describe: "the vendor's folder [default: $SEATKEEPER_VENDOR_DIR, or ./vendor]",
  },
};

/** Where the vendor's folder is: the option, the environment, or `./vendor`. */
export function folderPath(dir: string | undefined, { env }: Shell): string {
  const named = dir ?? env["SEATKEEPER_VENDOR_DIR"] ?? "";
  return named === "" ? "vendor" : named;
}

export const now = (): Moment => systemClock().now();

/** What the options of a command say about folder and passphrase. */
export interface DeskOptions {
  readonly dir?: string | undefined;
  readonly passphraseFile?: string | undefined;
  readonly passphraseFd?: number | undefined;
}

/** Opens the store for one command, and closes it whatever happens. */
export async function withStore<Result>(
  folder: VendorFolder,
  work: (store: VendorStore) => Result | Promise<Result>,
): Promise<Result> {
  const store = VendorStore.open(databasePath(folder.path));
  try {
    return await work(store);
  } finally {
    store.close();
  }
}

export function openDesk(options: DeskOptions, shell: Shell): VendorFolder {
  return openFolder(folderPath(options.dir, shell));
}

/** Asks for the passphrase and unlocks what signing and reading needs. The root key stays sealed. */
export async function unlockDesk(
  folder: VendorFolder,
  options: DeskOptions,
  shell: Shell,
): Promise<VendorKeys> {
  const source: PassphraseSource = { file: options.passphraseFile, fd: options.passphraseFd };
  const prompt = `passphrase of ${folder.vendor.name}`;
  const passphrase = await readPassphrase(source, { prompt, isNew: false }, shell.out);
  return {
    issuing: unlockIssuing(folder, passphrase, now()),
    sealing: unlockSealing(folder, passphrase),
  };
}
