# SPDX-License-Identifier: Apache-2.0
"""Executes the function of a Python component, with nothing but the standard library (Python 3.9 and later).

Does what `python3 -m kfp.dsl.executor_main` does, by the same contract: reads the ExecutorInput, calls the
function with what its annotations ask for, writes the parameters and artifacts that it gives out to the
executor output file. What component sources import (`kfp`, `kfp.dsl`, `kf`, `kf.dsl`) is answered from here.

The file travels in the command of components: it is kept small, without its comments and docstrings it must
stay plain ASCII, and it must work under any module name, also as a script.
"""
import json
import os
import sys
import types
import typing
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader

KFP_VERSION = '2.17.0'
KF_VERSION = '@VERSION@'

# ---- artifacts (KFP: kfp/dsl/types/artifact_types.py) ----

WORKSPACE_MOUNT_PATH = '/kfp-workspace'
_MOUNTS = (('gs://', '/gcs/'), ('minio://', '/minio/'), ('s3://', '/s3/'), ('oci://', '/oci/'))


def convert_local_path_to_remote_path(path):
    """The uri of a path below the mount of an object store; any other path is its own uri."""
    for scheme, mount in _MOUNTS:
        if path.startswith(mount):
            rest = path[len(mount):]
            if scheme == 'oci://':
                rest = rest.replace('_', '/').removesuffix('/models')
            return scheme + rest
    return path


def _local_path(uri):
    for scheme, mount in _MOUNTS:
        if uri.startswith(scheme):
            rest = uri[len(scheme):]
            return mount + (rest.replace('/', '_') if scheme == 'oci://' else rest)
    return uri


class Artifact:
    """Something that a task makes or reads: a name, a uri, metadata, and the path of its file here."""
    schema_title = 'system.Artifact'
    schema_version = '0.0.1'

    def __init__(self, name=None, uri=None, metadata=None):
        self.uri = uri or ''
        self.name = name or ''
        self.metadata = metadata or {}
        self.custom_path = ''

    def __repr__(self):
        return f'{type(self).__name__}(name={self.name!r}, uri={self.uri!r}, metadata={self.metadata!r})'

    @property
    def path(self):
        return self._get_path()

    @path.setter
    def path(self, path):
        self._set_path(path)

    def _get_path(self):
        path = self.custom_path or _local_path(self.uri)
        if self.metadata.get('_kfp_workspace') is True:
            # The launcher, or the engine, has already put it into the workspace.
            workspace = os.environ.get('KF_WORKSPACE') or WORKSPACE_MOUNT_PATH
            path = os.path.join(workspace, '.artifacts', path.lstrip('/'))
        return path

    def _set_path(self, path):
        self.uri = convert_local_path_to_remote_path(path)

    def set_path(self, path):
        self.custom_path = path


class Dataset(Artifact):
    """A data set."""
    schema_title = 'system.Dataset'


class Model(Artifact):
    """A model, and the framework it is made with."""
    schema_title = 'system.Model'

    @property
    def path(self):
        path = self._get_path()
        # The image of a modelcar holds the model's files in /models.
        return path + '/models' if self.uri.startswith('oci://') else path

    @path.setter
    def path(self, path):
        self._set_path(path)

    @property
    def framework(self):
        return self.metadata.get('framework', '')

    @framework.setter
    def framework(self, framework):
        self.metadata['framework'] = framework


class Metrics(Artifact):
    """Numbers by name."""
    schema_title = 'system.Metrics'

    def log_metric(self, metric, value):
        self.metadata[metric] = value


