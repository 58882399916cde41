import process from "node:process";
import type { Output } from "../shared/output.ts";
import { stopSignal } from "./stop-signal.ts";

/**
 * Shows each of `states` as it comes, until a signal ends it or nobody reads any more: on a terminal
 * on a screen of its own, which gives back what was there before however it ends; elsewhere, or
 * for `json`, as one line of JSON each.
 * @param states the states up to the signal's end.
 */
export async function showLive<State>(
  out: Output,
  json: boolean,
  states: (until: AbortSignal) => AsyncIterable<State>,
  show: (out: Output, state: State) => void,
): Promise<void> {
  const until = AbortSignal.any([stopSignal(), unread()]);
  const screen = json ? undefined : out.screen();
  if (screen === undefined) {
    for await (const state of states(until)) out.line(JSON.stringify(state));
    return;
  }
  let last: State | undefined;
  const draw = (): void => {
    const state = last;
    if (state !== undefined) screen.draw(out.drawn((paper) => show(paper, state)));
  };
  const close = (): void => screen.close();
  // Also when a defect ends the program: nobody is left with a terminal without a cursor.
  process.once("exit", close);
  process.stdout.on("resize", draw);
  try {
    for await (const state of states(until)) {
      // A daemon that cannot be reached is told of on the first screen.
      screen.open();
      last = state;
      draw();
    }
  } finally {
    close();
    process.off("exit", close);
    process.stdout.off("resize", draw);
  }
}

/** Raised when whoever read standard output has gone. */
function unread(): AbortSignal {
  const controller = new AbortController();
  process.stdout.once("error", () => controller.abort());
  return controller.signal;
}
