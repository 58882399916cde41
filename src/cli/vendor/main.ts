#!/usr/bin/env node
import { main } from "../shared/program.ts";
import { PROGRAM } from "./program.ts";

await main(PROGRAM);