class ClassificationMetrics(Artifact):
    """A ROC curve and a confusion matrix."""
    schema_title = 'system.ClassificationMetrics'

    def log_roc_data_point(self, fpr, tpr, threshold):
        point = {'confidenceThreshold': threshold, 'recall': tpr, 'falsePositiveRate': fpr}
        self.metadata.setdefault('confidenceMetrics', []).append(point)

    def log_roc_curve(self, fpr, tpr, threshold):
        if not len(fpr) == len(tpr) == len(threshold):
            raise ValueError('fpr, tpr and threshold must have the same length; they have '
                             f'{len(fpr)}, {len(tpr)} and {len(threshold)}')
        for point in zip(fpr, tpr, threshold):
            self.log_roc_data_point(*point)

    def set_confusion_matrix_categories(self, categories):
        self._categories = list(categories)
        self._matrix = [{'row': [0] * len(self._categories)} for _ in self._categories]
        names = [{'displayName': category} for category in self._categories]
        self.metadata['confusionMatrix'] = {'annotationSpecs': names, 'rows': self._matrix}

    def _category(self, category):
        categories = getattr(self, '_categories', [])
        if category not in categories:
            raise ValueError(f'{category!r} is none of the categories of the confusion matrix: {categories}')
        return categories.index(category)

    def log_confusion_matrix_row(self, row_category, row):
        index = self._category(row_category)
        if len(row) != len(self._categories):
            raise ValueError(f'a row of this confusion matrix has {len(self._categories)} numbers, not {len(row)}')
        self._matrix[index] = {'row': row}

    def log_confusion_matrix_cell(self, row_category, col_category, value):
        row, column = self._category(row_category), self._category(col_category)
        self._matrix[row]['row'][column] = value

    def log_confusion_matrix(self, categories, matrix):
        if len(matrix) != len(categories) or any(len(row) != len(categories) for row in matrix):
            raise ValueError(f'the matrix {matrix} has not one row and one column for each of {categories}')
        self.set_confusion_matrix_categories(categories)
        for category, row in zip(categories, matrix):
            self.log_confusion_matrix_row(category, row)


class SlicedClassificationMetrics(Artifact):
    """Classification metrics for each of several slices of the data."""
    schema_title = 'system.SlicedClassificationMetrics'

    def _slice(self, name):
        slices = self.__dict__.setdefault('_sliced_metrics', {})
        if name not in slices:
            metrics = slices[name] = ClassificationMetrics()
            self.metadata.setdefault('evaluationSlices', []).append(
                {'slice': name, 'sliceClassificationMetrics': metrics.metadata})
        return slices[name]

    def log_roc_reading(self, slice, threshold, tpr, fpr):
        self._slice(slice).log_roc_data_point(fpr, tpr, threshold)

    def load_roc_readings(self, slice, readings):
        for threshold, tpr, fpr in readings:
            self.log_roc_reading(slice, threshold, tpr, fpr)

    def set_confusion_matrix_categories(self, slice, categories):
        self._slice(slice).set_confusion_matrix_categories(categories)

    def log_confusion_matrix_row(self, slice, row_category, row):
        self._slice(slice).log_confusion_matrix_row(row_category, row)

    def log_confusion_matrix_cell(self, slice, row_category, col_category, value):
        self._slice(slice).log_confusion_matrix_cell(row_category, col_category, value)

    def load_confusion_matrix(self, slice, categories, matrix):
        self._slice(slice).log_confusion_matrix(categories, matrix)


class HTML(Artifact):
    """A page to look at."""
    schema_title = 'system.HTML'


class Markdown(Artifact):
    """A text to look at."""
    schema_title = 'system.Markdown'


_SCHEMA_TITLE_TO_TYPE = {
    cls.schema_title: cls
    for cls in (Artifact, Model, Dataset, Metrics, ClassificationMetrics, SlicedClassificationMetrics, HTML, Markdown)
}


def _root_module():
    return sys.modules.get('kfp.dsl.types.artifact_types') or sys.modules.get('kf.dsl.types.artifact_types')


def get_uri(suffix='Output'):
    """A uri of its own for an artifact that the running task makes."""
    root = getattr(_root_module(), 'CONTAINER_TASK_ROOT', None)
    if root is None:
        raise RuntimeError("'dsl.get_uri' can only be called while a task runs")
    if root == '/tmp/kfp_outputs':
        from warnings import warn
        warn('dsl.get_uri is not supported by the KFP backend: give the uri', RuntimeWarning, stacklevel=2)
        return ''
    return os.path.join(convert_local_path_to_remote_path(root), suffix)


# ---- annotations (KFP: kfp/dsl/types/type_annotations.py) ----

_PARAMETER_NAMES = frozenset(('integer', 'int', 'double', 'float', 'string', 'str', 'text', 'bool', 'boolean',
                              'dict', 'list', 'jsonobject', 'jsonarray'))


class InputAnnotation:
    """Marks an input artifact."""


class OutputAnnotation:
    """Marks an output artifact."""


class EmbeddedAnnotation:
    """Marks files that travel in the component's source."""


