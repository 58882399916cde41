import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readConfig } from "../../src/config/config.ts";
import { initSite } from "../../src/daemon/init-site.ts";
import { requestLicense } from "../../src/daemon/request-license.ts";
import { readActivationRequest } from "../../src/license/activation-request.ts";
import { type GivenSite, vendorFile } from "../daemon/given.ts";
import type { Running, Terminal } from "../support/terminal.ts";

/** Checkpoints every second, so that kills hit the ledger's files too. */
export const EACH_SECOND = `{ schedule: "* * * * * *", max_pending: 20 }`;

const configWith = (checkpoint: string): string => `data_dir: data
socket: admin.sock
listen: { host: 127.0.0.1, port: 0 }
tls: { mode: "off" }
checkpoint: ${checkpoint}
limits: { leases_per_client: 10000, requests_per_second: 100000 }
`;

/** The real binary, which has begun to serve. */
export interface Served {
  readonly url: string;
  readonly process: Running;
}

export async function serve(terminal: Terminal): Promise<Served> {
  const process = terminal.start("seatkeeper serve --config config.yaml");
  const [, url = ""] = await process.says(/"url":"([^"]+)".*"event":"daemon.started"/);
  return { url, process };
}

/** A site of its own in the folder of the terminal. */
export async function initialised(
  terminal: Terminal,
  checkpoint: string = EACH_SECOND,
): Promise<GivenSite> {
  const path = join(terminal.folder, "config.yaml");
  const text = configWith(checkpoint);
  writeFileSync(path, text);
  const config = readConfig(text, path);
  await initSite(config, vendorFile);
  return { config, request: readActivationRequest(await requestLicense(config)) };
}
