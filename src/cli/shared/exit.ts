/** What a command's exit code says; scripts depend on it. */
export const EXIT: {
  readonly done: 0;
  readonly refused: 1;
  readonly usage: 2;
  readonly unverified: 3;
} = {
  done: 0,
  /** A refusal or a failure: the error says which. */
  refused: 1,
  /** The command line itself is wrong; nothing was tried. */
  usage: 2,
  /** Something was examined and did not verify. */
  unverified: 3,
};

/** One of {@link EXIT}; `seatkeeper run` passes the code of its child through, hence any number to 255. */
export type ExitCode = number;
