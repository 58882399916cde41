import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { toHex, utf8 } from "../base/bytes.ts";
import { sha256 } from "../crypto/hash.ts";

/** Where systemd, and D-Bus before it, keep what names a machine. */
const MACHINE_ID_FILES = ["/etc/machine-id", "/var/lib/dbus/machine-id"] as const;

/**
 * What names this computer in borrow tickets: 32 bytes in lower-case hex, the same each time, and
 * another one for each client key, so that two of them do not show that they are of one machine.
 * From the machine id; where there is none, as in containers, from the host name, which binds less.
 * @param hostId names the computer instead.
 */
export async function workstationId(
  hostId: string | undefined,
  clientKey: Uint8Array,
): Promise<string> {
  const id = hostId ?? (await machineId()) ?? `host name ${hostname().toLowerCase()}`;
  return toHex(sha256(utf8("seatkeeper workstation v1\n"), utf8(`${id}\n`), clientKey));
}

async function machineId(): Promise<string | undefined> {
  for (const path of MACHINE_ID_FILES) {
    // oxlint-disable-next-line no-await-in-loop -- the second only without the first
    const text = await readFile(path, "latin1").catch(() => "");
    if (/^[0-9a-f]{32}\n?$/.test(text)) return text.trim();
  }
  return undefined;
}
