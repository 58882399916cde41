// Everything but tab, line feed and our own colour sequences: names in files we were handed must
// not move the cursor, retitle the window or turn the reading direction around.
const UNSAFE =
  // oxlint-disable-next-line no-control-regex -- control characters are what this looks for
  /(?!\u001b\[\d{1,2}m)[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** The text with every character that a terminal would obey written as `\u001b`. Colours stay. */
export function neutral(text: string): string {
  return text.replace(UNSAFE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
