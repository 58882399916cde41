import type { Config } from "../../config/config.ts";
import { AdminClient } from "../../daemon/admin-client.ts";
import { DaemonError } from "../../daemon/errors.ts";
import { openOffline } from "../../daemon/offline.ts";
import type { Shell } from "../shared/command.ts";
import { streamOutput } from "../shared/output-file.ts";
import { type SiteOptions, siteConfig } from "./site-options.ts";

/** A bundle that now lies on the disk. */
export interface WrittenBundle {
  readonly vendor: string;
  readonly exportNo: number;
  /** Blocks in the ledger. */
  readonly size: number;
  readonly bytes: number;
  readonly file: string;
  readonly daemon: "running" | "stopped";
}

/** Writes the usage bundle through the running daemon, or straight from the data folder without one. */
export function exportUsage(
  options: SiteOptions & {
    readonly out: string;
    readonly vendor?: string | undefined;
    readonly force: boolean;
  },
  shell: Shell,
): Promise<WrittenBundle> {
  const config = siteConfig(options, shell);
  return streamOutput(options.out, { force: options.force }, async (write) => {
    try {
      const client = new AdminClient(config.socket);
      const exported = await client.exportUsage(write, options.vendor);
      return { ...exported, file: options.out, daemon: "running" };
    } catch (error) {
      if (!isUnreachable(error)) throw error;
      const exported = await exportOffline(config, write, options.vendor);
      return { ...exported, file: options.out, daemon: "stopped" };
    }
  });
}

async function exportOffline(
  config: Config,
  write: (bytes: Uint8Array) => void,
  vendor: string | undefined,
): Promise<Omit<WrittenBundle, "file" | "daemon">> {
  const site = await openOffline(config);
  let bytes = 0;
  try {
    const sink = {
      write(piece: Uint8Array): void {
        bytes += piece.length;
        write(piece);
      },
    };
    return { ...(await site.exportUsage(sink, vendor)), bytes };
  } finally {
    await site.close();
  }
}

/** No daemon answers: the command does the work itself. */
export const isUnreachable = (error: unknown): boolean =>
  error instanceof DaemonError && error.code === "ADMIN_UNREACHABLE";
