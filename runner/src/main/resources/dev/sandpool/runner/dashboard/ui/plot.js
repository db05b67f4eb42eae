// Small plots of the last minutes, as SVG that is as wide as its place.

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 132;
const MARGIN = { top: 8, right: 8, bottom: 20, left: 44 };

function node(name, attributes, parent, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  parent?.append(made);
  return made;
}

/** The smallest of 1, 2, 5, 10, 20, ... that is not less. */
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value * 0.999);
}

/** The frame of a plot: its size, its scales, two lines across and the times below. */
function frame(place, { seconds, now, most, label, description }) {
  const width = Math.max(place.clientWidth, 200);
  const svg = node("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, role: "img", "aria-label": description });
  const top = roundUp(most);
  const inner = { width: width - MARGIN.left - MARGIN.right, height: HEIGHT - MARGIN.top - MARGIN.bottom };
  const x = (t) => MARGIN.left + inner.width * (1 - (now - t) / seconds);
  const y = (value) => MARGIN.top + inner.height * (1 - value / top);
  for (const value of [0, top / 2, top]) {
    node("line", { class: "grid", x1: MARGIN.left, x2: width - MARGIN.right, y1: y(value), y2: y(value) }, svg);
    if (value === 0 || Number.isInteger(value) || top <= 1) {
      node("text", { x: MARGIN.left - 6, y: y(value) + 4, "text-anchor": "end" }, svg, label(value));
    }
  }
  for (let ago = seconds; ago >= 0; ago -= seconds / 5) {
    const anchor = ago === seconds ? "start" : ago === 0 ? "end" : "middle";
    const words = ago === 0 ? "now" : `−${ago / 60} min`;
    if (ago % 120 === 60 || ago === 0) node("text", { x: x(now - ago), y: HEIGHT - 5, "text-anchor": anchor }, svg, words);
  }
  place.replaceChildren(svg);
  return { svg, x, y };
}

/** Bars of several parts, one above the other. */
export function stacked(place, { buckets, bucketSeconds, parts, seconds, now, description }) {
  const sums = buckets.map((bucket) => parts.reduce((sum, part) => sum + bucket.values[part], 0));
  const most = Math.max(2, ...sums);
  const { svg, x, y } = frame(place, { seconds, now, most, label: String, description });
  const gap = 1;
  for (const bucket of buckets) {
    const left = Math.max(x(bucket.t) + gap / 2, MARGIN.left);
    const width = Math.max(x(bucket.t + bucketSeconds) - gap / 2 - left, 0.5);
    let sum = 0;
    for (const part of parts) {
      const value = bucket.values[part];
      if (!value) continue;
      const bottom = y(sum);
      sum += value;
      node("rect", { class: `part ${part}`, x: left, width, y: y(sum), height: Math.max(bottom - y(sum), 1) }, svg);
    }
  }
}

/** Lines; where there is no value there is a gap, and a lonely value is a dot. */
export function lined(place, { buckets, bucketSeconds, series, seconds, now, label, description }) {
  const all = buckets.flatMap((bucket) => series.map((name) => bucket.values[name]).filter((value) => value !== undefined));
  const { svg, x, y } = frame(place, { seconds, now, most: Math.max(1, ...all), label, description });
  for (const name of series) {
    let path = "";
    let before = null;
    for (const bucket of buckets) {
      const value = bucket.values[name];
      if (value === undefined) continue;
      const at = [Math.max(x(bucket.t + bucketSeconds / 2), MARGIN.left).toFixed(1), y(value).toFixed(1)];
      path += `${before !== null && bucket.t - before <= bucketSeconds ? "L" : "M"}${at.join(" ")}`;
      before = bucket.t;
      node("circle", { class: `dot ${name}`, cx: at[0], cy: at[1], r: 1.8 }, svg);
    }
    if (path) node("path", { class: `line ${name}`, d: path }, svg);
  }
}
