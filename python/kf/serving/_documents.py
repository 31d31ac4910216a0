# SPDX-License-Identifier: Apache-2.0
"""KServe's documents: declared, read, checked, written."""

import json
import os

from kf import _native
from kf.errors import InvalidArgument
from kf.serving._parts import Canary, Explainer, Format, Node, Predictor, Step, Transformer

__all__ = [
    "Component",
    "Document",
    "Documents",
    "InferenceGraph",
    "InferenceService",
    "Runtime",
    "ServingRuntime",
    "check",
    "load",
    "select_runtime",
]


def _text(source):
    """The text of a path, or the text itself."""
    is_path = isinstance(source, os.PathLike) or (
        "\n" not in source and not source.lstrip().startswith("{")
    )
    if is_path:
        with open(source, encoding="utf-8") as file:
            return file.read()
    return source


def _save(text, path):
    if path is None:
        return text
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return None


def _check(documents):
    """Findings about documents that are in no text: without lines and columns."""
    whole = {"apiVersion": "v1", "kind": "List", "items": documents}
    if len(documents) == 1:
        whole = documents[0]
    findings = _native.services_check(json.dumps(whole))
    for finding in findings:
        del finding["line"], finding["column"]
    return findings


class Document:
    """One document: `document` is its content as it is written, a dict.

    `Document(content)` takes any; a field of a wrong type is refused. Classes for KServe's kinds make
    theirs of keywords, and `load` reads them from files.
    """

    def __init__(self, document):
        self.document = _native.services_read(json.dumps(document))[0]

    @classmethod
    def _of(cls, document):
        made = cls.__new__(cls)
        made.document = document
        return made

    @property
    def kind(self):
        """As it is written: "InferenceService", "Secret", …"""
        return self.document.get("kind", "")

    @property
    def name(self):
        return self.document.get("metadata", {}).get("name", "")

    @property
    def namespace(self):
        """None: none is written."""
        return self.document.get("metadata", {}).get("namespace")

    @property
    def labels(self):
        return self.document.get("metadata", {}).get("labels", {})

    @property
    def annotations(self):
        return self.document.get("metadata", {}).get("annotations", {})

    @property
    def spec(self):
        return self.document.get("spec", {})

    @property
    def status(self):
        """What a cluster or a server last said about it; {}: nothing yet."""
        return self.document.get("status", {})

    def check(self):
        """All that is wrong with it: a list of findings, empty if it is sound.

        A finding is a dict of severity ("error" or "warning"), code, message and where, the path of the
        field.
        """
        return _check([self.document])

    def check_update(self, changed):
        """What is wrong with `changed`, and with putting it in the place of this one."""
        return _native.service_check_update(self.document, changed.document)

    def with_defaults(self, documents=None):
        """The document with what KServe fills in, by the configuration among `documents`."""
        return type(self)._of(_native.service_full(self.document, _contents(documents)))

    def to_dict(self):
        """A copy of its content."""
        return json.loads(json.dumps(self.document))

    def to_yaml(self, path=None):
        """It as YAML: the text, or written to the file `path`."""
        return _save(_native.services_write([self.document], False, False), path)

    def to_json(self, path=None):
        """It as JSON: the text, or written to the file `path`."""
        return _save(_native.services_write([self.document], True, False), path)

    def __eq__(self, other):
        return isinstance(other, Document) and self.document == other.document

    __hash__ = None

    def __repr__(self):
        return f"<{self.kind} {self.name}>"


def _contents(documents):
    return [item.document for item in documents] if documents is not None else []


class Component:
    """What a component of a service comes to, with its defaults.

    `format`, `format_version`, `runtime`, `runtime_version`, `protocol`, `storage_uri`, `storage_uris`,
    `storage`, `container`, `transformer_container`, `min_replicas`, `max_replicas` (0: no limit),
    `scale_metric`, `scale_target`, `concurrency` (0: no limit), `timeout` (0: none is given),
    `canary_percent`, `logger`, `batcher`, `name`, and `spec`, its part of the document.
    """

    def __init__(self, fields):
        self.__dict__.update(fields)

    def __repr__(self):
        what = f"format={self.format!r}" if self.format is not None else "a custom container"
        return f"<Component {what}, protocol={self.protocol!r}, storage_uri={self.storage_uri!r}>"


