// Holds Kubernetes manifests against the schemas of their kinds, and against each other.
//
//   kubectl kustomize deploy/kubernetes/base | node check-manifests.mjs [NAME]
//   node check-manifests.mjs --self-test      plants one mistake of each kind and sees it reported
//
// Schemas: fields that are missing, of the wrong type or unknown. Each other: what a selector, a port's name, a
// volume or a reference names has to be there; pods keep to the restricted security standard, have time enough to
// end in, and end one after the other.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { parse, parseAllDocuments } from "yaml";

const require = createRequire(import.meta.url);
// Made by hand, by deploy/kubernetes/create-tokens.
const MADE_ELSEWHERE = new Set(["Secret/hookcast-tokens"]);
const WORKLOADS = new Set(["Deployment", "StatefulSet", "DaemonSet", "Job"]);

// ---- Schemas -------------------------------------------------------------------------------------

// A view of `value` that remembers which fields were looked at. The schemas' validators read each field they
// know and list the names of maps, whatever those are: what is read by neither way is no field.
function watch(value, seen) {
  if (value === null || typeof value !== "object") return value;
  const fields = { value, read: new Set(), listed: false, children: new Map() };
  seen.push(fields);
  return new Proxy(value, {
    get(target, key) {
      const child = target[key];
      if (typeof key === "symbol" || typeof child === "function") return child;
      fields.read.add(key);
      if (!fields.children.has(key)) {
        fields.children.set(key, watch(child, seen));
      }
      return fields.children.get(key);
    },
    ownKeys(target) { fields.listed = true; return Reflect.ownKeys(target); },
  });
}

function pathTo(root, wanted, path = "") {
  if (root === wanted) return path;
  if (root === null || typeof root !== "object") return null;
  for (const [key, child] of Object.entries(root)) {
    const found = pathTo(child, wanted, `${path}.${key}`);
    if (found !== null) return found;
  }
  return null;
}

function* schemaMistakes(object) {
  const { apiVersion = "", kind = "" } = object;
  let Model;
  try {
    Model = require(`kubernetes-models/${apiVersion}/${kind}`)[kind];
  } catch {
    yield `there is no ${kind || "kind"} in ${apiVersion || "apiVersion"}`;
    return;
  }
  const seen = [];
  const model = new Model(object);
  try {
    Model.prototype.validate.call(watch(model, seen));
  } catch (error) {
    yield* error.message.split("\n").filter((line) => line.trim());
    return;
  }
  for (const { value, read, listed } of seen) {
    if (listed || Array.isArray(value)) continue;
    for (const key of Object.keys(value)) {
      if (!read.has(key)) yield `${pathTo(model, value)}.${key}: unknown field`.replace(/^\./, "");
    }
  }
}

// ---- Each other ----------------------------------------------------------------------------------

const matches = (selector, labels) =>
  Object.keys(selector ?? {}).length > 0 &&
  Object.entries(selector).every(([key, value]) => labels?.[key] === value);

const seconds = (text) => {
  const [, number, unit] = /^(\d+)(ms|s|m|h)$/.exec(text) ?? [];
  return number * { ms: 0.001, s: 1, m: 60, h: 3600 }[unit];
};

