import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { toHex, utf8 } from "../base/bytes.ts";
import { systemCode } from "../base/errors.ts";
import { sha256 } from "../crypto/hash.ts";

/**
 * One process on one machine, also after its number was given to another: `host.pid.started`.
 * The host stands as eight hex digits of a hash, `started` as the system counts it, or 0 where it
 * does not tell.
 */
export type ProcessTag = string;

export const PROCESS_TAG: RegExp = /^(?<host>[0-9a-f]{8})\.(?<pid>[1-9]\d{0,9})\.(?<started>\d+)$/;

/** The tag of this process. */
export async function ownProcessTag(): Promise<ProcessTag> {
  // oxlint-disable-next-line no-restricted-globals -- which process we are, and nothing else
  const { pid } = process;
  return `${hostTag()}.${pid}.${(await startOf(pid)) ?? "0"}`;
}

/**
 * Whether a process is known to be gone. One of another machine that shares the folder is never
 * known to be: nobody here can look.
 */
export async function isGone(tag: ProcessTag): Promise<boolean> {
  const { host, pid, started } = PROCESS_TAG.exec(tag)?.groups ?? {};
  if (host !== hostTag() || pid === undefined) return false;
  if (started === "0") return !answers(Number(pid));
  return (await startOf(Number(pid))) !== started;
}

const hostTag = (): string => toHex(sha256(utf8(hostname()))).slice(0, 8);

/** In clock ticks since the machine started; `undefined` when there is no such process, or no such file system. */
async function startOf(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => undefined);
  // The name of the program, in parentheses, may itself hold spaces and parentheses.
  const fields = text?.slice(text.lastIndexOf(")") + 2).split(" ");
  return fields?.[STARTED_FIELD];
}

/** `starttime` of proc(5), counted from the field after the name. */
const STARTED_FIELD = 19;

function answers(pid: number): boolean {
  try {
    // oxlint-disable-next-line no-restricted-globals -- signal 0 only asks whether it is there
    return process.kill(pid, 0);
  } catch (error) {
    // Somebody else's process is one too.
    return systemCode(error) === "EPERM";
  }
}
