# SPDX-License-Identifier: Apache-2.0
"""Tasks: components that are used in a pipeline, with their arguments and settings."""

import copy
import enum

from kf import _native
from kf.dsl.pipeline_channel import PipelineChannel, channel_of
from kf.errors import InvalidArgument, InvalidState, NotFound, TypeMismatch


class TaskState(enum.Enum):
    """FUTURE while a pipeline is built; FINAL once the task was executed on this machine."""

    FUTURE = "FUTURE"
    FINAL = "FINAL"


class _Outputs(dict):
    """Outputs by name; asking for another one says what there is."""

    __slots__ = ("_owner",)

    def __missing__(self, name):
        raise KeyError(f"{self._owner} has no output {name!r}; it has {', '.join(self) or 'none'}")


class _PlatformConfig(dict):
    """Settings by platform, which other packages change as they like.

    What was changed is handed to the native pipeline when the settings are looked at again and when
    the pipeline is complete.
    """

    __slots__ = ("_known",)

    def __init__(self):
        super().__init__()
        self._known = {}

    def settle(self, handle, task):
        """Bring these settings and those of the native pipeline together."""
        for platform, config in self.items():
            if config != self._known.get(platform):
                _native.replace_platform_config(handle, task, platform, config)
        for platform in {"kubernetes", *self}:
            config = _native.pipeline_platform_config(handle, task, platform)
            if config and config != self.get(platform):
                self[platform] = config
        self._known = copy.deepcopy(dict(self))


def _text(value, what):
    """A setting as text: a channel as the text that stands for it."""
    if isinstance(value, (str, PipelineChannel)):
        return str(value)
    raise TypeError(f"{what} must be text or a channel, got {value!r} of type {type(value)}")


def _refuse_artifacts(component, arguments):
    """Say what to do instead, if an argument is an artifact itself."""
    for name, value in arguments.items():
        if hasattr(value, "uri") and hasattr(value, "metadata"):
            raise TypeMismatch(
                f"the input {name!r} of {component.name!r} got {value!r}: within a pipeline an "
                "artifact comes from a task, an input of the pipeline, or dsl.importer"
            ) from None


def _known(value, kind, what):
    """A setting that is known when the pipeline is compiled: no text or channel for a number."""
    if isinstance(value, str) == (kind is str) and not isinstance(value, PipelineChannel):
        return value
    raise TypeError(
        f"{what}, known when the pipeline is compiled; got {value!r} of type {type(value)}"
    )


