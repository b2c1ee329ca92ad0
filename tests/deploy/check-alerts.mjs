// Holds the alerts of deploy/prometheus against the catalogue of metrics and the table of docs/operations.md.
//
//   node check-alerts.mjs               says what is wrong, and ends with 1 then
//   node check-alerts.mjs --self-test   plants one mistake of each kind and sees it reported
//
// Whether an expression is PromQL says promtool, where it is installed: scripts/check asks it.

import { readFileSync } from "node:fs";
import { parseDocument } from "yaml";

const at = (path) => new URL(`../../${path}`, import.meta.url);
const METRIC = /\b(?:hookcast|process)_\w+/g;

// Each metric's name and kind, as broker/metrics/catalogue.h declares them.
function metricsOf(header) {
  const declared = header.matchAll(/\b(Counter|CounterBy|Gauge|GaugeOf|Levels|HistogramBy)(?:<[^>]*>)?\s+\w+\{\s*"(\w+)"/g);
  return new Map([...declared].map(([, kind, name]) => [name, kind]));
}

// What Prometheus stores of them.
const samplesOf = (metrics) => new Set([...metrics].flatMap(([name, kind]) =>
  kind === "HistogramBy" ? ["_bucket", "_sum", "_count"].map((end) => name + end) : [name]));

// Those that the first column of the table of alerts names.
function alertedIn(page) {
  const table = page.slice(page.indexOf("| alert | when |")).split("\n\n")[0];
  return table.split("\n").flatMap((row) => row.split(" | ")[0].match(METRIC) ?? []);
}

function check(rules, header, page) {
  const document = parseDocument(rules);
  if (document.errors.length > 0) return document.errors.map((error) => error.message.split("\n")[0]);
  const mistakes = [];
  const metrics = metricsOf(header);
  const samples = samplesOf(metrics);
  const names = new Set();
  const used = new Set();
  for (const rule of (document.toJS().groups ?? []).flatMap((group) => group.rules ?? [])) {
    const name = rule.alert ?? "a rule without a name";
    if (names.has(name)) mistakes.push(`${name}: there are two of that name`);
    names.add(name);
    if (!rule.labels?.severity) mistakes.push(`${name}: no severity`);
    if (!rule.annotations?.summary) mistakes.push(`${name}: no summary`);
    for (const metric of (rule.expr ?? "").match(METRIC) ?? []) {
      used.add(metric.replace(/_(bucket|sum|count)$/, ""));
      used.add(metric);
      if (!samples.has(metric)) mistakes.push(`${name}: the catalogue has no ${metric}`);
    }
  }
  if (names.size === 0) mistakes.push("there are no alerts");
  for (const metric of alertedIn(page)) {
    if (!metrics.has(metric)) mistakes.push(`docs/operations.md: the catalogue has no ${metric}`);
    if (!used.has(metric)) mistakes.push(`docs/operations.md: no alert for ${metric}`);
  }
  return mistakes;
}

const HEADER = `
  Counter a{"hookcast_a_total", "A."};
  HistogramBy<Hook, kHooks> b{
      "hookcast_b_seconds", "B.", "hook", kHookNames};
`;
const PAGE = "| alert | when | it means |\n|---|---|---|\n| `hookcast_a_total` | grows | a |\n| `hookcast_b_seconds` | 1 | b |\n\nEnd";
const RULES = `
groups:
  - name: g
    rules:
      - { alert: A, expr: "rate(hookcast_a_total[5m]) > 0", labels: { severity: s }, annotations: { summary: t } }
      - { alert: B, expr: "hookcast_b_seconds_bucket", labels: { severity: s }, annotations: { summary: t } }
`;
// [what is replaced in the rules, by what, what has to be reported]
const PLANTED = [
  ["hookcast_a_total[", "hookcast_a[", "A: the catalogue has no hookcast_a"],
  ["hookcast_b_seconds_bucket", "hookcast_b_seconds", "B: the catalogue has no hookcast_b_seconds"],
  ["hookcast_a_total[", "up[", "no alert for hookcast_a_total"],
  ["alert: B", "alert: A", "two of that name"],
  ["labels: { severity: s }", "labels: {}", "no severity"],
  ["annotations: { summary: t }", "annotations: {}", "no summary"],
  ["- name: g", "- name: {", "flow map"],
  ["groups:", "group:", "there are no alerts"],
];

function selfTest() {
  const failures = check(RULES, HEADER, PAGE).map((mistake) => `reported without need: ${mistake}`);
  for (const [good, bad, expected] of PLANTED) {
    const mistakes = check(RULES.replace(good, bad), HEADER, PAGE);
    if (!mistakes.some((mistake) => mistake.toLowerCase().includes(expected.toLowerCase()))) {
      failures.push(`${bad}: reported was ${mistakes.join("; ") || "nothing"}`);
    }
  }
  console.log(failures.join("\n") || `alerts: self-test of ${PLANTED.length} planted mistakes passed`);
  return failures.length;
}

function main([argument]) {
  if (argument === "--self-test") return selfTest();
  const [rules, header, page] = ["deploy/prometheus/alerts.yaml", "broker/metrics/catalogue.h", "docs/operations.md"]
    .map((path) => readFileSync(at(path), "utf8"));
  const mistakes = check(rules, header, page);
  console.log(mistakes.join("\n") || "deploy/prometheus/alerts.yaml is good");
  return mistakes.length;
}

process.exitCode = main(process.argv.slice(2)) ? 1 : 0;