def _path_type(type_):
    if is_artifact_class(type_):
        return f'{type_.schema_title}@{type_.schema_version}'
    if isinstance(type_, str):
        for cls in _SCHEMA_TITLE_TO_TYPE.values():
            if cls.__name__.lower() == type_.lower():
                return f'{cls.schema_title}@0.0.1'
    return type_ if _is_parameter(type_) else 'system.Artifact@0.0.1'


class _Path:
    def __init__(self, type=None):
        self.type = _path_type(type)

    def __eq__(self, other):
        return type(self) is type(other) and self.type == other.type

    __hash__ = None


class InputPath(_Path):
    """Annotates an argument that is the path of an input artifact."""


class OutputPath(_Path):
    """Annotates an argument that is the path to write an output to."""


_T = typing.TypeVar('T')
Input = typing.Annotated[_T, InputAnnotation]
Output = typing.Annotated[_T, OutputAnnotation]
EmbeddedInput = typing.Annotated[_T, EmbeddedAnnotation]


def is_artifact_class(annotation):
    return hasattr(annotation, 'schema_title') and hasattr(annotation, 'schema_version')


def _marker(annotation):
    metadata = getattr(annotation, '__metadata__', None)
    return metadata[0] if metadata else None


def _is_list(annotation):
    return getattr(annotation, '__origin__', None) is list


def _is_parameter(annotation):
    if isinstance(annotation, type) and not hasattr(annotation, '__origin__'):
        return annotation in (str, int, float, bool, dict, list)
    name = str(annotation).split('[')[0]
    return (name[len('typing.'):] if name.startswith('typing.') else name).lower() in _PARAMETER_NAMES


def _strip_optional(annotation):
    origin = getattr(annotation, '__origin__', None)
    if origin is typing.Union or isinstance(annotation, getattr(types, 'UnionType', ())):
        rest = [arg for arg in annotation.__args__ if arg is not type(None)]
        return rest[0] if len(rest) == 1 else annotation
    return annotation


def _artifact_class(annotation):
    """The class of artifacts that an annotation speaks of, or None."""
    if _marker(annotation) is not None:
        annotation = annotation.__args__[0] if hasattr(annotation, '__args__') else annotation.__origin__
        annotation = _strip_optional(annotation)
    while _is_list(annotation):
        annotation = annotation.__args__[0]
    if isinstance(annotation, _Path):
        title = str(annotation.type).split('@')[0]
        return _SCHEMA_TITLE_TO_TYPE.get(title, Artifact)
    return annotation if isinstance(annotation, type) and is_artifact_class(annotation) else None


def _is_artifact_list(annotation):
    if _marker(annotation) is not None:
        annotation = _strip_optional(annotation.__origin__)
    return _is_list(annotation) and _artifact_class(annotation) is not None


# ---- values that the engine makes (KFP: kfp/dsl/task_final_status.py, task_config.py) ----


class _Fields:
    """The __dataclass_fields__ of a class, made when somebody asks: importing dataclasses takes time."""

    def __get__(self, instance, owner):
        import dataclasses
        made = dataclasses.make_dataclass(owner.__name__, [(name, typing.Any, None) for name in owner._names])
        owner.__dataclass_params__ = made.__dataclass_params__
        owner.__dataclass_fields__ = made.__dataclass_fields__
        return owner.__dataclass_fields__


class _Record(types.SimpleNamespace):
    def __init__(self, *values, **named):
        super().__init__(**{**dict.fromkeys(self._names), **dict(zip(self._names, values)), **named})


class PipelineTaskFinalStatus(_Record):
    """How a task ended, for the exit task."""
    _names = ('state', 'pipeline_job_resource_name', 'pipeline_task_name', 'error_code', 'error_message')
    __dataclass_fields__ = _Fields()


class TaskConfig(_Record):
    """The settings of a task that are handed to the component, which starts pods itself."""
    _names = ('affinity', 'tolerations', 'node_selector', 'env', 'volumes', 'volume_mounts', 'resources')
    __dataclass_fields__ = _Fields()


def _final_status(value):
    value = value or {}
    error = value.get('error') or {}
    job, task = [value.get(a) or value.get(b) for a, b in (
        ('pipelineJobResourceName', 'pipeline_job_resource_name'), ('pipelineTaskName', 'pipeline_task_name'))]
    return PipelineTaskFinalStatus(value.get('state'), job, task, error.get('code'), error.get('message'))


