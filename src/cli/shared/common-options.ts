/** The option of every command that reads. */
export const JSON_OPTION: {
  readonly json: { readonly type: "boolean"; readonly default: false; readonly describe: string };
} = {
  json: { type: "boolean", default: false, describe: "print machine-readable JSON" },
};

/** The option of every command that writes a file somebody named. */
export const FORCE_OPTION: {
  readonly force: { readonly type: "boolean"; readonly default: false; readonly describe: string };
} = {
  force: { type: "boolean", default: false, describe: "replace an existing file" },
};
