import { execFileSync } from "node:child_process";

/** Builds `dist` once, so that the process tests run what is shipped. */
export function setup(): void {
  execFileSync(process.execPath, ["tools/setup.mjs", "--build"], { stdio: "inherit" });
}
