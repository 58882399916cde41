// Verifies one bundle and tells what it took: a process of its own, so that its memory is its own.
import { openSync, readFileSync } from "node:fs";
import { verifyBundle } from "../../src/bundle/verify.ts";
import { fileSource } from "../../src/cli/shared/file-source.ts";
import { questionAbout, type VendorRecord } from "./bundle-builder.ts";

export interface Verified {
  readonly verdict: string;
  readonly blocks: number;
  /** Of CPU, user and system. */
  readonly cpuSeconds: number;
  readonly seconds: number;
  /** MiB of the process at most. */
  readonly peakRss: number;
}

const [, , path = "", recordPath = ""] = process.argv;
if (path !== "") process.stdout.write(`${JSON.stringify(verify())}\n`);

function verify(): Verified {
  const record = JSON.parse(readFileSync(recordPath, "utf8")) as VendorRecord;
  const before = process.cpuUsage();
  const begin = performance.now();
  const source = fileSource(openSync(path, "r"), path);
  const { verdict, claim } = verifyBundle(source, questionAbout(record));
  const { user, system } = process.cpuUsage(before);
  return {
    verdict,
    blocks: claim?.blocks ?? 0,
    cpuSeconds: (user + system) / 1_000_000,
    seconds: (performance.now() - begin) / 1_000,
    peakRss: process.resourceUsage().maxRSS / 1_024,
  };
}
