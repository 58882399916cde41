/**
 * `seatkeeper --export-usage FILE` as the command it stands for: `seatkeeper usage export --out FILE`.
 * The flag form is the one that schedulers and work instructions carry. Other options, before it or
 * after it, stay as they are.
 */
export function flagForm(argv: readonly string[]): readonly string[] {
  // Behind the name of a command the flag is that command's business, or its child's.
  if (argv[0]?.startsWith("-") !== true) return argv;
  const at = argv.findIndex((word) => word === FLAG || word.startsWith(`${FLAG}=`));
  const flag = argv[at];
  if (flag === undefined) return argv;
  const out = flag === FLAG ? ["--out"] : ["--out", flag.slice(FLAG.length + 1)];
  return ["usage", "export", ...argv.slice(0, at), ...out, ...argv.slice(at + 1)];
}

const FLAG = "--export-usage";
