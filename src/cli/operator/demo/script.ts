import type { WorkstationPlan } from "./workstation-plan.ts";

/** What the demo's vendor sells: a lease time short enough to watch one end. */
export const DEMO_TERMS = `# What acme.example sells to the demo site.
site: Demo Studio
features:
  - name: cad.pro
    seats: 3
    lease_time: 3s
    offline_grace: 2s
  - name: sim.solver
    seats: 1
    lease_time: 3s
meters:
  - name: render.minutes
    unit: minutes
    quota: 120
    period: total
    overdraft: deny
`;

/** The demo site's configuration: everything inside its own folder, on a free port. */
export const DEMO_CONFIG = `# The demo site: everything in this folder, on a free port of this machine only.
data_dir: data
socket: admin.sock
listen:
  host: 127.0.0.1
  port: 0
`;

type Part = Omit<WorkstationPlan, "server" | "vendorFile" | "folder">;

/** These take all three seats of cad.pro and the one of sim.solver, and hold them until all have asked. */
export const FIRST_CAST: readonly Part[] = [
  {
    name: "ws-1",
    user: "ada",
    host: "cad-01",
    feature: "cad.pro",
    wait: true,
    waitsForCue: true,
    holdMs: 1_500,
    render: [12, 18],
  },
  {
    name: "ws-2",
    user: "bob",
    host: "cad-02",
    feature: "cad.pro",
    wait: true,
    waitsForCue: true,
    holdMs: 60_000,
    render: [7],
  },
  {
    name: "ws-3",
    user: "eve",
    host: "cad-03",
    feature: "cad.pro",
    wait: true,
    waitsForCue: true,
    holdMs: 5_500,
    render: [30],
  },
  {
    name: "ws-6",
    user: "lin",
    host: "sim-01",
    feature: "sim.solver",
    wait: true,
    waitsForCue: true,
    holdMs: 2_500,
    render: [],
  },
];

/** These come when everything is taken. */
export const SECOND_CAST: readonly Part[] = [
  {
    name: "ws-4",
    user: "kim",
    host: "cad-04",
    feature: "cad.pro",
    wait: true,
    waitsForCue: false,
    holdMs: 2_000,
    render: [25],
  },
  {
    name: "ws-5",
    user: "joe",
    host: "cad-05",
    feature: "cad.pro",
    wait: true,
    waitsForCue: false,
    holdMs: 3_000,
    render: [],
  },
  {
    name: "ws-7",
    user: "mia",
    host: "sim-02",
    feature: "sim.solver",
    wait: false,
    waitsForCue: false,
    holdMs: 1_000,
    render: [500],
  },
];

/** Dies without a word, holding a seat of cad.pro. */
export const VICTIM = "ws-2";
