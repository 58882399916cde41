import { link, open, readFile, rename, rm } from "node:fs/promises";
import { systemCode } from "../base/errors.ts";
import { randomHex } from "../crypto/random.ts";
import { isGone, ownProcessTag, type ProcessTag } from "./process-tag.ts";

/**
 * Takes the right to use one ticket, which only one process has at a time: without the daemon nobody
 * else keeps two programs from using one seat. A process that is gone loses it.
 * @returns gives it back; `undefined` when another process, or this one, has it.
 */
export async function lockTicket(path: string): Promise<(() => Promise<void>) | undefined> {
  const tag = await ownProcessTag();
  const mine = `${path}.${randomHex(8)}.new`;
  await writeTag(mine, tag);
  try {
    if (!(await isTaken(mine, path)) || (await isTakenOver(mine, path))) {
      return () => rm(path, { force: true });
    }
    return undefined;
  } finally {
    await rm(mine, { force: true });
  }
}

/** Whether a process that lives has the lock. */
export async function isLocked(path: string): Promise<boolean> {
  const tag = await tagIn(path);
  return tag !== undefined && !(await isGone(tag));
}

/** A link fails where its name is taken, and brings the tag along at once. */
async function isTaken(mine: string, path: string): Promise<boolean> {
  try {
    await link(mine, path);
    return false;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return true;
    throw error;
  }
}

/** Renaming a lock away succeeds for one of several. What was taken by mistake is put back. */
async function isTakenOver(mine: string, path: string): Promise<boolean> {
  const former = await tagIn(path);
  if (former !== undefined && !(await isGone(former))) return false;
  const away = `${path}.${randomHex(8)}.old`;
  if (former !== undefined) {
    const isMoved = await rename(path, away).then(
      () => true,
      () => false,
    );
    if (!isMoved) return false;
    const moved = await tagIn(away);
    if (moved !== former) await link(away, path).catch(() => undefined);
    await rm(away, { force: true });
    if (moved !== former) return false;
  }
  return !(await isTaken(mine, path));
}

async function tagIn(path: string): Promise<ProcessTag | undefined> {
  return readFile(path, "latin1").catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  });
}

async function writeTag(path: string, tag: ProcessTag): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(tag, "latin1");
  } finally {
    await file.close();
  }
}
