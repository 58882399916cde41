#!/usr/bin/env node
import process from "node:process";
import { main } from "../shared/program.ts";
import { config } from "./config.ts";
import { demo } from "./demo/demo.ts";
import { flagForm } from "./flag-form.ts";
import { init } from "./init.ts";
import { ledger } from "./ledger.ts";
import { license } from "./license.ts";
import { reload } from "./reload.ts";
import { run } from "./run.ts";
import { seats } from "./seats.ts";
import { serve } from "./serve.ts";
import { status } from "./status.ts";
import { usage } from "./usage.ts";
import { why } from "./why.ts";

await main(
  {
    name: "seatkeeper",
    summary: "Offline license daemon: floating seats, metered usage, sealed reports.",
    commands: [init, config, license, serve, reload, status, seats, why, usage, ledger, run, demo],
    examples: [
      ["demo", "see the whole journey on this machine, with throw-away keys"],
      ["run --feature cad.pro -- cad", "hold a seat while a program runs"],
      ["--export-usage usage.skb", "write the usage bundle for the vendor"],
    ],
    unverified: new Set(["LEDGER_UNVERIFIED", "NOTE_SIGNATURE", "LICENSE_SIGNATURE"]),
  },
  flagForm(process.argv.slice(2)),
);
