// One workstation of the demo: a real process with a client key and an instance of its own, on the
// public SDK. It does what its plan says and tells its parent, one JSON line for each thing that happens.
import process from "node:process";
import { millis } from "../../../base/time.ts";
import { connect, SeatDeniedError, type Seatkeeper } from "../../../client/index.ts";
import { systemClock } from "../../../clock/system-clock.ts";
import { readVendorFile } from "../../../license/vendor-file.ts";
import { readInput } from "../../shared/input-file.ts";
import { decodePlan, type Happening, METER, type WorkstationPlan } from "./workstation-plan.ts";

const clock = systemClock();

await work(decodePlan(process.argv[2] ?? ""));

async function work(plan: WorkstationPlan): Promise<void> {
  const vendor = readVendorFile(readInput(plan.vendorFile, "vendor file"));
  const keeper = await connect({
    servers: plan.server,
    vendor: { name: vendor.name, rootKey: vendor.rootKey },
    labels: { user: plan.user, host: plan.host },
    dataDir: plan.folder,
  });
  try {
    await holdSeat(plan, keeper);
    for (const units of plan.render) await renderFor(plan, keeper, units);
  } finally {
    await keeper.close();
  }
}

async function holdSeat(plan: WorkstationPlan, keeper: Seatkeeper): Promise<void> {
  try {
    const seat = await keeper.acquire(plan.feature, {
      wait: plan.wait,
      onQueued: (position) => tell(plan, { event: "queued", what: plan.feature, position }),
    });
    const from = clock.now().mono;
    tell(plan, { event: "granted", what: plan.feature });
    seat.once("lost", ({ reason }) => tell(plan, { event: "lost", what: plan.feature, reason }));
    if (plan.waitsForCue) await cue();
    await pause(plan.holdMs);
    await seat.release();
    const heldMs = Math.round(clock.now().mono - from);
    tell(plan, { event: "released", what: plan.feature, heldMs });
  } catch (error) {
    tellDenied(plan, plan.feature, error);
  }
}

async function renderFor(plan: WorkstationPlan, keeper: Seatkeeper, units: number): Promise<void> {
  try {
    await keeper.usage.record(METER, units);
    tell(plan, { event: "used", what: METER, units });
  } catch (error) {
    tellDenied(plan, METER, error);
  }
}

/** A refusal is part of the story; anything else ends this process with an error. */
function tellDenied(plan: WorkstationPlan, what: string, error: unknown): void {
  if (!(error instanceof SeatDeniedError)) throw error;
  const { reason, hint = "" } = error;
  tell(plan, { event: "denied", what, reason, hint });
}

function tell(plan: WorkstationPlan, happening: Omit<Happening, "who">): void {
  process.stdout.write(`${JSON.stringify({ who: plan.name, ...happening })}\n`);
}

/** The end of the input counts as well: nobody is left to give a cue. */
function cue(): Promise<void> {
  return new Promise((resolve) => {
    const { stdin } = process;
    const heard = (): void => {
      stdin.destroy();
      resolve();
    };
    stdin.once("data", heard);
    stdin.once("end", heard);
  });
}

function pause(span: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(millis(span), resolve);
  });
}