def _component(fields):
    return None if fields is None else Component(fields)


class Runtime:
    """What was selected for a model: `name` (None: none), `kind`, `protocol`, `spec`, `container`.

    `candidates` are dicts of kind, name, shipped (by KServe itself) and reason: why it was turned down,
    None if it would do. `failure` and `message` say why there is none, as KServe does in its status.
    """

    def __init__(self, fields):
        self.__dict__.update(fields)

    def __bool__(self):
        return self.name is not None and self.failure is None

    def __repr__(self):
        return f"<Runtime {self.name}>" if self else f"<Runtime none: {self.message}>"


class InferenceService(Document):
    """A service of a model.

        serving.InferenceService(
            "iris",
            predictor=serving.Predictor("sklearn", "s3://models/iris", min_replicas=0),
            canary_traffic_percent=10,
        )

    Args:
        name: Lower-case letters, digits and '-'.
        predictor: What predicts.
        transformer, explainer: What is asked before and after it, and what explains.
        canaries: Further predictors with a share of the traffic, in the mode "Standard".
        namespace, labels, annotations: Of its metadata.
        mode: "Standard" or "Knative"; None: what the cluster has.
        canary_traffic_percent: Of the predictor: the share of what is newest.
    """

    def __init__(
        self,
        name,
        predictor=None,
        transformer=None,
        explainer=None,
        canaries=(),
        *,
        namespace=None,
        labels=None,
        annotations=None,
        mode=None,
        canary_traffic_percent=None,
    ):
        if isinstance(name, dict):
            super().__init__(name)
            return
        if not isinstance(predictor, Predictor):
            raise InvalidArgument(f"predictor must be a serving.Predictor, not {predictor!r}")
        parts = {"predictor": predictor._options()}
        if canary_traffic_percent is not None:
            parts["predictor"]["canary_percent"] = canary_traffic_percent
        for key, part, wanted in (
            ("transformer", transformer, Transformer),
            ("explainer", explainer, Explainer),
        ):
            if part is not None and not isinstance(part, wanted):
                raise InvalidArgument(f"{key} must be a serving.{wanted.__name__}, not {part!r}")
            parts[key] = None if part is None else part._options()
        for canary in canaries:
            if not isinstance(canary, Canary):
                raise InvalidArgument(f"canaries are serving.Canary, not {canary!r}")
        self.document = _native.service_new(
            {
                "name": name,
                "name_space": namespace,
                "labels": labels,
                "annotations": annotations,
                "mode": mode,
                "canaries": [canary._options() for canary in canaries],
                **parts,
            }
        )

    def _describe(self, documents=None):
        return _native.service_describe(self.document, _contents(documents))

    @property
    def predictor(self):
        """Its predictor with defaults, a Component."""
        return _component(self._describe()["predictor"])

    @property
    def transformer(self):
        """Its transformer with defaults, a Component; None: it has none."""
        return _component(self._describe()["transformer"])

    @property
    def explainer(self):
        """Its explainer with defaults, a Component; None: it has none."""
        return _component(self._describe()["explainer"])

    @property
    def canaries(self):
        """The predictors of its canaries, each with what it takes over from the stable one."""
        return [Component(fields) for fields in self._describe()["canaries"]]

    @property
    def mode(self):
        """How a cluster would deploy it: "Knative", "Standard" or "ModelMesh"."""
        return self._describe()["mode"]

    def select_runtime(self, documents=None, canary=0, shipped=True):
        """See `select_runtime`."""
        return select_runtime(self, documents, canary, shipped)