class PipelineTask:
    """One use of a component in a pipeline; made by calling the component.

    `output` and `outputs` give channels for other tasks. The methods set how the task is run; each
    gives the task itself, so that calls can be chained.
    """

    __slots__ = (
        "_pipeline",
        "_id",
        "_component",
        "_inputs",
        "_outputs",
        "_final",
        "_settings",
        "_platforms",
        "__weakref__",
    )

    def __init__(self, component, arguments, pipeline, unchecked=False):
        self._component = component
        self._inputs = arguments
        self._pipeline = pipeline
        self._outputs = None
        self._final = False
        self._settings = None
        self._platforms = None
        try:
            self._id = _native.add_task(
                pipeline.handle, component._handle_for(pipeline.runtime), arguments, unchecked
            )
        except TypeError:
            _refuse_artifacts(component, arguments)
            raise
        pipeline.tasks.append(self)
        if pipeline.disable_caching:
            _native.pipeline_set_caching(pipeline.handle, self._id, False, None)

    @classmethod
    def _executed(cls, component, arguments, outputs):
        """A task that was executed on this machine, with the values it gave."""
        task = object.__new__(cls)
        task._component = component
        task._inputs = arguments
        task._pipeline = None
        task._id = None
        task._outputs = _Outputs(outputs)
        task._outputs._owner = f"the task of {component.name!r}"
        task._final = True
        task._settings = None
        task._platforms = None
        return task

    def __repr__(self):
        return f"<task {self.name!r} of component {self._component.name!r}>"

    # ---- what the task is ----

    @property
    def state(self):
        """FUTURE while a pipeline is built; FINAL once the task was executed on this machine."""
        return TaskState.FINAL if self._final else TaskState.FUTURE

    @property
    def name(self):
        """The task's name, unique in its pipeline."""
        if self._final:
            return self._component.name
        return _native.pipeline_task_name(self._pipeline.handle, self._id)

    @property
    def inputs(self):
        """The arguments: constants and channels by name."""
        return self._inputs

    @property
    def channel_inputs(self):
        """The channels among the arguments."""
        return [value for value in self._inputs.values() if isinstance(value, PipelineChannel)]

    @property
    def outputs(self):
        """Channels of the outputs by name, or their values once the task was executed here."""
        if self._outputs is None:
            outputs = _Outputs()
            outputs._owner = f"the task {self.name!r}"
            handle = self._pipeline.handle
            for name, spec in self._component._outputs.items():
                id = _native.pipeline_task_output(handle, self._id, name)
                outputs[name] = channel_of(self._pipeline, id, name, spec, self)
            self._outputs = outputs
        return self._outputs

    @property
    def output(self):
        """The only output."""
        outputs = self.outputs
        if len(outputs) != 1:
            raise AttributeError(
                f"the task {self.name!r} has no output"
                if not outputs
                else f"the task {self.name!r} has several outputs ({', '.join(outputs)}); "
                "choose one with .outputs[...]"
            )
        return next(iter(outputs.values()))

    @property
    def dependent_tasks(self):
        """Names of the tasks and groups that `after` was called with."""
        self._refuse_if_final("it has no dependent tasks, since it was executed by itself")
        return list(self._setting("after", list))

    @property
    def component_spec(self):
        """The component's description."""
        return self._component.component_spec

    @property
    def pipeline_spec(self):
        """The document of the pipeline that the task is a use of; None for other components."""
        return self._component.pipeline_spec if self._component._is_graph else None

    @property
    def platform_spec(self):
        """The platform document of the pipeline that the task is a use of."""
        self._refuse_if_final("platform settings have no use on this machine")
        if not self._component._is_graph:
            raise InvalidArgument(
                "only a task of a pipeline has a platform_spec; use platform_config for others"
            )
        return self._component.platform_spec

    @property
    def platform_config(self):
        """The settings by platform, as the second document has them; may be changed in place."""
        if self._final:
            return {}
        if self._platforms is None:
            self._platforms = _PlatformConfig()
        self._platforms.settle(self._pipeline.handle, self._id)
        return self._platforms

    @platform_config.setter
    def platform_config(self, config):
        self._refuse_if_final()
        current = self.platform_config
        for platform in current.keys() - config.keys():
            current[platform] = {}
        current.update(config)
        current.settle(self._pipeline.handle, self._id)

    @property
    def container_spec(self):
        """The container with what was set on the task; None for pipelines and importers."""
        container = self._component.component_spec.implementation.container
        if container is None:
            return None
        from kf.dsl.structures import ContainerSpecImplementation, ResourceSpec

        resources = self._setting("resources", dict)
        return ContainerSpecImplementation(
            image=self._setting("image", lambda: container.image),
            command=container.command,
            args=container.args,
            env=dict(self._setting("env", lambda: container.env or {})) or None,
            resources=ResourceSpec(**resources) if resources else None,
        )

    def _setting(self, name, default):
        """What was set under `name`, for the properties that tell it."""
        if self._settings is None or name not in self._settings:
            return default()
        return self._settings[name]

    def _remember(self, name, default):
        if self._settings is None:
            self._settings = {}
        return self._settings.setdefault(name, default)

    # ---- settings ----

    def _refuse_if_final(self, why="its settings can no longer be changed"):
        if self._final:
            raise InvalidState(f"the task of {self._component.name!r} was executed already: {why}")

    def _ignored_if_final(self, method):
        if self._final:
            import warnings

            warnings.warn(
                f".{method}() has no effect on a task that was executed on this machine",
                stacklevel=3,
            )
        return self._final

    def _set_resource(self, method, kind, field, value):
        if self._ignored_if_final(method):
            return self
        self._require_container(method)
        text = _text(value, method)
        _native.pipeline_set_resource(self._pipeline.handle, self._id, kind, text)
        self._remember("resources", {})[field] = text
        return self

    def _require_container(self, method):
        if self._component._kind != "container":
            raise InvalidArgument(
                f"{method} can only be used on single-step components, not on pipelines used as "
                "components and not on importers"
            )

    def set_caching_options(self, enable_caching, cache_key=None):
        """Whether earlier outputs may be used; `cache_key` stands for what they depend on."""
        self._refuse_if_final()
        _native.pipeline_set_caching(
            self._pipeline.handle, self._id, bool(enable_caching), cache_key
        )
        return self

    def set_cpu_request(self, cpu):
        """The cores that the task needs, such as "0.5" or "500m"."""
        kind = _native.KF_RESOURCE_CPU_REQUEST
        return self._set_resource("set_cpu_request", kind, "cpu_request", cpu)

    def set_cpu_limit(self, cpu):
        """The most cores that the task gets, such as "2" or "1500m"."""
        kind = _native.KF_RESOURCE_CPU_LIMIT
        return self._set_resource("set_cpu_limit", kind, "cpu_limit", cpu)

    def set_memory_request(self, memory):
        """The memory that the task needs, such as "512Mi" or "2G"."""
        kind = _native.KF_RESOURCE_MEMORY_REQUEST
        return self._set_resource("set_memory_request", kind, "memory_request", memory)

    def set_memory_limit(self, memory):
        """The most memory that the task gets, such as "4Gi"."""
        kind = _native.KF_RESOURCE_MEMORY_LIMIT
        return self._set_resource("set_memory_limit", kind, "memory_limit", memory)

    def set_accelerator_type(self, accelerator):
        """The kind of accelerator, such as "nvidia.com/gpu" or "NVIDIA_TESLA_T4"."""
        kind = _native.KF_RESOURCE_ACCELERATOR_TYPE
        self._set_resource("set_accelerator_type", kind, "accelerator_type", accelerator)
        if not self._final:
            self._remember("resources", {}).setdefault("accelerator_count", "1")
        return self

    def set_accelerator_limit(self, limit):
        """How many accelerators the task gets."""
        if isinstance(limit, int) and not isinstance(limit, bool):
            limit = str(limit)
        kind = _native.KF_RESOURCE_ACCELERATOR_COUNT
        return self._set_resource("set_accelerator_limit", kind, "accelerator_count", limit)

    def set_gpu_limit(self, gpu):
        """The former name of set_accelerator_limit."""
        self._deprecate("set_gpu_limit", "set_accelerator_limit")
        return self.set_accelerator_limit(gpu)

    def add_node_selector_constraint(self, accelerator):
        """The former name of set_accelerator_type."""
        self._deprecate("add_node_selector_constraint", "set_accelerator_type")
        return self.set_accelerator_type(accelerator)

    @staticmethod
    def _deprecate(old, new):
        import warnings

        warnings.warn(f"{old} is deprecated; use {new}", DeprecationWarning, stacklevel=3)

    def set_retry(
        self, num_retries, backoff_duration=None, backoff_factor=None, backoff_max_duration=None
    ):
        """Try again after a failure.

        Args:
            num_retries: How many times.
            backoff_duration: The wait before the first retry, such as "30s"; by default none.
            backoff_factor: What the wait is multiplied by each time; by default 2.
            backoff_max_duration: The longest wait, such as "10m"; at most and by default "3600s".
        """
        self._refuse_if_final()
        retry = {
            "max_retries": _known(num_retries, int, "num_retries must be an integer"),
            "backoff_factor": backoff_factor
            and _known(backoff_factor, float, "backoff_factor must be a number"),
        }
        for member, value, what in (
            ("backoff_seconds", backoff_duration, "backoff_duration"),
            ("backoff_max_seconds", backoff_max_duration, "backoff_max_duration"),
        ):
            if value:
                text = _known(value, str, f'{what} must be text such as "30s"')
                retry[member] = _native._duration_seconds(text)
        _native.pipeline_set_retry(self._pipeline.handle, self._id, retry)
        return self

    def set_display_name(self, name):
        """What people see instead of the task's name."""
        if not self._ignored_if_final("set_display_name"):
            _native.pipeline_set_display_name(self._pipeline.handle, self._id, name)
        return self

    def set_env_variable(self, name, value):
        """Set an environment variable of the task's container."""
        self._refuse_if_final()
        self._require_container("set_env_variable")
        text = _text(value, "the value of an environment variable")
        _native.pipeline_set_env(self._pipeline.handle, self._id, name, text)
        self._remember("env", {})[name] = text
        return self

    def set_container_image(self, name):
        """Run the task in another image than the component's."""
        self._refuse_if_final()
        self._require_container("set_container_image")
        text = _text(name, "set_container_image")
        _native.pipeline_set_image(self._pipeline.handle, self._id, text)
        self._remember("image", None)
        self._settings["image"] = text
        return self

    def set_debug_pause(self, before=False, after=True, on_error=False):
        """Keep the task's pod alive to look into it: before it starts, after it, or if it fails."""
        self._refuse_if_final()
        if on_error and not after:
            raise InvalidArgument("on_error pauses after the task, and contradicts after=False")
        if not before and not after:
            raise InvalidArgument("at least one of before and after must be True")
        if before:
            self.set_env_variable("ARGO_DEBUG_PAUSE_BEFORE", "true")
        if after:
            what = "ON_ERROR" if on_error else "AFTER"
            self.set_env_variable(f"ARGO_DEBUG_PAUSE_{what}", "true")
        return self

    def after(self, *tasks):
        """Run only once these tasks and exit handlers have ended."""
        self._refuse_if_final()
        from kf.dsl import tasks_group

        for task in tasks:
            if isinstance(task, PipelineTask):
                if task._pipeline is not self._pipeline:
                    raise InvalidArgument(f"{task!r} belongs to another pipeline than {self!r}")
                _native.pipeline_after(self._pipeline.handle, self._id, task._id)
                self._remember("after", []).append(task.name)
            elif isinstance(task, tasks_group.ExitHandler):
                _native.pipeline_after_group(self._pipeline.handle, self._id, task._id)
                self._remember("after", []).append(task)
            elif isinstance(task, tasks_group.TasksGroup):
                raise InvalidArgument(
                    f"a task cannot wait for a dsl.{type(task).__name__} block, only for tasks and "
                    "dsl.ExitHandler blocks"
                )
            else:
                raise InvalidArgument(
                    "after() takes tasks and dsl.ExitHandler blocks, got "
                    f"{task!r} of type {type(task)}"
                )
        return self

    def ignore_upstream_failure(self):
        """Run also if tasks that this one depends on failed; inputs from them need a default."""
        self._refuse_if_final()
        _native.pipeline_ignore_upstream_failure(self._pipeline.handle, self._id)
        return self

    def register_pipeline_channels(self, pipeline_channels):
        """Nothing: what a setting refers to is found in its text. Kept for KFP's callers."""
        for channel in pipeline_channels:
            if not isinstance(channel, PipelineChannel):
                raise NotFound(f"{channel!r} is no channel")