function* podMistakes(workload, objects) {
  const { spec, metadata } = workload.spec.template;
  const has = (kind, name) => MADE_ELSEWHERE.has(`${kind}/${name}`) ||
    objects.some((o) => o.kind === kind && o.metadata.name === name);
  if (workload.spec.selector && !matches(workload.spec.selector.matchLabels, metadata.labels)) {
    yield "its selector does not match its own pods";
  }
  for (const constraint of spec.topologySpreadConstraints ?? []) {
    if (!matches(constraint.labelSelector.matchLabels, metadata.labels)) {
      yield `it spreads over ${constraint.topologyKey} pods that are not its own`;
    }
  }
  if (spec.serviceAccountName && !has("ServiceAccount", spec.serviceAccountName)) {
    yield `there is no ServiceAccount ${spec.serviceAccountName}`;
  }
  if (spec.automountServiceAccountToken !== false) yield "it has a token of Kubernetes that it does not need";
  for (const { name, configMap, secret } of spec.volumes ?? []) {
    if (configMap && !has("ConfigMap", configMap.name)) yield `volume ${name}: no ConfigMap ${configMap.name}`;
    if (secret && !has("Secret", secret.secretName)) yield `volume ${name}: no Secret ${secret.secretName}`;
  }
  const pod = spec.securityContext ?? {};
  if (!pod.runAsNonRoot || !pod.runAsUser) yield "it may run as root";
  if (pod.seccompProfile?.type !== "RuntimeDefault") yield "its seccompProfile is not RuntimeDefault";
}

function* containerMistakes(container, spec) {
  const at = `container ${container.name}`;
  const security = container.securityContext ?? {};
  if (security.allowPrivilegeEscalation !== false) yield `${at}: allowPrivilegeEscalation is not false`;
  if (security.readOnlyRootFilesystem !== true) yield `${at}: its root can be written to`;
  if (!security.capabilities?.drop?.includes("ALL")) yield `${at}: it keeps capabilities`;
  if (!container.resources?.requests || !container.resources?.limits?.memory) {
    yield `${at}: no requests, or no limit of memory`;
  }
  const ports = new Set((container.ports ?? []).flatMap((port) => [port.name, port.containerPort]));
  for (const probe of ["startupProbe", "readinessProbe", "livenessProbe"]) {
    const port = (container[probe]?.httpGet ?? container[probe]?.tcpSocket)?.port;
    if (port && !ports.has(port)) yield `${at}: ${probe} asks port ${port}, which it does not have`;
  }
  if (!container.readinessProbe) yield `${at}: no readinessProbe`;
  for (const mount of container.volumeMounts ?? []) {
    if (!(spec.volumes ?? []).some(({ name }) => name === mount.name)) yield `${at}: no volume ${mount.name}`;
  }
}

// A node that is killed before shutdown.timeout is over did not tell all of its clients. A pod that terminates counts
// for nothing in a rolling update: only a new one that counts late keeps the next old one from ending beside it.
function* endMistakes(workload, objects) {
  const { spec } = workload.spec.template;
  for (const { configMap } of spec.volumes ?? []) {
    const map = configMap && objects.find((o) => o.kind === "ConfigMap" && o.metadata.name === configMap.name);
    if (!map?.data?.["hookcast.yaml"]) continue;
    const needed = seconds(parse(map.data["hookcast.yaml"]).shutdown?.timeout ?? "20s") +
      Number(spec.containers[0].lifecycle?.preStop?.exec?.command?.[1] ?? 0);
    const granted = spec.terminationGracePeriodSeconds ?? 30;
    if (!(granted >= needed + 5)) {
      yield `terminationGracePeriodSeconds is ${granted}; preStop and shutdown.timeout take ${needed}, and 5 more`;
    }
    const apart = workload.spec.minReadySeconds ?? 0;
    if (!(apart >= needed)) yield `minReadySeconds is ${apart}; preStop and shutdown.timeout take ${needed}`;
  }
}

