# SPDX-License-Identifier: Apache-2.0
"""Components: what tasks are made of."""

from kf import _native
from kf.dsl import _settings, pipeline_context
from kf.dsl.pipeline_task import PipelineTask
from kf.dsl.structures import InputSpec, OutputSpec
from kf.errors import InvalidArgument, InvalidDocument


def _option(spec):
    """The options of a native declaration of an input or output."""
    options = {"description": spec.description, "is_list": spec.is_artifact_list}
    if isinstance(spec, InputSpec):
        options["default_value"] = spec.default
        options["optional"] = spec.optional
        options["literals"] = spec.literals
    return options


def declare(add_parameter, add_artifact, handle, name, spec):
    """Declare an input or output to the native component or pipeline `handle`."""
    from kf.dsl.types import type_utils

    options = _option(spec)
    kind = type_utils.parameter_type(spec.type)
    if kind:
        options["type_text"] = spec.type
        return add_parameter(handle, name, kind, options)
    title, _, version = spec.type.partition("@")
    options["schema_version"] = version or None
    options.pop("default_value", None)
    return add_artifact(handle, name, title, options)


def _interface_of(handle):
    """Inputs and outputs of a native component."""
    inputs, outputs = {}, {}
    for index in range(_native.component_input_count(handle)):
        io = _native.component_input(handle, index)
        inputs[io["name"]] = InputSpec(
            _type_of(io),
            _default_of(io),
            io["optional"],
            io["is_list"],
            io["description"],
            io["literals"],
        )
    for index in range(_native.component_output_count(handle)):
        io = _native.component_output(handle, index)
        outputs[io["name"]] = OutputSpec(_type_of(io), io["is_list"], io["description"])
    return inputs, outputs


def _default_of(io):
    # A document has doubles only.
    default = io["default"]
    whole = io["type"] == "NUMBER_INTEGER" and isinstance(default, float) and default.is_integer()
    return int(default) if whole else default


def _type_of(io):
    from kf.dsl.types import type_utils

    if io["schema_title"] is not None:
        return type_utils.create_bundled_artifact_type(io["schema_title"], io["schema_version"])
    return io["type_text"] or type_utils._NAMES_IN_IR[io["type"]]


class BaseComponent:
    """A component. Called within a pipeline's function it makes a task; called elsewhere it is
    executed on this machine, once `local.init()` has been called.

    Components come from the decorators of `dsl` and from `components.load_component_from_...`.
    """

    _kind = "container"
    _is_graph = False

    def __init__(self, name, description, inputs, outputs):
        self.name = name
        self.description = description
        self._inputs = inputs
        self._outputs = outputs
        # The backend fills these in: they are no arguments.
        self._component_inputs = {
            input for input, spec in inputs.items() if spec.type != "PipelineTaskFinalStatus"
        }
        self._required = frozenset(input for input, spec in inputs.items() if not spec.optional)
        self._handles = {}

    def __repr__(self):
        return f"<{type(self).__name__} {self.name!r}>"

    def __call__(self, *args, **kwargs):
        if args:
            raise TypeError(
                f"the arguments of components are given by keyword; {self.name} got {len(args)} "
                "without"
            )
        if not self._component_inputs.issuperset(kwargs):
            self._refuse_unexpected(kwargs)
        if not self._required.issubset(kwargs):
            self._refuse_missing(kwargs)
        pipeline = pipeline_context.current()
        if pipeline is None:
            from kf import local

            return local._execute(self, kwargs)
        return PipelineTask(self, kwargs, pipeline, not _settings.type_check())

    def _refuse_unexpected(self, arguments):
        import difflib

        name = next(name for name in arguments if name not in self._component_inputs)
        near = difflib.get_close_matches(str(name), self._component_inputs, 1)
        advice = f"; did you mean {near[0]!r}?" if near else ""
        raise TypeError(f'{self.name}() got an unexpected keyword argument "{name}"{advice}')

    def _refuse_missing(self, arguments):
        missing = [name for name in self.required_inputs if name not in arguments]
        noun = "argument" if len(missing) == 1 else "arguments"
        raise TypeError(
            f"{self.name}() missing {len(missing)} required {noun}: {', '.join(missing)}."
        )

    def _handle_for(self, runtime):
        """The native component, as it is launched by `runtime`."""
        handle = self._handles.get(runtime)
        if handle is None:
            handle = self._handles[runtime] = self._build(runtime)
        return handle

    def _build(self, runtime):
        raise NotImplementedError

    def _new_handle(self):
        """A native component with the name, description and interface of this one."""
        handle = _native.component_new(self.name)
        if self.description:
            _native.component_set_description(handle, self.description)
        for name, spec in self._inputs.items():
            declare(
                _native.component_add_input,
                _native.component_add_input_artifact,
                handle,
                name,
                spec,
            )
        for name, spec in self._outputs.items():
            declare(
                _native.component_add_output,
                _native.component_add_output_artifact,
                handle,
                name,
                spec,
            )
        return handle

    def _pipeline_handle(self, runtime=None):
        """The native pipeline that consists of this component."""
        return _native.pipeline_from_component(self._handle_for(runtime or _settings.runtime()))

    @property
    def component_inputs(self):
        """The inputs by name."""
        return self._inputs

    @property
    def component_outputs(self):
        """The outputs by name."""
        return self._outputs

    @property
    def required_inputs(self):
        """Names of the inputs that must be given."""
        return [name for name, spec in self._inputs.items() if not spec.optional]

    @property
    def component_spec(self):
        """Name, description, interface and implementation, made when asked for."""
        from kf.dsl import _view

        return _view.component_spec(self)

    @property
    def pipeline_spec(self):
        """The PipelineSpec document, as a dict whose members are attributes too."""
        from kf.dsl import _view

        return _view.pipeline_spec(self)

    @property
    def platform_spec(self):
        """The PlatformSpec document, as a dict whose members are attributes too."""
        from kf.dsl import _view

        return _view.platform_spec(self)

    def execute(self, **kwargs):
        """Run the component's code in this process, where it is a Python function."""
        raise NotImplementedError(f"{type(self).__name__} cannot be executed in this process")


