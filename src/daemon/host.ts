import { readFileSync } from "node:fs";
import { fromHex, toHex, utf8 } from "../base/bytes.ts";
import { hmacSha256 } from "../crypto/hash.ts";
import type { HostFingerprint } from "../license/host-fingerprint.ts";
import { DaemonError } from "./errors.ts";

const MACHINE_ID = "/etc/machine-id";

/** What machine-id(5) asks for: a keyed hash, so that no other program's value can be compared. */
const CONTEXT = utf8("seatkeeper host fingerprint v1");

/**
 * The fingerprint a license binds; the machine id itself never leaves the machine. Boot id, swap and firmware serials are not in it: the hardened
 * service cannot read them, and what only root sees would differ between `init` and the daemon.
 *
 * @throws DaemonError HOST_IDENTITY_MISSING when the machine has no usable id.
 */
export function readHost(path: string = MACHINE_ID): HostFingerprint {
  const id = machineId(path);
  if (!/^[0-9a-f]{32}$/.test(id) || /^0+$/.test(id)) {
    throw new DaemonError("HOST_IDENTITY_MISSING", `${path} holds no machine id`, {
      hint: "run systemd-machine-id-setup once, or give the container a machine id of its own",
    });
  }
  return { hash: toHex(hmacSha256(fromHex(id), CONTEXT)), parts: ["machine-id"] };
}

function machineId(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (cause) {
    throw new DaemonError("HOST_IDENTITY_MISSING", `cannot read ${path}`, {
      hint: "run systemd-machine-id-setup once, or give the container a machine id of its own",
      cause,
    });
  }
}
