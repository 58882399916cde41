import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The folder of the project, seen from the built benchmark. */
export const PROJECT: string = fileURLToPath(new URL("../../../", import.meta.url));
export const OPERATOR: string = `${PROJECT}dist/cli/operator/main.js`;
export const VENDOR: string = `${PROJECT}dist/cli/vendor/main.js`;

/** Runs one of the built programs to its end. @throws Error with what it said when it fails. */
export function runProgram(program: string, words: readonly string[], cwd: string): string {
  return execFileSync(process.execPath, [program, ...words], {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 67_108_864,
  });
}
