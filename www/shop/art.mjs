// The shop's pictures: pots drawn by hand, no files and no third party.

const ink = 'stroke="var(--ink)" stroke-linecap="round" fill="none"';

const SHAPES = {
  vase: "M84 40c0 16 6 22-8 46-16 28-24 44-24 66 0 34 22 52 48 52s48-18 48-52c0-22-8-38-24-66-14-24-8-30-8-46z",
  bowl: "M24 110h152c0 52-30 82-58 90H82c-28-8-58-38-58-90z",
  mug: "M56 84h80v92c0 14-10 24-24 24H80c-14 0-24-10-24-24z",
  pot: "M50 96h100l-14 96c-1 6-6 10-12 10H76c-6 0-11-4-12-10zM42 82h116v16H42z",
};

const FERN = [0, 1, 2, 3, 4, 5]
  .map((i) => {
    const [y, reach] = [78 - i * 12, 34 - i * 5];
    return `M100 ${y}q-${reach * 0.6}-14-${reach}-6M100 ${y}q${reach * 0.6}-14 ${reach}-6`;
  })
  .join("");

const EXTRAS = {
  vase: `<path d="M60 136q40 14 80 0" ${ink} stroke-width="2" opacity=".35"/>`,
  bowl: `<path d="M30 134q70 18 140 0" ${ink} stroke-width="2" opacity=".35"/>`,
  mug: `<path d="M136 104c34-6 36 52 0 48" stroke="var(--sand)" stroke-width="9" fill="none"/><path d="M56 120h80" ${ink} stroke-width="2" opacity=".3"/>`,
  pot: `<path d="M100 82V8${FERN}" stroke="var(--fern)" stroke-width="5" stroke-linecap="round" fill="none"/>`,
};

/** One piece of pottery as inline SVG. */
export function piece(shape, glaze, title) {
  return `<svg class="piece" viewBox="0 0 200 220" role="img" aria-label="${title}">
  <ellipse cx="100" cy="205" rx="62" ry="7" fill="var(--ink)" opacity=".12"/>
  ${shape === "pot" ? EXTRAS.pot : ""}
  <path d="${SHAPES[shape]}" fill="var(--${glaze})"/>
  <path d="${SHAPES[shape]}" fill="url(#sheen)"/>
  ${shape === "pot" ? "" : EXTRAS[shape]}
</svg>`;
}

/** What the pieces share; once in a page. */
export const DEFINITIONS = `<svg width="0" height="0" aria-hidden="true" focusable="false" class="defs"><defs>
  <linearGradient id="sheen" x1="0" x2="1"><stop offset="0" stop-color="#fff" stop-opacity=".28"/>
  <stop offset=".45" stop-color="#fff" stop-opacity="0"/><stop offset="1" stop-color="#000" stop-opacity=".22"/></linearGradient>
</defs></svg>`;