def _task_config(value):
    keys = ('affinity', 'tolerations', 'nodeSelector', 'env', 'volumes', 'volumeMounts', 'resources')
    return TaskConfig(*[(value or {}).get(key) for key in keys])


# ---- execution (KFP: kfp/dsl/executor.py) ----


def create_artifact_instance(runtime_artifact, fallback_artifact_cls=Artifact):
    """The artifact of an ExecutorInput: of the class of its schema title, else of the annotation's."""
    title = (runtime_artifact.get('type') or {}).get('schemaTitle', '')
    cls = _SCHEMA_TITLE_TO_TYPE.get(title) or fallback_artifact_cls or Artifact
    make = getattr(cls, '_from_executor_fields', cls)
    return make(
        uri=runtime_artifact.get('uri', ''),
        name=runtime_artifact.get('name', ''),
        metadata=runtime_artifact.get('metadata') or {})


_DEFAULT = object()
_encode = json.JSONEncoder(allow_nan=False).encode


def _make_parent(path):
    folder = os.path.dirname(path)
    if folder and not os.path.isdir(folder):
        os.makedirs(folder, exist_ok=True)
    return path


def _annotations(function):
    """The annotations of the function, those written as text evaluated where that is possible."""
    annotations = dict(function.__annotations__)
    for name, annotation in annotations.items():
        if isinstance(annotation, str):
            try:
                annotations[name] = eval(annotation, function.__globals__)
            except Exception:
                pass
    return annotations


def _cast(annotation, value):
    """JSON has one kind of number: make it the one that is annotated."""
    if annotation is int and isinstance(value, float) and value.is_integer():
        return int(value)
    if annotation is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


