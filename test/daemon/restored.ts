import { vi } from "vitest";
import { concat } from "../../src/base/bytes.ts";
import type { Config } from "../../src/config/config.ts";
import { requestLicense } from "../../src/daemon/request-license.ts";
import { restoreSite } from "../../src/daemon/restore-site.ts";
import type { SiteParts } from "../../src/daemon/site.ts";
import { readActivationRequest } from "../../src/license/activation-request.ts";
import { sourceOf } from "./at-the-vendor.ts";
import {
  aDaemon,
  configIn,
  emptyFolder,
  type GivenDaemon,
  type GivenSite,
  started,
  usualTerms,
} from "./given.ts";

export const DAY = 86_400_000;
export const MINUTE = 60_000;

/** Three days. */
export const forEmergency: object = { ...usualTerms, emergency_days: 3 };

const machine =
  (hash: string): SiteParts["host"] =>
  () => ({ hash, parts: ["machine-id"] });

/** What a license may name as a standby host. */
export const STANDBY: string = "cd".repeat(32);
export const standby: SiteParts["host"] = machine(STANDBY);
/** A machine that no license names. */
export const third: SiteParts["host"] = machine("ef".repeat(32));

/** Made while the daemon runs. */
export async function backupOf({ admin }: GivenDaemon): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  await admin.backup((piece) => void pieces.push(piece));
  return concat(...pieces);
}

/** The site of a backup on another machine, with its daemon running. */
export async function restoredOn(
  host: SiteParts["host"],
  backup: Uint8Array,
  isEmergency = false,
): Promise<GivenDaemon> {
  const config = configIn(emptyFolder());
  await restoreSite(config, sourceOf(backup), { isEmergency }, { host });
  return started(await requesting(config, host), { host });
}

async function requesting(config: Config, host: SiteParts["host"]): Promise<GivenSite> {
  const request = readActivationRequest(await requestLicense(config, undefined, { host }));
  return { config, request };
}

/** The first day of an emergency of three. */
export async function inEmergency(): Promise<GivenDaemon> {
  const daemon = await aDaemon(forEmergency);
  const backup = await backupOf(daemon);
  await daemon.stop();
  return restoredOn(third, backup, true);
}

/** The same daemon, after its machine was off; with a negative span, and a clock that was set back. */
export async function after(span: number, daemon: GivenDaemon): Promise<GivenDaemon> {
  await vi.advanceTimersByTimeAsync(MINUTE);
  await daemon.stop();
  vi.setSystemTime(Date.now() + span);
  return started(daemon.site, { host: third });
}
