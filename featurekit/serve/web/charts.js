// Charts without a library: lines over time, and bars.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 300, HEIGHT = 110, EDGE = 8;

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function shape(tag, attributes, text = "") {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  return made;
}

// Draws series of equal length, the newest value at the right; null is a gap.
export function drawLines(svg, series) {
  const values = series.flatMap((one) => one.values).filter((one) => one !== null);
  const top = Math.max(1e-9, ...values);
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.replaceChildren(shape("text", { x: EDGE, y: 14 }, format(top)));
  for (const { values, color } of series) {
    const step = (WIDTH - 2 * EDGE) / Math.max(1, values.length - 1);
    const points = values
      .map((value, at) => [EDGE + at * step, value])
      .filter(([, value]) => value !== null)
      .map(([x, value]) => `${x},${HEIGHT - EDGE - (value / top) * (HEIGHT - 28)}`);
    svg.append(shape("polyline", { points: points.join(" "), stroke: `var(${color})` }));
  }
}

// A bar of shares between 0 and 1, one above the other, with a mark.
export function bar(name, shares, text, mark = null) {
  const track = element("div", { class: "track" });
  shares.forEach((share, at) => {
    const fill = element("div", { class: at ? "fill second" : "fill" });
    fill.style.width = `${100 * Math.min(1, Math.max(0, share))}%`;
    track.append(fill);
  });
  if (mark !== null) {
    const line = element("div", { class: "mark" });
    line.style.left = `${100 * Math.min(1, mark)}%`;
    track.append(line);
  }
  return element("div", { class: "bar" }, element("span", {}, name), track, element("span", {}, text));
}

export function format(number) {
  if (number === null || number === undefined) return "–";
  if (Number.isInteger(number)) return number.toLocaleString("en");
  return Math.abs(number) >= 100 ? number.toFixed(0) : Number(number.toPrecision(3)).toString();
}
