#!/usr/bin/env node
import process from "node:process";
import { main } from "../shared/program.ts";
import { flagForm } from "./flag-form.ts";
import { PROGRAM } from "./program.ts";

await main(PROGRAM, flagForm(process.argv.slice(2)));
