// Which entries were taken together, by what each was answered. Those of which nothing is said were not.

const PATTERNS = {
  // They are proved against the same tree.
  consentry: /\/log\\n(\d+)\\n/,
  batched: /"batch":(\d+)/,
};

export const batchOf = (side, answer) => PATTERNS[side]?.exec(answer)[1] ?? answer;
