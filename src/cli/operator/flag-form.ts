/**
 * `seatkeeper --export-usage FILE` as the command it stands for: `seatkeeper usage export --out FILE`.
 * The flag form is the one that schedulers and work instructions carry. Other options stay as they are.
 */
export function flagForm(argv: readonly string[]): readonly string[] {
  const [first = "", ...others] = argv;
  if (first === FLAG) {
    const [file, ...rest] = others;
    return ["usage", "export", ...(file === undefined ? ["--out"] : ["--out", file]), ...rest];
  }
  if (first.startsWith(`${FLAG}=`)) {
    return ["usage", "export", "--out", first.slice(FLAG.length + 1), ...others];
  }
  return argv;
}

const FLAG = "--export-usage";
