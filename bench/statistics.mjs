// Medians and their spread.

const at = (sorted, part) => {
  const place = (sorted.length - 1) * part;
  const [low, high] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  return low + (high - low) * (place - Math.floor(place));
};

/** Median and quartiles of the numbers, with all of them; null if there is none. */
export function summary(values) {
  const numbers = values.filter((value) => typeof value === "number" && Number.isFinite(value));
  if (!numbers.length) return null;
  const sorted = numbers.toSorted((a, b) => a - b);
  const round = (value) => Math.round(value * 100) / 100;
  return {
    median: round(at(sorted, 0.5)),
    quartiles: [round(at(sorted, 0.25)), round(at(sorted, 0.75))],
    values: numbers.map(round),
  };
}

/** For each measure, the summary over all rounds. */
export function summaries(rounds) {
  const names = new Set(rounds.flatMap((round) => Object.keys(round)));
  return Object.fromEntries([...names].map((name) => [name, summary(rounds.map((round) => round[name]))]));
}
