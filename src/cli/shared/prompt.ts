import process from "node:process";
import { CliError } from "./errors.ts";

/**
 * Asks on the terminal, once for each prompt, without showing what is typed.
 * @throws CliError PASSPHRASE_MISSING without a terminal, PROMPT_CANCELLED after Ctrl-C or Ctrl-D
 */
export async function promptHidden(prompts: readonly string[]): Promise<readonly string[]> {
  const { stdin, stderr } = process;
  if (!stdin.isTTY) {
    throw new CliError("PASSPHRASE_MISSING", "no passphrase given and no terminal to ask on", {
      hint: "use --passphrase-file FILE or --passphrase-fd N",
    });
  }
  stdin.setEncoding("utf8");
  stdin.setRawMode(true);
  try {
    const answers: string[] = [];
    const keys = keystrokes(stdin);
    for (const prompt of prompts) {
      stderr.write(`${prompt}: `);
      answers.push(await hiddenLine(keys));
      stderr.write("\n");
    }
    return answers;
  } catch (error) {
    stderr.write("\n");
    throw error;
  } finally {
    // The echo comes back whatever happened; a process killed here leaves `stty sane` to its user.
    stdin.setRawMode(false);
    stdin.pause();
  }
}

// One character at a time; what was typed ahead stays for the next line.
async function* keystrokes(stdin: AsyncIterable<string>): AsyncGenerator<string, void> {
  for await (const chunk of stdin) yield* chunk;
}

async function hiddenLine(keys: AsyncGenerator<string, void>): Promise<string> {
  let typed: readonly string[] = [];
  for (;;) {
    const next = await keys.next();
    const key = next.done === true ? CTRL_D : next.value;
    if (key === "\r" || key === "\n") return typed.join("");
    if (key === CTRL_C || (key === CTRL_D && typed.length === 0)) {
      throw new CliError("PROMPT_CANCELLED", "cancelled");
    }
    if (key === BACKSPACE || key === DELETE) typed = typed.slice(0, -1);
    else if (key === CTRL_U) typed = [];
    else if (key >= " ") typed = [...typed, key];
  }
}

const CTRL_C = "\u0003";
const CTRL_D = "\u0004";
const BACKSPACE = "\b";
const CTRL_U = "\u0015";
const DELETE = "\u007f";
