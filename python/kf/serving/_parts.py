# SPDX-License-Identifier: Apache-2.0
"""What documents of serving are made of."""

__all__ = ["Canary", "Explainer", "Format", "Node", "Predictor", "Step", "Transformer"]


class _Part:
    """Keywords that are kept, and shown where they were given."""

    def __init__(self, **fields):
        self.__dict__.update(fields)

    def __eq__(self, other):
        return type(self) is type(other) and self.__dict__ == other.__dict__

    __hash__ = None

    def __repr__(self):
        given = ", ".join(f"{key}={value!r}" for key, value in self.__dict__.items() if value is not None)
        return f"{type(self).__name__}({given})"


class _Component(_Part):
    def _options(self):
        return dict(self.__dict__)


def _logger(logger):
    """True, a URL, a mode, or the fields of the document."""
    if logger is None or logger is False:
        return None
    if logger is True:
        return {}
    if isinstance(logger, str):
        return {"mode": logger} if logger in ("all", "request", "response") else {"url": logger}
    return dict(logger)


def _batcher(batcher):
    """True, a size, or the fields of the document."""
    if batcher is None or batcher is False:
        return None
    if batcher is True:
        return {}
    return {"maxBatchSize": batcher} if isinstance(batcher, int) else dict(batcher)


def _list(value):
    return None if value is None else list(value)


class Predictor(_Component):
    """What predicts: a model of some format, or a container of one's own.

        Predictor("xgboost", "s3://models/fraud", protocol="v2", min_replicas=0)
        Predictor(image="registry/mine:1", args=["--fast"])

    Args:
        model_format: "sklearn", "xgboost", …; None: a custom container.
        storage_uri: Where the model is.
        model_version: Of the format.
        runtime: Name of the runtime that is to serve it; None: it is selected.
        runtime_version: Tag of the runtime's image.
        protocol: "v1", "v2", "grpc-v1" or "grpc-v2".
        storage: {"key": …, "path": …, "parameters": {…}} of the cluster's storage secret.
        storage_uris: Several places, as [{"uri": …, "mountPath": …}].
        image, command, args, env, resources: Of its container; of a model in addition to the runtime's.
        container: Other fields of the container.
        min_replicas: 0 lets it sleep. max_replicas: 0 is no limit.
        scale_metric, scale_target: What replicas follow: "concurrency" or "rps", "cpu" or "memory".
        container_concurrency: Requests at a time in one replica.
        timeout: Seconds for a request.
        logger: True, a mode ("request"), a URL that events are sent to, or a dict.
        batcher: True, a size, or {"maxBatchSize": …, "maxLatency": …}.
        service_account: Its name.
        labels, annotations: Of the component.
        name: Of the predictor among canaries.
        more: Other fields of the component, as the document has them.
    """

    def __init__(
        self,
        model_format=None,
        storage_uri=None,
        *,
        model_version=None,
        runtime=None,
        runtime_version=None,
        protocol=None,
        storage=None,
        storage_uris=None,
        image=None,
        command=None,
        args=None,
        env=None,
        resources=None,
        container=None,
        min_replicas=None,
        max_replicas=None,
        scale_metric=None,
        scale_target=None,
        container_concurrency=None,
        timeout=None,
        logger=None,
        batcher=None,
        service_account=None,
        labels=None,
        annotations=None,
        name=None,
        more=None,
    ):
        super().__init__(
            format=model_format,
            storage_uri=storage_uri,
            format_version=None if model_version is None else str(model_version),
            runtime=runtime,
            runtime_version=runtime_version,
            protocol=protocol,
            storage=storage,
            storage_uris=_list(storage_uris),
            image=image,
            command=_list(command),
            args=_list(args),
            env=env,
            resources=resources,
            container=container,
            min_replicas=min_replicas,
            max_replicas=max_replicas,
            scale_metric=scale_metric,
            scale_target=scale_target,
            concurrency=container_concurrency,
            timeout=timeout,
            logger=_logger(logger),
            batcher=_batcher(batcher),
            service_account=service_account,
            labels=labels,
            annotations=annotations,
            name=name,
            more=more,
        )


