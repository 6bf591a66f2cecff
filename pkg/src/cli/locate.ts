/**
 * The line of a policy's text where a path such as `services[1].hosts[0]` begins; the nearest part that is there, else
 * 1. Only for showing: text that is no JSON gives some line, never an error.
 */
export function lineOf(text: string, path: string): number {
  const steps = path.match(/[^.[\]]+/g) ?? [];
  let at = 0;
  let best = 0;
  const skip = () => {
    while (/[\s,:]/.test(text[at] ?? "")) at++;
  };
  const string = (): string => {
    const start = at++;
    while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
    return text.slice(start + 1, at++);
  };
  /** Goes past one value; on the way through it follows the step it is at. */
  const value = (depth: number, follows: boolean): boolean => {
    skip();
    if (follows) best = at;
    if (follows && depth === steps.length) return true;
    const open = text[at];
    if (open === '"') {
      string();
      return false;
    }
    if (open !== "{" && open !== "[") {
      while (at < text.length && !/[\s,:\]}]/.test(text[at]!)) at++;
      return false;
    }
    at++;
    for (let i = 0; at < text.length; i++) {
      skip();
      if (text[at] === "]" || text[at] === "}") {
        at++;
        return false;
      }
      const start = at;
      const key = open === "{" ? string() : String(i);
      if (value(depth + 1, follows && key === steps[depth])) return true;
      if (at === start) return false;
    }
    return false;
  };
  // Nesting deeper than any policy's would only exhaust the stack.
  if (/(?:[[{]\s*){200}/.test(text)) return 1;
  value(0, true);
  return text.slice(0, best).split("\n").length;
}
