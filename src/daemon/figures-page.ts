import { statfsSync } from "node:fs";
import { millis } from "../base/time.ts";
import type { Config } from "../config/config.ts";
import { certificateEnd } from "../crypto/certificate.ts";
import type { Figures } from "../metrics/figures.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Page } from "./health.ts";
import type { Perimeter } from "./perimeter.ts";
import { type SiteStatusParts, siteStatus } from "./site-status.ts";

/** Undefined where the configuration wants none: then the library is not even loaded. */
export async function openMetrics({ metrics }: Config): Promise<Metrics | undefined> {
  if (!metrics.enabled) return undefined;
  const { Metrics } = await import("../metrics/metrics.ts");
  return new Metrics();
}

export interface FiguresPageParts extends SiteStatusParts {
  readonly metrics: Metrics | undefined;
  readonly perimeter: Perimeter;
}

/** `/metrics`, for those whom the configuration names. Where it is not enabled there is no such page. */
export function figuresPage(
  path: string,
  from: string | undefined,
  parts: FiguresPageParts,
): Promise<Page> | undefined {
  const { metrics, perimeter } = parts;
  if (path !== "/metrics" || metrics === undefined) return undefined;
  if (!perimeter.admitsScraper(from)) return Promise.resolve(NOT_FROM_HERE);
  return whole(metrics, parts);
}

const NOT_FROM_HERE: Page = { status: 403, body: "metrics.networks does not list your address\n" };

async function whole(metrics: Metrics, parts: FiguresPageParts): Promise<Page> {
  const body = await metrics.exposition(figuresOf(parts));
  return { status: 200, body, type: metrics.contentType };
}

function figuresOf(parts: FiguresPageParts): Figures {
  const { site, perimeter } = parts;
  const { wall } = site.time.now();
  const { tls } = perimeter;
  return {
    status: siteStatus(parts),
    clockSuspectBy: site.time.suspectBy,
    ledgers: [...site.desks.values()].map(({ name, core }) => ({
      vendor: name,
      bytes: core.files.chainLength(),
      checkpointAge: millis(Math.max(0, wall - core.writer.lastSealed)),
    })),
    certificateEndsAt: tls === undefined ? undefined : certificateEnd(tls.certificate),
    freeBytes: freeBytes(site.data.path),
  };
}

function freeBytes(folder: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