class Canary(Predictor):
    """A further predictor with `traffic` percent of the requests, in the mode "Standard".

    What it does not say it takes over from the stable one.
    """

    def __init__(self, name, traffic, model_format=None, storage_uri=None, **fields):
        super().__init__(model_format, storage_uri, name=name, **fields)
        self.canary_percent = traffic


class Transformer(_Component):
    """What is asked before and after the predictor: a container. See `Predictor` for the arguments."""

    def __init__(
        self,
        image=None,
        *,
        command=None,
        args=None,
        env=None,
        resources=None,
        container=None,
        protocol=None,
        storage_uri=None,
        storage_uris=None,
        min_replicas=None,
        max_replicas=None,
        scale_metric=None,
        scale_target=None,
        container_concurrency=None,
        timeout=None,
        canary_traffic_percent=None,
        logger=None,
        batcher=None,
        service_account=None,
        labels=None,
        annotations=None,
        more=None,
    ):
        super().__init__(
            image=image,
            command=_list(command),
            args=_list(args),
            env=env,
            resources=resources,
            container=container,
            protocol=protocol,
            storage_uri=storage_uri,
            storage_uris=_list(storage_uris),
            min_replicas=min_replicas,
            max_replicas=max_replicas,
            scale_metric=scale_metric,
            scale_target=scale_target,
            concurrency=container_concurrency,
            timeout=timeout,
            canary_percent=canary_traffic_percent,
            logger=_logger(logger),
            batcher=_batcher(batcher),
            service_account=service_account,
            labels=labels,
            annotations=annotations,
            more=more,
        )


class Explainer(Transformer):
    """What answers `:explain`: a container, or `more={"art": {"type": "SquareAttack", …}}`."""


class Step(_Part):
    """A step of a node: to a service, another node, or a URL.

    Args:
        service: Name of an InferenceService.
        node: Name of a node of the graph.
        url: Of anything that answers the protocol.
        name: Of the step, under which an Ensemble answers.
        data: "$request" or "$response": what a Sequence passes on.
        condition: A path of GJSON that must be there, for a Switch or a Sequence.
        weight: Percent of the requests, of a Splitter.
        hard: Whether the graph fails where the step does; None: not written, which is soft.
        map_predictions: Whether the "predictions" that it is handed on become the
            "instances" of its request.
    """

    def __init__(
        self,
        service=None,
        *,
        node=None,
        url=None,
        name=None,
        data=None,
        condition=None,
        weight=None,
        hard=None,
        map_predictions=False,
    ):
        super().__init__(
            service=service,
            node=node,
            url=url,
            name=name,
            data=data,
            condition=condition,
            weight=weight,
            dependency=None if hard is None else "Hard" if hard else "Soft",
            map_predictions=map_predictions,
        )

    def _options(self):
        return dict(self.__dict__)


class Node(_Part):
    """A node of a graph: "Sequence", "Switch", "Ensemble" or "Splitter", and its steps.

    A step may be given by the name of its service alone.
    """

    def __init__(self, type, steps=()):
        super().__init__(
            type=type, steps=[step if isinstance(step, Step) else Step(step) for step in steps]
        )

    def _options(self, name):
        return {
            "name": name,
            "type": self.type,
            "steps": [step._options() for step in self.steps],
        }


class Format(_Part):
    """A format that a runtime serves.

    Args:
        version: None: any.
        auto_select: Also for models that do not name the runtime.
        priority: Among runtimes that serve it; the greatest is selected.
    """

    def __init__(self, name, version=None, *, auto_select=True, priority=None):
        super().__init__(
            name=name,
            version=None if version is None else str(version),
            auto_select=auto_select,
            priority=priority,
        )

    def _options(self):
        return dict(self.__dict__)
