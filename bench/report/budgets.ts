/** The performance budgets, in the order of the page. */
export const BUDGETS = [
  {
    id: "pairs",
    what: "durable, signed acquire and release",
    target: "at least 75 % of the ceiling",
  },
  {
    id: "open-loop",
    what: "open loop, 1,000 connections, 10,000 requests/s",
    target: "p99 at most 10 ms",
  },
  {
    id: "group-commit",
    what: "group commit against one transaction per request",
    target: "at least 1.7x",
  },
  {
    id: "group-commit-slow",
    what: "the same on a disk that syncs in 5 ms",
    target: "at least 15x",
  },
  { id: "crowd-memory", what: "10,000 clients with leases: memory", target: "at most 200 MiB" },
  { id: "crowd-latency", what: "10,000 clients with leases: renewal", target: "p99 below 50 ms" },
  { id: "crowd-cpu", what: "10,000 clients with leases: CPU", target: "below half a core" },
  { id: "sweep", what: "expiry sweep at 100,000 leases", target: "at most 1 ms per tick" },
  {
    id: "append",
    what: "checkpoint append, block 1,000,000 against block 1,000",
    target: "ratio at most 1.15",
  },
  { id: "verify", what: "vendor verification on one core", target: "at least 20,000 blocks/s" },
  {
    id: "verify-memory",
    what: "vendor verification, memory at ten times the blocks, up to 1,000,000",
    target: "ratio at most 1.15",
  },
  {
    id: "cold-start",
    what: "cold start with 100,000 stored leases",
    target: "below 2 s",
  },
  { id: "start", what: "cold start to listening", target: "at most 2.7x bare node" },
] as const;

export type BudgetId = (typeof BUDGETS)[number]["id"];
