import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { systemCode } from "../base/errors.ts";

/**
 * Makes the folder and those above it that are missing, each for this user alone; one that is there stays as it is.
 *
 * Not by `mkdir` with `recursive`: where a file system makes no folders and says ENOENT of it, as an
 * automounter does when its server is away, that one tries for ever, in a thread that no signal ends.
 * @throws Error as `mkdir`.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (await isFolder(path)) return;
    const above = dirname(path);
    if (systemCode(error) !== "ENOENT" || above === path || (await isFolder(above))) throw error;
    await makeFolder(above);
    await makeFolder(path);
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (about) => about.isDirectory(),
    () => false,
  );
}
