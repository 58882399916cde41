// The whole fault campaign: a built daemon at work whose disk fails at each call in each way, and deliberate
// mistakes in the order of a commit that must be found out (test/faults). Ends within a quarter of an hour:
//   npm run test:faults
//   npm run test:faults -- --kind power-cut,reordered --minutes 5 --at-once 4
//   npm run test:faults -- --point 137 --kind error-kept
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const text = /** @type {const} */ ({ type: "string" });
const { values } = parseArgs({
  options: { point: text, kind: text, step: text, minutes: text, "at-once": text, mistakes: text },
});

const wanted = {
  FAULTS_POINT: values.point,
  FAULTS_KINDS: values.kind,
  FAULTS_STEP: values.step ?? "1",
  FAULTS_MINUTES: values.minutes ?? "11",
  FAULTS_AT_ONCE: values["at-once"] ?? "4",
  FAULTS_MISTAKES: values.mistakes ?? "99",
  FAULTS_REPORT: "1",
};
const files = values.point === undefined ? "test/faults" : "test/faults/faults.test.ts";
const given = Object.entries(wanted).filter(([, value]) => value !== undefined);

const { status } = spawnSync(
  process.execPath,
  [join(root, "node_modules/vitest/vitest.mjs"), "run", "--project", "process", files],
  { cwd: root, stdio: "inherit", env: { ...process.env, ...Object.fromEntries(given) } },
);
process.exitCode = status ?? 1;
