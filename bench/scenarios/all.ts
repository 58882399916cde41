import type { Scenario } from "../scenario.ts";
import { bundles } from "./bundles.ts";
import { checkpoints } from "./checkpoints.ts";
import { coldStart } from "./cold-start.ts";
import { crowd } from "./crowd.ts";
import { engine } from "./engine.ts";
import { leases } from "./leases.ts";
import { metering } from "./metering.ts";
import { onion } from "./onion.ts";
import { openLoop } from "./open-loop.ts";
import { programs } from "./programs.ts";
import { queue } from "./queue.ts";
import { recovery } from "./recovery.ts";
import { renewals } from "./renewals.ts";
import { slowDisk } from "./slow-disk.ts";
import { soak } from "./soak.ts";
import { verification } from "./verification.ts";

/** What `npm run bench` measures, in the order of the page. */
export const SCENARIOS: readonly Scenario[] = [
  leases,
  openLoop,
  renewals,
  queue,
  metering,
  slowDisk,
  crowd,
  coldStart,
  engine,
  checkpoints,
  onion,
  recovery,
  verification,
  bundles,
  programs,
];

/** The same, and what runs too long to be among them. */
export const ALL: readonly Scenario[] = [...SCENARIOS, soak];