class Executor:
    """One call of a component's function."""

    def __init__(self, executor_input, function_to_execute):
        self.func = getattr(function_to_execute, 'python_func', function_to_execute)
        self.executor_input = executor_input
        inputs = executor_input.get('inputs') or {}
        outputs = executor_input.get('outputs') or {}
        self.parameters = inputs.get('parameterValues') or {}
        self.output_files = outputs.get('parameters') or {}
        self.output_path = outputs['outputFile']
        _root_module().CONTAINER_TASK_ROOT = os.path.split(self.output_path)[0]
        self.annotations = _annotations(self.func)
        self.return_annotation = self.annotations.pop('return', None)
        self.input_artifacts = {
            name: self._artifacts(name, entry) for name, entry in (inputs.get('artifacts') or {}).items()}
        self.output_artifacts = {}
        self.output = {}
        for name, entry in (outputs.get('artifacts') or {}).items():
            for artifact in self._artifacts(name, entry)[:1]:
                self.output_artifacts[name] = artifact
                _make_parent(artifact.path)

    def _artifacts(self, name, entry):
        fallback = _artifact_class(_strip_optional(self.annotations.get(name)))
        return [create_artifact_instance(artifact, fallback) for artifact in entry.get('artifacts') or ()]

    def _output_parameter_path(self, name):
        path = (self.output_files.get(name) or {}).get('outputFile')
        return _make_parent(path) if path else None

    def _output_artifact(self, name):
        if name not in self.output_artifacts:
            raise ValueError(f'the executor input has no output artifact {name!r}')
        return self.output_artifacts[name]

    def _embedded(self, annotation):
        names = self.func.__globals__
        path = names.get('__KFP_EMBEDDED_ASSET_FILE') or names.get('__KFP_EMBEDDED_ASSET_DIR')
        if not path:
            raise RuntimeError('an EmbeddedInput is asked for, and the component has no embedded artifact')
        artifact = (_artifact_class(annotation) or Artifact)()
        artifact.path = path
        return artifact

    def _argument(self, name, annotation):
        """What the function gets for the argument, or _DEFAULT."""
        if annotation is PipelineTaskFinalStatus:
            return _final_status(self.parameters.get(name))
        if annotation is TaskConfig:
            return _task_config(self.parameters.get(name))
        marker = _marker(annotation)
        if marker is EmbeddedAnnotation:
            return self._embedded(annotation)
        if marker is OutputAnnotation:
            return self.output_artifacts.get(name)
        if isinstance(annotation, OutputPath):
            if _is_parameter(annotation.type):
                return self._output_parameter_path(name)
            return self._output_artifact(name).path
        artifacts = self.input_artifacts.get(name) or None
        if isinstance(annotation, InputPath):
            return artifacts[0].path if artifacts else _DEFAULT
        if marker is InputAnnotation or _artifact_class(annotation):
            return artifacts if not artifacts or _is_artifact_list(annotation) else artifacts[0]
        value = self.parameters.get(name)
        if value is None:
            return _DEFAULT
        return annotation.model_validate(value) if hasattr(annotation, 'model_validate') else _cast(annotation, value)

    def arguments(self):
        given = {
            name: self._argument(name, _strip_optional(annotation)) for name, annotation in self.annotations.items()}
        return {name: value for name, value in given.items() if value is not _DEFAULT}

    def _put_artifact(self, name, value):
        if not isinstance(value, Artifact):
            with open(self._output_artifact(name).path, 'w') as file:
                file.write(str(value))
            return
        if 'VERTEX_AI_PIPELINES_RUN_LABELS' in os.environ:
            default = self.executor_input['outputs']['artifacts'][name]['artifacts'][0]['name']
            if value.name:
                from warnings import warn
                warn(f'Vertex AI names the artifact {default}: leave {value.name!r} out', RuntimeWarning, stacklevel=2)
            value.name = value.name or default
        self.output_artifacts[name] = value

    def _put(self, name, annotation, value):
        """Give out one of the returned values, as its annotation says."""
        function = self.func.__name__
        if _is_parameter(annotation):
            kind = getattr(annotation, '__origin__', None) or annotation
            if not isinstance(value, (int, float) if kind is float else kind):
                raise ValueError(f'Function `{function}` returned value of type {type(value)}; want type {kind}')
        elif hasattr(annotation, 'model_dump'):
            value = annotation.model_validate(value).model_dump(mode='json')
        elif isinstance(annotation, type) and is_artifact_class(annotation):
            self._put_artifact(name, value)
            return
        else:
            raise RuntimeError(f'Function `{function}` is annotated to return {annotation}: '
                               'neither a parameter nor an artifact')
        self.output.setdefault('parameterValues', {})[name] = value

    def _put_result(self, result):
        annotation = self.return_annotation
        fields = getattr(annotation, '_fields', None)
        if fields is None:
            self._put('Output', annotation, result)
            return
        if len(fields) != len(result):
            raise RuntimeError(
                f'Expected {len(fields)} return values from function `{self.func.__name__}`, got {len(result)}')
        for index, name in enumerate(fields):
            value = result[index] if type(result) is tuple else getattr(result, name)
            self._put(name, annotation.__annotations__[name], value)

    def _text(self):
        try:
            return _encode(self.output)
        except (TypeError, ValueError) as error:
            for group in self.output.values():
                for name, value in group.items():
                    try:
                        _encode(value)
                    except (TypeError, ValueError):
                        raise type(error)(f'output {name!r} cannot be written as JSON: {error}') from None
            raise

    def write_executor_output(self, func_output=None):
        """Write the executor output file; None if another replica of the task is to write it."""
        if func_output is not None:
            self._put_result(func_output)
        for name, artifact in self.output_artifacts.items():
            entry = {'name': artifact.name, 'uri': artifact.uri, 'metadata': artifact.metadata}
            if artifact.custom_path:
                entry['custom_path'] = artifact.custom_path
            self.output.setdefault('artifacts', {})[name] = {'artifacts': [entry]}
        cluster = os.environ.get('CLUSTER_SPEC')
        if cluster and json.loads(cluster)['task']['type'] not in ('workerpool0', 'chief', 'master'):
            return None
        text = self._text()
        with open(_make_parent(self.output_path), 'wb') as file:
            file.write(text.encode())
        return self.output_path

    def execute(self):
        return self.write_executor_output(self.func(**self.arguments()))


# ---- the modules that component sources import ----

