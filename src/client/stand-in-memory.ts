import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ChainId } from "../base/ids.ts";
import type { WelcomedStandIn } from "../protocol/handshake.ts";
import { putNewFile } from "./durable-file.ts";
import { makeFolder } from "./folder.ts";

/**
 * Remembers, beside the heads of a ledger that was lost, that another one stood in for it: a file for each,
 * with the head that it showed first. A help, no condition: what the disk does not take is not remembered.
 */
export async function rememberStandIn(
  headsFolder: string,
  { licensed }: WelcomedStandIn,
  chain: ChainId,
  head: string,
): Promise<void> {
  const folder = folderOf(headsFolder, licensed);
  try {
    await makeFolder(folder);
    await putNewFile(join(folder, `${chain}${SUFFIX}`), head);
  } catch {
    // The daemon is as good as before.
  }
}

/** The heads of those that stood in for this ledger: its daemon should hear of them when it is back. */
export async function rememberedStandIns(
  headsFolder: string,
  chain: ChainId,
): Promise<readonly string[]> {
  const folder = folderOf(headsFolder, chain);
  const files = await readdir(folder).catch(() => []);
  const known = files.filter((file) => file.endsWith(SUFFIX)).toSorted();
  const read = known.map((file) => readFile(join(folder, file), "utf8").catch(() => undefined));
  return (await Promise.all(read)).filter((note) => note !== undefined);
}

const SUFFIX = ".head";
const folderOf = (headsFolder: string, chain: ChainId): string =>
  join(headsFolder, chain, "stand-ins");
