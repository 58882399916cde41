// Nothing here runs; the assertion is that the type checker refuses the marked lines.
import { rawIdentity } from "../../src/base/identity.ts";
import type { Log } from "../../src/log/log.ts";

export function leaks(log: Log): void {
  log.info("hello", { feature: "cad.pro" });
  // @ts-expect-error a raw identity must not reach the log
  log.info("hello", { who: rawIdentity("ada") });
  // @ts-expect-error a field must not pose as a part of every line
  log.info("hello", { level: "error" });
}
