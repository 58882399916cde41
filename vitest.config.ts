import { defineConfig, type ViteUserConfig } from "vitest/config";

/** Behaviours that need the built program: command lines, the real daemon, killed processes. */
const PROCESS_TESTS = ["test/{cli,daemon,crash,faults,examples,packages,privacy-run}/**/*.test.ts"];

const config: ViteUserConfig = defineConfig({
  test: {
    restoreMocks: true,
    // All cores: much of the time goes in waiting for child processes.
    maxWorkers: "100%",
    // What a test waits for comes as soon as the machine lets it; no test measures time.
    expect: { poll: { timeout: 20_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: "core",
          include: ["test/**/*.test.ts"],
          exclude: PROCESS_TESTS,
          setupFiles: "test/support/chance.ts",
          // Generous: the machines are shared, and no test measures time.
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: "process",
          include: PROCESS_TESTS,
          globalSetup: "test/support/build-once.ts",
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
    // The command-line tests run in child processes, which coverage cannot see,
    // so the floor stands under the pure core alone.
    coverage: {
      include: [
        "src/{base,crypto,merkle,note,protocol,seats,rules,options,license,privacy,ledger,bundle}/**",
      ],
      thresholds: { lines: 95, branches: 90 },
    },
  },
});

export default config;