_PLACEHOLDERS = {
    'PIPELINE_JOB_ID': '.pipeline_job_uuid', 'PIPELINE_TASK_ID': '.pipeline_task_uuid',
    'PIPELINE_TASK_EXECUTOR_INPUT': '', 'PIPELINE_TASK_EXECUTOR_OUTPUT_PATH': '.outputs.output_file',
}
for _name in ('PIPELINE_JOB_NAME', 'PIPELINE_JOB_RESOURCE_NAME', 'PIPELINE_TASK_NAME', 'PIPELINE_ROOT',
              'PIPELINE_JOB_CREATE_TIME_UTC', 'PIPELINE_JOB_SCHEDULE_TIME_UTC', 'WORKSPACE_PATH'):
    _PLACEHOLDERS[_name] = '.' + _name.lower()


def run_notebook(**kwargs):
    """Execute the notebook of a notebook component, whose source replaces this function."""
    raise NotImplementedError('dsl.run_notebook works only in a notebook component, while it runs')


class _Finder:
    """Finds the modules that are not answered from here in the package itself, if it is installed."""

    @staticmethod
    def _locations(package):
        from pkgutil import extend_path
        locations = None
        for end in [index for index, letter in enumerate(package) if letter == '.'] + [len(package)]:
            spec = PathFinder.find_spec(package[:end], locations)
            locations = spec and spec.submodule_search_locations
            if not locations:
                return []
            locations = extend_path(list(locations), package[:end])
        return locations

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        package = name.rpartition('.')[0]
        parent = sys.modules.get(package)
        if not getattr(parent, '__kf_runtime__', False):
            return None
        parent.__path__ = cls._locations(package)
        if parent.__path__:
            if package == 'kfp':
                _rest_of(sys.modules['kfp.dsl'])  # What else kfp has cannot be imported before it.
            return PathFinder.find_spec(name, parent.__path__)
        root = name.partition('.')[0]
        raise ModuleNotFoundError(
            f'No module named {name!r}: a task has the part of {root!r} that runs functions; '
            f'add {root!r} to packages_to_install for the rest of it', name=name)


def _rest_of(module):
    """The module as the package itself has it, working with our names in place of its own; or None."""
    if '__rest__' in module.__dict__:
        return module.__rest__
    name, module.__rest__ = module.__name__, None
    locations = _Finder._locations(name) if module.__package__ == name else []
    spec = PathFinder.find_spec('__init__', locations) if module.__package__ == name else _Finder.find_spec(name)
    if spec:
        rest = types.ModuleType(name)
        rest.__spec__, rest.__file__, rest.__package__ = spec, spec.origin, module.__package__
        rest.__path__ = module.__path__ = locations
        # KFP has less where this is set.
        kept = os.environ.pop('_KFP_RUNTIME', None)
        try:
            exec(spec.loader.get_code(spec.name), rest.__dict__)
        finally:
            if kept is not None:
                os.environ['_KFP_RUNTIME'] = kept
        rest.__dict__.update(module.__names__)
        module.__rest__ = rest
    return module.__rest__


def _module(name, names, package=False):
    """Make a module of these names. Asked for more, it looks into the package itself."""
    module = types.ModuleType(name)
    module.__dict__.update(names)
    module.__names__ = names
    for value in names.values():
        if isinstance(value, type):
            value.__module__ = name  # The last module that has it is the one that KFP defines it in.

    def __getattr__(attribute):
        reason = ''
        if not attribute.startswith('_'):
            try:
                if package:
                    from importlib import import_module
                    return import_module(f'{name}.{attribute}')
            except ModuleNotFoundError:
                pass
            try:
                return getattr(_rest_of(module), attribute)
            except AttributeError:
                pass
            except ImportError as error:
                reason = f': {error}'
        raise AttributeError(f'module {name!r} has no attribute {attribute!r} while a task runs{reason}')

    module.__getattr__ = __getattr__
    module.__kf_runtime__ = True
    module.__spec__ = ModuleSpec(name, None, origin='kf_runtime', is_package=package)
    parent, _, last = name.rpartition('.')
    module.__package__ = name if package else parent
    if package:
        module.__path__ = []
    if parent:
        setattr(sys.modules[parent], last, module)
    sys.modules[name] = module