def _refuse_output_lists(name, outputs):
    for output, spec in outputs.items():
        if spec.is_artifact_list:
            raise InvalidArgument(
                f"the output {output!r} of {name!r} is a list of artifacts, which only pipelines "
                "can give out"
            )


class PythonComponent(BaseComponent):
    """A component made from a Python function; `python_func` is the function."""

    def __init__(self, name, description, inputs, outputs, python_func, launch, passthroughs=()):
        super().__init__(name, description, inputs, outputs)
        _refuse_output_lists(name, outputs)
        self.python_func = python_func
        self._launch = launch
        self._passthroughs = list(passthroughs)
        # Now, so that what is wrong is said where the function is defined.
        self._handle_for(_settings.runtime())

    def _build(self, runtime):
        handle = self._new_handle()
        _native.component_set_python(handle, self._launch(runtime))
        for passthrough in self._passthroughs:
            _native.component_add_task_config_passthrough(
                handle, passthrough.field.name, bool(passthrough.apply_to_task)
            )
        return handle

    def execute(self, **kwargs):
        """Call the function."""
        return self.python_func(**kwargs)


class ContainerComponent(BaseComponent):
    """A component made from a container's image and command."""

    def __init__(self, name, description, inputs, outputs, pipeline_func, image, command, args):
        super().__init__(name, description, inputs, outputs)
        _refuse_output_lists(name, outputs)
        self.pipeline_func = pipeline_func
        self._handle = self._new_handle()
        _native.component_set_container(self._handle, image, command, args)

    def _handle_for(self, runtime):
        return self._handle


class ImporterComponent(BaseComponent):
    """The component behind dsl.importer."""

    _kind = "importer"

    def __init__(self, inputs, outputs, options):
        super().__init__("importer", None, inputs, outputs)
        self._handle = self._new_handle()
        _native.component_set_importer(self._handle, options)

    def _handle_for(self, runtime):
        return self._handle


class YamlComponent(BaseComponent):
    """A component read from YAML; `component_yaml` is the text."""

    def __init__(self, component_yaml):
        handle = _native.component_load(component_yaml)
        inputs, outputs = _interface_of(handle)
        super().__init__(
            _native.component_name(handle), _native.component_description(handle), inputs, outputs
        )
        self.component_yaml = component_yaml
        self._handle = handle
        self._document = None
        self._is_graph = _native.component_is_graph(handle)
        self._kind = "graph" if self._is_graph else "container"

    def _handle_for(self, runtime):
        return self._handle

    def _pipeline_handle(self, runtime=None):
        """What was read, if that is the document of a pipeline: it stays as it was compiled."""
        if self._document is None:
            try:
                self._document = _native.pipeline_load(self.component_yaml)
            except InvalidDocument:  # A component of the first version.
                return super()._pipeline_handle(runtime)
        return self._document


class GraphComponent(BaseComponent):
    """A pipeline; `pipeline_func` is the function that builds it."""

    _kind = "graph"
    _is_graph = True

    def __init__(
        self,
        pipeline_func,
        *,
        name=None,
        description=None,
        pipeline_root=None,
        display_name=None,
        pipeline_config=None,
    ):
        from kf.dsl import component_factory

        interface = component_factory.interface_of(pipeline_func, name, description)
        super().__init__(interface.name, interface.description, interface.inputs, interface.outputs)
        self.pipeline_func = pipeline_func
        self.pipeline_config = pipeline_config
        self._options = {
            "description": self.description,
            "display_name": display_name,
            "pipeline_root": pipeline_root,
        }
        self._pipelines = {}
        # Now, as KFP does, so that what is wrong is said where the pipeline is defined.
        handle = self._pipeline_handle()
        _native.pipeline_validate(handle)

    def _pipeline_handle(self, runtime=None):
        runtime = runtime or _settings.runtime()
        handle = self._pipelines.get(runtime)
        if handle is None:
            from kf.dsl import _trace

            handle = self._pipelines[runtime] = _trace.build(self, runtime)
        return handle

    def _handle_for(self, runtime):
        handle = self._handles.get(runtime)
        if handle is None:
            handle = _native.component_from_pipeline(self._pipeline_handle(runtime))
            self._handles[runtime] = handle
        return handle
