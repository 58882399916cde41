import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { fromHex, toHex, utf8 } from "../base/bytes.ts";
import { systemCode } from "../base/errors.ts";
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
 * A container often has no machine id: then the host name stands in for it, and `parts` says so. It binds less, and its hash can be guessed.
 *
 * @throws DaemonError HOST_IDENTITY_MISSING when there is a machine id that is none, as on the first boot of an image.
 */
export function readHost(path: string = MACHINE_ID, name: string = hostname()): HostFingerprint {
  const id = machineId(path);
  if (id === "") return fingerprint(utf8(`host name ${name.toLowerCase()}`), "host-name");
  if (!/^[0-9a-f]{32}$/.test(id) || /^0+$/.test(id)) {
    throw new DaemonError("HOST_IDENTITY_MISSING", `${path} holds no machine id`, {
      hint: "run systemd-machine-id-setup once, or give the container a machine id of its own",
    });
  }
  return fingerprint(fromHex(id), "machine-id");
}

function fingerprint(identity: Uint8Array, part: string): HostFingerprint {
  return { hash: toHex(hmacSha256(identity, CONTEXT)), parts: [part] };
}

/** Empty when there is none. */
function machineId(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (cause) {
    if (systemCode(cause) === "ENOENT") return "";
    throw new DaemonError("HOST_IDENTITY_MISSING", `cannot read ${path}`, {
      hint: "make it readable for everybody, as it is meant to be",
      cause,
    });
  }
}