class InferenceGraph(Document):
    """A graph of services.

        serving.InferenceGraph(
            "chain",
            serving.Node("Sequence", [serving.Step("clean"), serving.Step("iris", data="$response")]),
        )

    Args:
        name: Lower-case letters, digits and '-'.
        root: The node that a request comes to.
        nodes: Other nodes by their names, as steps lead to them.
        timeout: Seconds for a request.
    """

    def __init__(
        self,
        name,
        root=None,
        nodes=None,
        *,
        namespace=None,
        labels=None,
        annotations=None,
        timeout=None,
    ):
        if isinstance(name, dict):
            super().__init__(name)
            return
        every = {**({} if root is None else {"root": root}), **(nodes or {})}
        for key, node in every.items():
            if not isinstance(node, Node):
                raise InvalidArgument(f"node {key!r} must be a serving.Node, not {node!r}")
        self.document = _native.service_new_graph(
            {
                "name": name,
                "name_space": namespace,
                "labels": labels,
                "annotations": annotations,
                "timeout": timeout,
                "nodes": [node._options(key) for key, node in every.items()],
            }
        )

    @property
    def nodes(self):
        """Its nodes as the document has them, by name."""
        return self.spec.get("nodes", {})


class ServingRuntime(Document):
    """What serves models of some formats, of one namespace or (`cluster=True`) of all.

    Args:
        formats: Names of formats, or serving.Format with versions and priorities.
        image, command, args, env, resources: Of its container; `{{.Name}}` is the service's name.
        protocols: "v1", "v2", "grpc-v1", "grpc-v2"; None: all.
        container: Other fields of the container.
        disabled: Whether it is not to be selected.
    """

    def __init__(
        self,
        name,
        formats=(),
        image=None,
        *,
        command=None,
        args=None,
        env=None,
        resources=None,
        protocols=None,
        container=None,
        cluster=False,
        disabled=False,
        namespace=None,
        labels=None,
        annotations=None,
        more=None,
    ):
        if isinstance(name, dict):
            super().__init__(name)
            return
        self.document = _native.service_new_runtime(
            {
                "name": name,
                "name_space": namespace,
                "of_cluster": cluster,
                "labels": labels,
                "annotations": annotations,
                "formats": [
                    item._options() if isinstance(item, Format) else Format(item)._options()
                    for item in formats
                ],
                "protocols": None if protocols is None else list(protocols),
                "image": image,
                "command": command,
                "args": args,
                "env": env,
                "resources": resources,
                "container": container,
                "disabled": disabled,
                "more": more,
            }
        )


_CLASSES = {
    "InferenceService": InferenceService,
    "InferenceGraph": InferenceGraph,
    "ServingRuntime": ServingRuntime,
    "ClusterServingRuntime": ServingRuntime,
}


class Documents(list):
    """Documents of a file, or of a program: a list, with `check`, `find`, `to_yaml` and `to_json`."""

    def find(self, kind, name, namespace=None):
        """The document of that kind and name; LookupError if there is none."""
        for item in self:
            if item.kind == kind and item.name == name and (item.namespace or "default") == (
                namespace or item.namespace or "default"
            ):
                return item
        raise LookupError(f"there is no {kind} {name!r}")

    def check(self):
        """All that is wrong with them, and with what they say of each other; see `Document.check`."""
        return _check([item.document for item in self])

    def to_yaml(self, path=None):
        """They as YAML: the text, or written to the file `path`."""
        return _save(_native.services_write([item.document for item in self], False, False), path)

    def to_json(self, path=None):
        """They as a Kubernetes List in JSON: the text, or written to the file `path`."""
        return _save(_native.services_write([item.document for item in self], True, False), path)


def load(source):
    """All documents of a file (its path), or of a text of YAML or JSON."""
    return Documents(
        _CLASSES.get(document.get("kind"), Document)._of(document)
        for document in _native.services_read(_text(source))
    )


def check(source):
    """All that is wrong with the documents of a file (its path) or a text: a list of findings.

    A finding is a dict of severity ("error" or "warning"), code, message, where, line and column.
    """
    return _native.services_check(_text(source))


def select_runtime(service, documents=None, canary=0, shipped=True):
    """The runtime that KServe selects for the model of a service, with the reasons: a Runtime.

    Args:
        service: An InferenceService.
        documents: Where runtimes are looked for, beside those that KServe ships.
        canary: Of the canary with this number, from 1; 0: of the stable predictor.
        shipped: Whether KServe's own runtimes are there.
    """
    return Runtime(
        _native.service_select(service.document, _contents(documents), canary, not shipped)
    )
