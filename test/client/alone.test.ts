import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = new URL("../..", import.meta.url).pathname;

interface Cruise {
  readonly modules: readonly { readonly source: string }[];
}

describe("the client", () => {
  it("needs three packages, none with native code, and no other part of the daemon", () => {
    const depcruise = join(root, "node_modules/.bin/depcruise");
    const rules = ["--config", ".dependency-cruiser.mjs", "-T", "json"];
    const { stdout } = spawnSync(depcruise, ["src/client/index.ts", ...rules], {
      cwd: root,
      encoding: "utf8",
    });
    const { modules } = JSON.parse(stdout) as Cruise;
    const sources = modules.map(({ source }) => source);
    const packages = sources.flatMap(
      (source) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? [],
    );
    const ours = sources.flatMap((source) => /^src\/([^/]+)/.exec(source)?.[1] ?? []);
    expect([...new Set(packages)].toSorted()).toEqual(["@noble/hashes", "ws", "zod"]);
    expect([...new Set(ours)].toSorted()).toEqual([
      "base",
      "client",
      "clock",
      "crypto",
      "ledger",
      "license",
      "merkle",
      "note",
      "protocol",
    ]);
  });
});
