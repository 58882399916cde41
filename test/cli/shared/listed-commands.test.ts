import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { COMMANDS as AUDITOR } from "../../../src/cli/auditor/commands.ts";
import { COMMANDS as OPERATOR } from "../../../src/cli/operator/commands.ts";
import type { ListedCommand } from "../../../src/cli/shared/listed-command.ts";
import { COMMANDS as VENDOR } from "../../../src/cli/vendor/commands.ts";

describe.each<[string, readonly ListedCommand[]]>([
  ["seatkeeper", OPERATOR],
  ["seatkeeper-vendor", VENDOR],
  ["seatkeeper-audit", AUDITOR],
])("the help of %s", (_, listed) => {
  it.each(listed)("says of $usage what the command says of itself", async (line) => {
    const { usage, summary } = await line.load();
    expect({ usage, summary }).toEqual({ usage: line.usage, summary: line.summary });
  });
});

describe("a command line", () => {
  it("does not wait for the code of commands it does not name", () => {
    expect(loadedBy("status", "--help")).toEqual(
      expect.arrayContaining([expect.stringMatching(/cli\/operator\/status\.js$/)]),
    );
    expect(loadedBy("status", "--help").join("\n")).not.toMatch(
      /better-sqlite3|node_modules\/ws\/|dist\/(seats|ledger|client|store)\//,
    );
    expect(loadedBy("--version").join("\n")).not.toMatch(/node_modules\/(zod|yaml|pino)\//);
  });
});

/** The modules that the built program loads for these words, as a loader hook sees them. */
function loadedBy(...words: readonly string[]): readonly string[] {
  const hooks = `import { writeSync } from "node:fs";
  export async function load(url, context, next) {
    writeSync(2, url + "\\n");
    return next(url, context);
  }`;
  const register = `import { register } from "node:module"; register(${JSON.stringify(moduleOf(hooks))});`;
  const program = ["--import", moduleOf(register), "dist/cli/operator/main.js", ...words];
  const { status, stderr } = spawnSync(process.execPath, program, { encoding: "utf8" });
  expect(status).toBe(0);
  return stderr.split("\n");
}

const moduleOf = (text: string): string => `data:text/javascript,${encodeURIComponent(text)}`;