def _install():
    if getattr(sys.modules.get('kfp'), '__kf_runtime__', False):
        return
    here = globals()

    def pick(*names):
        return {name: here[name] for name in names}

    artifacts = {cls.__name__: cls for cls in _SCHEMA_TITLE_TO_TYPE.values()}
    dsl = {
        **artifacts, **pick('Input', 'InputPath', 'Output', 'OutputPath', 'PipelineTaskFinalStatus', 'TaskConfig'),
        **pick('get_uri', 'run_notebook'), **{f'{name}_PLACEHOLDER': '{{$%s}}' % value for name, value in _PLACEHOLDERS.items()},
    }
    dsl.update(__all__=list(dsl), EmbeddedInput=EmbeddedInput)
    _module('kfp', {'__version__': KFP_VERSION, 'TYPE_CHECK': True}, True)
    _module('kf', {'__version__': KF_VERSION}, True)
    _module('kf.dsl', dsl, True)
    _module('kfp.dsl', dsl, True)
    _module('kfp.dsl.types', {}, True)
    _module('kfp.dsl.types.artifact_types', {
        **artifacts, **pick('get_uri', 'convert_local_path_to_remote_path', '_SCHEMA_TITLE_TO_TYPE'),
        'CONTAINER_TASK_ROOT': None,
    })
    _module('kfp.dsl.types.type_annotations', pick(
        'InputAnnotation', 'InputPath', 'OutputAnnotation', 'OutputPath', 'EmbeddedAnnotation', 'is_artifact_class'))
    _module('kfp.dsl.task_final_status', pick('PipelineTaskFinalStatus'))
    _module('kfp.dsl.task_config', pick('TaskConfig'))
    _module('kfp.dsl.executor', pick('Executor', 'create_artifact_instance'))
    sys.modules['kf._runtime'] = sys.modules[__name__]
    sys.meta_path.append(_Finder)
    if 'logging' in sys.modules:
        _log_to_output(sys.modules['logging'])
    else:
        sys.meta_path.insert(0, _Logging)


# ---- as a program ----


def prepare(path, module=None):
    """The module that the component's source will be: what importing it would do before executing it."""
    folder, name = os.path.split(path)
    name = name[:-len('.py')]
    module = module or types.ModuleType(name)
    module.__file__ = path
    module.__loader__ = SourceFileLoader(name, path)
    module.__spec__ = ModuleSpec(name, module.__loader__, origin=path)
    sys.modules[name] = module
    sys.path.insert(0, folder)
    return module


def load(module, code=None):
    """Execute the component's source in its module."""
    if code is None:
        with open(module.__file__, encoding='utf-8') as file:
            code = compile(file.read(), module.__file__, 'exec', dont_inherit=True)
    exec(code, module.__dict__)
    return module


def _log_to_output(logging):
    """What a component logs is part of its log, from INFO on."""
    logging.basicConfig(
        stream=sys.stdout, level=logging.INFO, format='[KFP Executor %(asctime)s %(levelname)s]: %(message)s')


class _Logging:
    """Waits for somebody to import logging, which takes longer than all of this."""

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        spec = PathFinder.find_spec(name) if name == 'logging' else None
        if spec:
            sys.meta_path.remove(cls)
            execute = spec.loader.exec_module
            spec.loader.exec_module = lambda module: _log_to_output(execute(module) or module)
        return spec


def function_of(module, name):
    if not hasattr(module, name):
        raise RuntimeError(f'the source of the component has no function {name!r}')
    return getattr(module, name)


def print_error(error):
    """Print the traceback, from the component's source on."""
    import traceback
    trace = error.__traceback__
    while trace and trace.tb_frame.f_globals.get('__name__') in (__name__, 'kf_worker'):
        trace = trace.tb_next
    traceback.print_exception(type(error), error, trace or error.__traceback__)


_OPTIONS = ('--executor_input', '--function_to_execute', '--component_module_path')


def main(arguments):
    options = {}
    words = iter(arguments)
    for word in words:
        name, equals, value = word.partition('=')
        if name in _OPTIONS:
            options[name] = value if equals else next(words, None)
    for name in _OPTIONS:
        if options.get(name) is None:
            sys.exit(f'kf_runtime: {name} is missing')
    # As with `python3 -m`, what lies in the working directory can be imported.
    sys.path[0] = os.getcwd()
    try:
        module = load(prepare(options['--component_module_path']))
        function = function_of(module, options['--function_to_execute'])
        Executor(json.loads(options['--executor_input']), function).execute()
    except Exception as error:
        print_error(error)
        sys.exit(1)


# The package kf takes its classes from here without answering for other modules.
if __name__ != 'kf._runtime':
    _install()
if __name__ == '__main__':
    main(sys.argv[1:])