function* referenceMistakes(object, objects) {
  const pods = objects.filter((o) => WORKLOADS.has(o.kind)).map((o) => o.spec.template);
  if (WORKLOADS.has(object.kind)) {
    yield* podMistakes(object, objects);
    for (const container of object.spec.template.spec.containers) {
      yield* containerMistakes(container, object.spec.template.spec);
    }
    yield* endMistakes(object, objects);
  }
  if (object.kind === "Service" && object.spec.selector) {
    const mine = pods.filter((pod) => matches(object.spec.selector, pod.metadata.labels));
    if (mine.length === 0) yield "its selector matches no pods";
    for (const { port, targetPort } of object.spec.ports) {
      const found = mine.some((pod) => pod.spec.containers.some((c) =>
        (c.ports ?? []).some((port) => port.name === targetPort || port.containerPort === targetPort)));
      if (mine.length > 0 && !found) yield `its pods have no port ${targetPort}`;
      // Whoever asks a headless Service connects to the pods themselves, and nothing translates the port.
      const same = mine.every((pod) => pod.spec.containers.some((c) =>
        (c.ports ?? []).some(({ containerPort }) => containerPort === port)));
      if (object.spec.clusterIP === "None" && !same) yield `it is headless, and its pods have no port ${port}`;
    }
  }
  if (object.kind === "PodDisruptionBudget" &&
      !pods.some((pod) => matches(object.spec.selector.matchLabels, pod.metadata.labels))) {
    yield "its selector matches no pods";
  }
  if (object.kind === "NetworkPolicy") {
    const mine = pods.filter((pod) => matches(object.spec.podSelector.matchLabels, pod.metadata.labels));
    if (mine.length === 0) yield "its selector matches no pods";
    for (const { port } of (object.spec.ingress ?? []).flatMap(({ ports }) => ports ?? [])) {
      const found = mine.some((pod) => pod.spec.containers.some((c) =>
        (c.ports ?? []).some(({ name, containerPort }) => name === port || containerPort === port)));
      if (mine.length > 0 && !found) yield `its pods have no port ${port}`;
    }
  }
  if (object.kind === "Secret") yield "a token that stands in a repository is none";
}

function check(text) {
  const mistakes = [];
  const objects = [];
  for (const document of parseAllDocuments(text)) {
    for (const error of document.errors) mistakes.push(error.message.split("\n")[0]);
    const object = document.toJS();
    if (object !== null) objects.push(object);
  }
  if (objects.length === 0) mistakes.push("there is nothing in it");
  const sound = [];
  for (const object of objects) {
    const name = `${object.kind}/${object.metadata?.name}`;
    const wrong = [...schemaMistakes(object)];
    if (wrong.length === 0) sound.push([name, object]);
    mistakes.push(...wrong.map((mistake) => `${name}: ${mistake}`));
  }
  for (const [name, object] of sound) {
    const others = sound.map(([, other]) => other);
    mistakes.push(...[...referenceMistakes(object, others)].map((mistake) => `${name}: ${mistake}`));
  }
  return { mistakes, count: objects.length };
}

// ---- Self-test -----------------------------------------------------------------------------------

