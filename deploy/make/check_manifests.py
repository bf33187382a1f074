"""Strict checks of the Kubernetes manifests without a cluster.

usage: check_manifests.py KUBECTL FOLDER

Every entry point under FOLDER builds, twice the same; every document fits the schemas of the oldest and the
newest supported Kubernetes with no unknown field; what one document says of another is true (selectors,
ports, ConfigMaps, Secrets, service accounts); no secret is in an environment variable; no Service is either; and known mistakes are each caught.
"""

import copy
import pathlib
import subprocess
import sys
import tomllib

import kubernetes_validate
import yaml

VERSIONS = ["1.29", "1.37"]
WORKLOADS = {"Deployment", "StatefulSet"}


def build(kubectl, folder):
    def run():
        return subprocess.run([kubectl, "kustomize", str(folder)], check=True, capture_output=True, text=True).stdout

    first, second = run(), run()
    if first != second:
        raise SystemExit(f"{folder}: two builds differ")
    return [d for d in yaml.safe_load_all(first) if d]


def schema_errors(document):
    for version in VERSIONS:
        try:
            kubernetes_validate.validate(document, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            yield f"{name(document)} ({version}): {'.'.join(map(str, error.path))}: {error.message}"
        except Exception as error:  # an unknown kind or version has no schema
            yield f"{name(document)} ({version}): {error}"


def name(document):
    return f"{document.get('kind')}/{document.get('metadata', {}).get('name')}"


def pods(documents):
    for document in documents:
        if document["kind"] in WORKLOADS:
            yield document, document["spec"]["template"]


def matches(selector, labels):
    if any(labels.get(k) != v for k, v in (selector.get("matchLabels") or {}).items()):
        return False
    for rule in selector.get("matchExpressions") or []:
        if rule["operator"] == "In" and labels.get(rule["key"]) not in rule["values"]:
            return False
    return True


def reference_errors(documents):
    names = {}
    for document in documents:
        names.setdefault(document["kind"], set()).add(document["metadata"]["name"])
    for document, template in pods(documents):
        here, labels, spec = name(document), template["metadata"]["labels"], template["spec"]
        if not matches(document["spec"]["selector"], labels):
            yield f"{here}: its selector doesn't match its own pods"
        account = spec.get("serviceAccountName")
        if account and account not in names.get("ServiceAccount", ()):
            yield f"{here}: no ServiceAccount {account}"
        if spec.get("enableServiceLinks") is not False:
            yield f"{here}: enableServiceLinks is not false: a Service's name could become a setting"
        for volume in spec.get("volumes") or []:
            if "configMap" in volume and volume["configMap"]["name"] not in names.get("ConfigMap", ()):
                yield f"{here}: no ConfigMap {volume['configMap']['name']}"
            if "secret" in volume and "Secret" in names and volume["secret"]["secretName"] not in names["Secret"]:
                yield f"{here}: no Secret {volume['secret']['secretName']}"
        for container in spec["containers"]:
            ports = {p["name"] for p in container.get("ports") or []}
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                action = container.get(probe) or {}
                port = (action.get("httpGet") or action.get("tcpSocket") or {}).get("port")
                if isinstance(port, str) and port not in ports:
                    yield f"{here}: {probe} asks port {port}, which it has not"
            security = container.get("securityContext") or {}
            if security.get("allowPrivilegeEscalation") is not False or "ALL" not in security.get("capabilities", {}).get("drop", []):
                yield f"{here}: {container['name']} is not restricted"
            if not container.get("resources", {}).get("limits", {}).get("memory"):
                yield f"{here}: {container['name']} has no memory limit"
            if container["image"].endswith(":latest") or ":" not in container["image"].rsplit("/", 1)[-1] and "@" not in container["image"]:
                yield f"{here}: image {container['image']} names no version"
            for variable in container.get("env") or []:
                if "://" in str(variable.get("value", "")):
                    yield f"{here}: {variable['name']} has an address in the environment: mount it as a file"
    for document in documents:
        here = name(document)
        settings = (document.get("data") or {}).get("wireroom.toml") if document["kind"] == "ConfigMap" else None
        # Who brings secrets is complete; base and hubs are for an overlay that says who runs it.
        if settings and "Secret" in names and not tomllib.loads(settings).get("site", {}).get("contact"):
            yield f"{here}: no site.contact: the site and the fetcher won't start"
        if document["kind"] == "Service":
            selected = [t for _, t in pods(documents) if matches({"matchLabels": document["spec"]["selector"]}, t["metadata"]["labels"])]
            if not selected:
                yield f"{here}: selects no pod"
            for port in document["spec"]["ports"]:
                offered = {p["name"] for t in selected for c in t["spec"]["containers"] for p in c.get("ports") or []}
                if port["targetPort"] not in offered:
                    yield f"{here}: targetPort {port['targetPort']} is no port of its pods"
        if document["kind"] in ("PodDisruptionBudget", "NetworkPolicy"):
            selector = document["spec"].get("selector") or document["spec"].get("podSelector")
            if not any(matches(selector, t["metadata"]["labels"]) for _, t in pods(documents)):
                yield f"{here}: selects no pod"


def errors(documents):
    found = [e for d in documents for e in schema_errors(d)]
    return found or list(reference_errors(documents))


def mistakes(documents):
    """Mistakes people make, each in a copy of the manifests."""

    def of(kind, edit):
        changed = copy.deepcopy(documents)
        edit(next(d for d in changed if d["kind"] == kind))
        return changed

    def container(document):
        return document["spec"]["template"]["spec"]["containers"][0]

    yield "a misspelt field", of("Deployment", lambda d: d["spec"].update(replica=2))
    yield "a wrong type", of("Deployment", lambda d: d["spec"].update(replicas="two"))
    yield "no selector", of("Deployment", lambda d: d["spec"].pop("selector"))
    yield "a wrong apiVersion", of("Deployment", lambda d: d.update(apiVersion="apps/v1beta1"))
    yield "a selector for other pods", of("Deployment", lambda d: d["spec"]["selector"]["matchLabels"].update({"app.kubernetes.io/component": "x"}))
    yield "a service port nobody has", of("Service", lambda d: d["spec"]["ports"][0].update(targetPort="x"))
    yield "a ConfigMap that isn't there", of("Deployment", lambda d: d["spec"]["template"]["spec"]["volumes"][0]["configMap"].update(name="x"))
    yield "a probe of no port", of("Deployment", lambda d: container(d)["readinessProbe"]["httpGet"].update(port="x"))
    yield "no memory limit", of("Deployment", lambda d: container(d)["resources"]["limits"].pop("memory"))
    yield "Services in the environment", of("Deployment", lambda d: d["spec"]["template"]["spec"].pop("enableServiceLinks"))
    yield "a password in the environment", of("Deployment", lambda d: container(d)["env"].append({"name": "U", "value": "amqp://a:b@c"}))


def main():
    kubectl, root = sys.argv[1], pathlib.Path(sys.argv[2])
    folders = sorted(p.parent for p in root.rglob("kustomization.yaml"))
    if not folders:
        raise SystemExit(f"{root}: no kustomization.yaml")
    failed = False
    for folder in folders:
        documents = build(kubectl, folder)
        if not documents:
            raise SystemExit(f"{folder}: builds to nothing")
        found = errors(documents)
        for error in found:
            print(f"{folder}: {error}")
        failed = failed or bool(found)
        caught, planted = 0, list(mistakes(documents))
        for what, changed in planted:
            if errors(changed):
                caught += 1
            else:
                failed = True
                print(f"{folder}: not caught: {what}")
        print(f"{folder}: {len(documents)} documents fit Kubernetes {' and '.join(VERSIONS)}; {caught} of {len(planted)} planted mistakes caught")
    sys.exit(failed)


main()
