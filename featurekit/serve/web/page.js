import { bar, drawLines, element, format } from "./charts.js";

const EVERY = 2000, KEPT = 90;
const $ = (id) => document.getElementById(id);
const history = { rate: [], p50: [], p99: [], batch: [] };
let model = null, last = null, explained = null;

async function ask(path, body) {
  const options = body === undefined ? {} : { method: "POST", headers: { "content-type": "application/json" }, body };
  const answer = await fetch(path, options);
  return [answer.ok, await answer.json()];
}

function fillTable(id, rows) {
  $(id).tBodies[0].replaceChildren(...rows.map((cells) =>
    element("tr", {}, ...cells.map((cell) => element("td", {}, String(cell))))));
}

function tensors(named) {
  return Object.entries(named).map(([name, kind]) => `${name}: ${kind}`).join("\n");
}

async function showModel() {
  const [ok, found] = await ask("/page/model");
  if (!ok) return;
  model = found;
  document.title = $("name").textContent = model.name;
  fillTable("signatures", model.signatures.map((one) => [one.name, tensors(one.inputs), tensors(one.outputs)]));
  fillTable("description", Object.entries(model.description));
  $("fields").replaceChildren(...model.columns.map((column) => {
    const input = element("input", { name: column.name, autocomplete: "off", spellcheck: "false" });
    if (column.example !== null && column.example !== undefined) input.value = asText(column.example);
    return element("label", {}, `${column.name} `, element("span", { class: "hint" }, column.dtype), input);
  }));
}

const asText = (value) => (typeof value === "string" ? value : JSON.stringify(value));

// The row as JSON text. Numbers go as they were typed: JavaScript would round large integers.
function rowText() {
  const parts = [];
  for (const column of model.columns) {
    const text = $("row").elements[column.name].value.trim();
    if (text === "") continue;
    const asIs = column.dtype.startsWith("list") || ((column.dtype === "float32" || column.dtype === "int64") && isNumber(text));
    parts.push(`${JSON.stringify(column.name)}: ${asIs ? text : JSON.stringify(text)}`);
  }
  return `{${parts.join(", ")}}`;
}

const isNumber = (text) => /^-?(\d+(\.\d+)?([eE][-+]?\d+)?|Infinity)$|^NaN$/.test(text);

async function tryRow(event) {
  event.preventDefault();
  const [ok, found] = await ask("/page/explain", rowText());
  $("answer").hidden = false;
  $("outputs").className = ok && found.outputs ? "" : "refused";
  if (!ok) {
    explained = [];
    $("outputs").textContent = refusal(found);
  } else {
    explained = found.steps;
    const refused = explained.find((step) => step.error);
    $("outputs").textContent = refused ? refusal(refused.error)
      : Object.entries(found.outputs).map(([name, value]) => `${name} = ${JSON.stringify(value)}`).join("   ");
  }
  const features = [...new Set(explained.flatMap((step) => step.features))].sort();
  $("feature").replaceChildren(element("option", { value: "" }, "all"), ...features.map((name) => element("option", { value: name }, name)));
  showSteps();
}

function refusal(error) {
  const where = ["column", "feature", "got", "expected", "hint"].filter((part) => error[part] !== undefined);
  return [error.error, ...where.map((part) => `${part}: ${error[part]}`)].join("; ");
}

function showSteps() {
  const wanted = $("feature").value;
  const steps = explained.filter((step) => !wanted || step.features.includes(wanted));
  $("steps").tBodies[0].replaceChildren(...steps.map((step) => {
    const value = step.error ? "refused" : step.value === null ? "missing" : JSON.stringify(step.value);
    const cells = [`%${step.node}`, step.op, value, step.type].map((text) => element("td", {}, text));
    return element("tr", step.error ? { class: "refused" } : {}, ...cells);
  }));
}

function remember(live, now) {
  const total = Object.values(live.metrics.requests).reduce((sum, one) => sum + one, 0);
  const rate = last ? (1000 * (total - last.total)) / (now - last.now) : 0;
  last = { total, now };
  const { latency_ms: latency, batch_rows: batch } = live.metrics;
  const values = { rate, p50: latency.p50 ?? null, p99: latency.p99 ?? null, batch: batch.p50 ?? null };
  for (const [name, value] of Object.entries(values)) history[name] = [...history[name], value].slice(-KEPT);
  return { total, rate };
}

function showLive(live) {
  const { total, rate } = remember(live, performance.now());
  const refused = total - (live.metrics.requests.OK ?? 0);
  const cards = { requests: total, refused, "per second": rate, "median, ms": live.metrics.latency_ms.p50, "99 of 100, ms": live.metrics.latency_ms.p99, "rows waiting": live.queued_rows };
  $("cards").replaceChildren(...Object.entries(cards).map(([name, value]) =>
    element("div", { class: "card" }, element("b", {}, format(value)), name)));
  drawLines($("rate-chart"), [{ values: history.rate, color: "--accent" }]);
  drawLines($("latency-chart"), [{ values: history.p50, color: "--accent" }, { values: history.p99, color: "--warm" }]);
  drawLines($("batch-chart"), [{ values: history.batch, color: "--accent" }]);
  fillTable("versions", live.versions.map((one) => [one.number, one.state.toLowerCase(), one.message]));
  $("state").textContent = live.version === null ? "not ready" : `version ${live.version}`;
  $("state").className = live.version === null ? "badge failed" : "badge ready";
  showData(live);
}

function showData(live) {
  const tests = live.drift?.tests ?? [];
  $("drift-summary").textContent = !live.drift || !live.drift.training_rows
    ? "No sketches of the training rows are in the artefact, or no rows came yet: export with training= to compare."
    : `${format(live.drift.rows)} rows against ${format(live.drift.training_rows)} of training; the line is the threshold at alpha ${live.drift.alpha}.`;
  $("drift").replaceChildren(...tests.slice(0, 40).map((one) => {
    const made = bar(`${one.name} ${one.what}`, [one.score], `${one.score.toFixed(4)}  p ${one.adjusted.toPrecision(2)}  ${one.moved}`, one.threshold);
    if (one.drifted) made.classList.add("drifted");
    return made;
  }));
  $("rates").replaceChildren(...Object.entries(live.rates).map(([name, one]) =>
    bar(name, [one.missing_rate, one.unknown_rate], `missing ${(100 * one.missing_rate).toFixed(2)} %, unknown ${(100 * one.unknown_rate).toFixed(2)} %`)));
}

async function refresh() {
  try {
    const [ok, live] = await ask("/page/live");
    if (ok) {
      if (live.version !== null && live.version !== model?.version) await showModel();
      showLive(live);
    }
  } catch {
    $("state").textContent = "no answer";
    $("state").className = "badge failed";
  }
  setTimeout(refresh, EVERY);
}

$("row").addEventListener("submit", tryRow);
$("feature").addEventListener("change", showSteps);
await showModel();
refresh();