const GOOD = `
apiVersion: v1
kind: ConfigMap
metadata: { name: c, labels: { any: thing } }
data: { hookcast.yaml: "shutdown: { timeout: 20s }" }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: d }
spec:
  minReadySeconds: 25
  selector: { matchLabels: { app: d } }
  template:
    metadata: { labels: { app: d } }
    spec:
      automountServiceAccountToken: false
      terminationGracePeriodSeconds: 30
      securityContext: { runAsNonRoot: true, runAsUser: 1, seccompProfile: { type: RuntimeDefault } }
      containers:
        - name: c
          image: i
          ports: [{ name: http, containerPort: 80 }]
          lifecycle: { preStop: { exec: { command: [sleep, "5"] } } }
          readinessProbe: { httpGet: { path: /, port: http } }
          resources: { requests: { cpu: 1 }, limits: { memory: 1Gi } }
          securityContext:
            { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: [ALL] } }
          volumeMounts: [{ name: v, mountPath: /v }]
      volumes: [{ name: v, configMap: { name: c } }]
---
apiVersion: v1
kind: Service
metadata: { name: s }
spec: { selector: { app: d }, ports: [{ port: 8080, targetPort: http }] }
---
apiVersion: v1
kind: Service
metadata: { name: h }
spec: { clusterIP: None, selector: { app: d }, ports: [{ port: 80, targetPort: 80 }] }
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: p }
spec: { maxUnavailable: 1, selector: { matchLabels: { app: d } } }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: n }
spec: { podSelector: { matchLabels: { app: d } }, ingress: [{ ports: [{ protocol: TCP, port: http }] }] }
`;
// [what is replaced, by what, what has to be reported]
const PLANTED = [
  ["apps/v1", "apps/v7", "there is no Deployment in apps/v7"],
  ["containerPort: 80", "containerPort: many", "containerPort"],
  ["          image: i\n", "          image: i\n          imagine: i\n", "imagine: unknown field"],
  ["maxUnavailable: 1,", "maxUnavailable: 1, maximal: 1,", "maximal: unknown field"],
  ["readinessProbe: { httpGet: { path: /,", "readinessProbe: { httpGet: { pfad: /,", "unknown field"],
  ["matchLabels: { app: d } }\n  template", "matchLabels: { app: e } }\n  template", "not match its own pods"],
  ["selector: { app: d }, ports", "selector: { app: e }, ports", "matches no pods"],
  ["targetPort: http", "targetPort: grpc", "have no port grpc"],
  ["port: 80, targetPort: 80", "port: 81, targetPort: 80", "headless, and its pods have no port 81"],
  ["maxUnavailable: 1, selector: { matchLabels: { app: d", "maxUnavailable: 1, selector: { matchLabels: { app: e",
    "matches no pods"],
  ["podSelector: { matchLabels: { app: d", "podSelector: { matchLabels: { app: e", "matches no pods"],
  ["protocol: TCP, port: http", "protocol: TCP, port: grpc", "have no port grpc"],
  ["configMap: { name: c }", "configMap: { name: x }", "no ConfigMap x"],
  ["configMap: { name: c }", "secret: { secretName: x }", "no Secret x"],
  ["volumeMounts: [{ name: v", "volumeMounts: [{ name: w", "no volume w"],
  ["path: /, port: http", "path: /, port: other", "which it does not have"],
  ["runAsNonRoot: true", "runAsNonRoot: false", "may run as root"],
  ["type: RuntimeDefault", "type: Unconfined", "seccompProfile"],
  ["allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true", "allowPrivilegeEscalation"],
  ["readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "can be written to"],
  ["drop: [ALL]", "drop: [KILL]", "keeps capabilities"],
  ["limits: { memory: 1Gi }", "limits: { cpu: 1 }", "no limit of memory"],
  ["timeout: 20s", "timeout: 2m", "terminationGracePeriodSeconds is 30"],
  ["minReadySeconds: 25", "minReadySeconds: 24", "minReadySeconds is 24"],
  ["kind: ConfigMap\nmetadata: { name: c, labels: { any: thing } }\ndata:",
    "kind: Secret\nmetadata: { name: c }\nstringData:", "is none"],
];

function selfTest() {
  const failures = check(GOOD).mistakes.map((mistake) => `reported without need: ${mistake}`);
  for (const [good, bad, expected] of PLANTED) {
    if (!GOOD.includes(good)) failures.push(`nothing to plant at: ${good}`);
    const { mistakes } = check(GOOD.replace(good, bad));
    if (!mistakes.some((mistake) => mistake.includes(expected))) {
      failures.push(`${bad.trim()}: reported was ${mistakes.join("; ") || "nothing"}`);
    }
  }
  console.log(failures.join("\n") || `manifests: self-test of ${PLANTED.length} planted mistakes passed`);
  return failures.length ? 1 : 0;
}

function main([argument = "manifests", ...more]) {
  if (argument === "--self-test" && more.length === 0) return selfTest();
  const { mistakes, count } = check(readFileSync(0, "utf8"));
  const lines = mistakes.map((mistake) => `${argument}: ${mistake}`);
  console.log(lines.join("\n") || `${argument}: ${count} objects are good`);
  return mistakes.length ? 1 : 0;
}

process.exitCode = main(process.argv.slice(2));
