import { constants } from "node:fs";
import { link, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { systemCode } from "../base/errors.ts";
import { randomHex } from "../crypto/random.ts";

/**
 * Puts a whole file in its place, mode 0600. When it resolves, bytes and name survive a power cut; when
 * it rejects, what stood there stands there still. A crash leaves at most a stray temporary file.
 */
export async function putFile(path: string, text: string): Promise<void> {
  await drafted(path, text, (draft) => rename(draft, path));
}

/** The same, but what stands there already stays. */
export async function putNewFile(path: string, text: string): Promise<void> {
  await drafted(path, text, async (draft) => {
    await link(draft, path).catch((error: unknown) => {
      if (systemCode(error) !== "EEXIST") throw error;
    });
  });
}

/** So that a power cut does not lose the name of a file whose bytes are safe. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY).catch(() => undefined);
  // Windows opens no folders, and keeps names by itself.
  if (folder === undefined) return;
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function drafted(
  path: string,
  text: string,
  place: (draft: string) => Promise<void>,
): Promise<void> {
  const draft = `${path}.${randomHex(8)}.new`;
  try {
    await writeDraft(draft, text);
    await place(draft);
  } finally {
    await rm(draft, { force: true });
  }
  await syncFolder(dirname(path));
}

async function writeDraft(path: string, text: string): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(text, "utf8");
    await file.sync();
  } finally {
    await file.close();
  }
}
