# SPDX-License-Identifier: Apache-2.0
"""Makes tests/golden/calls: pipelines as calls of libkf's C API, with what KFP compiles of them.

Run it where kfp is installed: `python make_calls.py FOLDER`. Each pipeline is a function over a namespace K,
called once with KFP's own names, and once with names that note the calls which build the same pipeline with
libkf. tests/support/replay.h makes those calls; tests/pipeline/test_lower.c compares.

A file holds {"calls": [[function, argument, …], …], "spec": …, "platform": …, "nested": [calls of a pipeline
that is used as a component, …]}. An id that a call gives is named by its number among all that were given;
within text it is written {{id:N}} and stands for the text of that channel.
"""
import inspect
import json
import pathlib
import sys
import typing
import warnings
from typing import Dict, List, NamedTuple, Optional

from google.protobuf import json_format
from kfp import dsl
from kfp.dsl import Artifact, Dataset, Input, Model, Output, PipelineTaskFinalStatus
from kfp.dsl import component_factory, placeholders, structures
from kfp.dsl.types import type_utils

warnings.filterwarnings('ignore')


class Recording:
    """The calls of one pipeline."""

    current = None

    def __init__(self):
        self.calls = []
        self.ids = 0
        self.components = {}

    def call(self, function, *arguments, gives=False):
        self.calls.append([function, *arguments])
        if gives:
            self.ids += 1
            return self.ids - 1
        return None


def record(function, *arguments, gives=False):
    return Recording.current.call(function, *arguments, gives=gives)


class Channel:
    def __init__(self, number):
        self._number = number

    def __str__(self):
        return '{{id:%d}}' % self._number

    def __format__(self, spec):
        return str(self)

    def _compare(self, other, sign):
        return Condition(record('compare', operand(self), sign, operand(other), gives=True))

    def __eq__(self, other):
        return self._compare(other, 0)

    def __ne__(self, other):
        return self._compare(other, 1)

    def __lt__(self, other):
        return self._compare(other, 2)

    def __le__(self, other):
        return self._compare(other, 3)

    def __gt__(self, other):
        return self._compare(other, 4)

    def __ge__(self, other):
        return self._compare(other, 5)

    __hash__ = None


class Item(Channel):
    def __getattr__(self, key):
        if key.startswith('_'):
            raise AttributeError(key)
        return Channel(record('loop_item_member', self._number, key, gives=True))


class Condition:
    def __init__(self, number):
        self.number = number


def operand(value):
    return {'id': value._number} if isinstance(value, Channel) else {'value': value}


def plain(value):
    if isinstance(value, Channel):
        return str(value)
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {plain(key): plain(item) for key, item in value.items()}
    return value


class Outputs:
    def __init__(self, task):
        self.task = task

    def __getitem__(self, name):
        return Channel(record('task_output', self.task, name, gives=True))


class Task:
    RESOURCES = ('cpu_request', 'cpu_limit', 'memory_request', 'memory_limit', 'accelerator_type',
                 'accelerator_limit')

    def __init__(self, number):
        self.number = number
        self.outputs = Outputs(number)

    @property
    def output(self):
        return Channel(record('task_output', self.number, None, gives=True))

    def __getattr__(self, name):
        resource = name.removeprefix('set_')
        if resource not in self.RESOURCES:
            raise AttributeError(name)

        def set_resource(value):
            record('set_resource', self.number, self.RESOURCES.index(resource), str(value))
            return self

        return set_resource

    def after(self, *others):
        for other in others:
            record('after' if isinstance(other, Task) else 'after_group', self.number, other.number)
        return self

    def set_display_name(self, name):
        record('set_display_name', self.number, name)
        return self

    def set_caching_options(self, enable_caching, cache_key=None):
        record('set_caching', self.number, enable_caching, cache_key)
        return self

    def set_env_variable(self, name, value):
        record('set_env', self.number, name, str(value))
        return self

    def set_container_image(self, image):
        record('set_image', self.number, str(image))
        return self

    def set_retry(self, num_retries, backoff_duration=None, backoff_factor=None, backoff_max_duration=None):
        def seconds(text):
            return structures.convert_duration_to_seconds(text) if text else 0

        record('set_retry', self.number, num_retries, seconds(backoff_duration), backoff_factor or 0,
               seconds(backoff_max_duration))
        return self

    def ignore_upstream_failure(self):
        record('ignore_upstream_failure', self.number)
        return self


def io_of(name, spec, is_input):
    io = {'name': name, 'description': spec.description}
    if type_utils.is_task_final_status_type(spec.type):
        io['type'] = 7
    elif type_utils.is_task_config_type(spec.type):
        io['type'] = 8
    elif type_utils.is_parameter_type(spec.type):
        io.update(type=type_utils.get_parameter_type(spec.type), type_text=spec.type)
    else:
        title, version = spec.type.split('@')
        io.update(schema=title, schema_version=version, is_list=spec.is_artifact_list)
    if is_input:
        io.update(optional=spec.optional, default=spec.default)
    return io


def ios_of(spec):
    return ([io_of(name, io, True) for name, io in (spec.inputs or {}).items()],
            [io_of(name, io, False) for name, io in (spec.outputs or {}).items()])


def add_task(component, arguments):
    task = record('add_task', component, gives=True)
    for name, value in arguments.items():
        if isinstance(value, Channel):
            record('set_argument', task, name, value._number)
        elif isinstance(value, list) and value and all(isinstance(item, Channel) for item in value):
            record('set_argument_list', task, name, [item._number for item in value])
        else:
            record('set_constant', task, name, plain(value))
    return Task(task)


class Component:
    """A component for both: KFP's own when KFP compiles, and calls when they are noted."""

    def __init__(self, component):
        self.kfp = component

    def __call__(self, **arguments):
        if Recording.current is None:
            return self.kfp(**arguments)
        known = Recording.current.components
        if self not in known:
            known[self] = self.make()
        return add_task(known[self], arguments)

    def make(self):
        spec = self.kfp.component_spec
        inputs, outputs = ios_of(spec)
        container = spec.implementation.container

        def words(elements):
            return [placeholders.convert_command_line_element_to_string(e) for e in elements or []]

        return record('component', {
            'name': spec.name, 'description': spec.description, 'inputs': inputs, 'outputs': outputs,
            'image': container.image, 'command': words(container.command), 'args': words(container.args),
            'passthroughs': [[p.field.name, p.apply_to_task] for p in spec.task_config_passthroughs or []]
        }, gives=True)


def component(function):
    return Component(dsl.container_component(function))


class Group:
    def __enter__(self):
        self.number = self.begin()
        return self.entered()

    def entered(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            record('end')


class Noted:
    """What pipelines call when their calls are noted."""

    class ParallelFor(Group):
        def __init__(self, items, name=None, parallelism=None):
            self.arguments = (operand(items), name, parallelism or 0)

        def begin(self):
            return record('begin_loop', *self.arguments, gives=True)

        def entered(self):
            return Item(record('loop_item', self.number, gives=True))

    class If(Group):
        CALL = 'begin_if'

        def __init__(self, condition, name=None):
            self.arguments = (condition.number, name)

        def begin(self):
            return record(self.CALL, *self.arguments, gives=True)

    class Elif(If):
        CALL = 'begin_elif'

    class Else(Group):
        def begin(self):
            return record('begin_else', None, gives=True)

    class ExitHandler(Group):
        def __init__(self, task, name=None):
            self.arguments = (task.number, name)

        def begin(self):
            return record('begin_exit_handler', *self.arguments, gives=True)

    @staticmethod
    def Collected(channel):
        return Channel(record('collected', channel._number, gives=True))

    @staticmethod
    def OneOf(*channels):
        return Channel(record('one_of', [channel._number for channel in channels], gives=True))

    @staticmethod
    def importer(artifact_uri, artifact_class, reimport=False):
        made = record('importer', None if isinstance(artifact_uri, Channel) else artifact_uri,
                      artifact_class.schema_title, reimport, gives=True)
        return add_task(made, {'uri': artifact_uri})


class Own:
    """What pipelines call when KFP compiles them."""


for _name in ('ParallelFor', 'If', 'Elif', 'Else', 'ExitHandler', 'Collected', 'OneOf', 'importer'):
    setattr(Own, _name, staticmethod(getattr(dsl, _name)))


class Pipeline:
    def __init__(self, function, **options):
        self.function = function
        self.options = options
        self.compiled = None

    def own_function(self):
        def body(*arguments, **named):
            return self.function(Own, *arguments, **named)

        signature = inspect.signature(self.function)
        body.__name__ = self.function.__name__
        body.__doc__ = self.function.__doc__
        body.__signature__ = signature.replace(parameters=list(signature.parameters.values())[1:])
        body.__annotations__ = dict(self.function.__annotations__)
        return body

    def kfp(self):
        if self.compiled is None:
            self.compiled = dsl.pipeline(self.own_function(), **self.options)
        return self.compiled

    def __call__(self, **arguments):
        if Recording.current is None:
            return self.kfp()(**arguments)
        known = Recording.current.components
        if self not in known:
            known[self] = record('nested', self.calls(), gives=True)
        return add_task(known[self], arguments)

    def calls(self):
        outer, Recording.current = Recording.current, Recording()
        try:
            self.note()
            return Recording.current.calls
        finally:
            Recording.current = outer

    def note(self):
        spec = component_factory.extract_component_interface(
            self.own_function(), name=self.options.get('name'), description=self.options.get('description'))
        inputs, outputs = ios_of(spec)
        record('pipeline', {
            'name': spec.name, 'description': spec.description,
            'display_name': self.options.get('display_name'),
            'pipeline_root': self.options.get('pipeline_root')})
        channels = [Channel(record('add_input', io, gives=True)) for io in inputs]
        for io in outputs:
            record('add_output', io)
        config = self.options.get('pipeline_config')
        if config is not None:
            record('set_config', {'workspace': config.workspace.get_workspace(),
                                  'resourceTtlOnCompletion': config.ttl_seconds_after_finished})
        result = self.function(Noted, *channels)
        if isinstance(result, Channel):
            result = {'Output': result}
        elif result is not None:
            result = result._asdict()
        for name, channel in (result or {}).items():
            record('set_output', name, channel._number)


CASES = {}


def case(function=None, **options):
    def add(decorated):
        CASES[decorated.__name__] = Pipeline(decorated, **options)
        return CASES[decorated.__name__]

    return add(function) if function else add


# ---- components ----


@component
def show(text: str):
    return dsl.ContainerSpec(image='alpine', command=['echo', text])


@component
def same(text: str, out: dsl.OutputPath(str)):
    return dsl.ContainerSpec(image='alpine', command=['echo', text, out])


@component
def count(n: int, out: dsl.OutputPath(int)):
    return dsl.ContainerSpec(image='alpine', command=['echo', n, out])


@component
def scale(x: float, out: dsl.OutputPath(float)):
    return dsl.ContainerSpec(image='alpine', command=['echo', x, out])


@component
def things(out: dsl.OutputPath(list)):
    return dsl.ContainerSpec(image='alpine', command=['echo', out])


@component
def words(out: dsl.OutputPath(List[str])):
    return dsl.ContainerSpec(image='alpine', command=['echo', out])


@component
def take(d: dict, xs: list = [1, 'a', {'b': 2}], text: str = 'q', n: int = 3, f: float = 1.5, b: bool = False):
    """Takes everything.

    Args:
        d: A struct.
    """
    return dsl.ContainerSpec(image='alpine', command=['echo', d], args=['--n', n])


@component
def gather(xs: list):
    return dsl.ContainerSpec(image='alpine', command=['echo', xs])


@component
def data(text: str, ds: Output[Dataset]):
    return dsl.ContainerSpec(image='alpine', command=['echo', text, ds.path])


@component
def several(a: str, n: dsl.OutputPath(int), m: Output[Model], s: dsl.OutputPath(str)):
    return dsl.ContainerSpec(image='alpine', command=['echo', a, n, m.uri, s])


@component
def use(ds: Input[Dataset]):
    return dsl.ContainerSpec(image='alpine', command=['echo', ds.path])


@component
def use_any(a: Input[Artifact], text: str = 'x'):
    return dsl.ContainerSpec(image='alpine', command=['echo', a.path])


def status_of(user_input: str, status: PipelineTaskFinalStatus):
    print(status)


def optional(a: str = 'x', n: int = 1, status: PipelineTaskFinalStatus = None):
    print(a, n, status)


def all_data(dss: Input[List[Dataset]]) -> str:
    return str(dss)


def passing(a: str, config: dsl.TaskConfig):
    print(a, config)


status_of = Component(dsl.component(status_of, base_image='python:3.11'))
optional = Component(dsl.component(optional, base_image='python:3.11'))
all_data = Component(dsl.component(all_data, base_image='python:3.11'))
passing = Component(dsl.component(passing, base_image='python:3.11', task_config_passthroughs=[
    dsl.TaskConfigPassthrough(field=dsl.TaskConfigField.RESOURCES, apply_to_task=True),
    dsl.TaskConfigField.ENV]))


# ---- pipelines ----


@case(name='My Pipeline', description='What it does', display_name='Shown', pipeline_root='gs://bucket/x')
def head(K, a: str, b: int = 1, c: float = 2.5, d: bool = True, e: list = [1, 'z'],
         f: dict = {'k': [1, 2.5, 'x']}, g: Optional[str] = None, ds: Input[Dataset] = None):
    same(text=a)


@case
def chain(K, a: str = 'x', n: int = 3):
    t = same(text=a)
    show(text=t.output)
    count(n=n)
    count(n=5)
    for index in range(11):
        t = same(text=t.output)


@case
def constants(K):
    take(d={'a': 1, 'b': [1, 2, {'c': True}]}, xs=[1.5, 'x'], text='', n=0, f=0.0, b=True)


@case
def text(K, a: str = 'x', n: int = 1):
    t = same(text=f'hello {a} and {n}')
    show(text=f'{t.output}!{a}')
    take(d={'k': f'{a}', 'l': [f'x{t.output}']})
    gather(xs=[t.output, a])


@case
def artifacts(K):
    t = data(text='x')
    use(ds=t.outputs['ds'])
    use_any(a=t.outputs['ds'])
    s = several(a='1')
    show(text=s.outputs['s'])
    count(n=s.outputs['n'])
    use_any(a=s.outputs['m'])


@case
def order(K):
    a = same(text='1')
    b = same(text='2')
    c = show(text='3').after(b, a)
    show(text='4').after(c).after(a)


@case
def settings(K, image: str = 'x', cpu: str = '1'):
    a = same(text='1').set_display_name('A b').set_caching_options(False)
    a.set_env_variable('B', '1').set_env_variable('A', '2').set_env_variable('B', '3')
    same(text='1').set_caching_options(True, 'key').set_retry(3, '1m', 1.5, '2h')
    same(text='1').set_retry(0)
    b = same(text='1').set_cpu_request('500m').set_cpu_limit('2').set_memory_request('512Mi')
    b.set_memory_limit('2G').set_accelerator_type('nvidia.com/gpu').set_accelerator_limit(2)
    same(text='1').set_accelerator_type('x')
    same(text='1').set_accelerator_limit(0).set_cpu_limit('0')
    same(text='1').set_container_image('foo:1')
    same(text='1').set_container_image(image)
    same(text='1').set_cpu_limit(cpu).set_memory_limit(cpu).set_accelerator_type(image).set_accelerator_limit(cpu)
    show(text='1').set_container_image(a.output)


@case
def conditions(K, x: str = '1', n: int = 3, f: float = 1.5, b: bool = True):
    with K.If(x == '1'):
        show(text='a')
    with K.If(n > 3):
        show(text='a')
    with K.If(f <= 2.0):
        show(text=x)
    with K.If(f < n):
        show(text=x)
    with K.If(f >= 3):
        show(text=x)
    with K.If(n != 3.5):
        show(text=x)
    with K.If(b == True):
        show(text=x)
    t = same(text=x)
    with K.If(t.output != 'q', name='my condition'):
        with K.If(n < 4):
            show(text=t.output)
            u = count(n=n)
            with K.If(u.output == 4):
                show(text='k')


@case
def branches(K, x: str = '1', y: int = 2) -> str:
    t = count(n=y)
    with K.If(x == '1'):
        a = same(text='a')
    with K.Elif(t.output == 2):
        b = same(text='b')
    with K.Elif(y > 5):
        c = same(text=x)
    with K.Else():
        d = same(text='d')
    one = K.OneOf(a.output, b.output, c.output, d.output)
    show(text=one)
    with K.If(one == 'z'):
        show(text='z')
    return one


@case
def branches_nested(K, x: str = '1', y: int = 2):
    with K.If(x == '1'):
        with K.If(y == 1):
            a = same(text='a')
        with K.Else():
            b = same(text='b')
        show(text=K.OneOf(a.output, b.output))
        e = same(text='e')
    with K.Else():
        d = same(text='d')
    show(text=K.OneOf(e.output, d.output))
    show(text='z').after(d)


@case
def branches_artifacts(K, x: str = '1') -> Dataset:
    with K.If(x == '1'):
        a = data(text='a')
        a2 = several(a='1')
    with K.Else():
        b = data(text='b')
        b2 = several(a='2')
    one = K.OneOf(a.outputs['ds'], b.outputs['ds'])
    other = K.OneOf(a2.outputs['m'], b2.outputs['m'])
    use(ds=one)
    use_any(a=other)
    return one


@case
def loops_static(K, x: str = '1'):
    with K.ParallelFor([1, 2, 3]) as i:
        count(n=i)
    with K.ParallelFor(['a', 'b'], name='shown', parallelism=2) as i:
        show(text=i)
        show(text=x)
        show(text=f'{i} and {x}')
    with K.ParallelFor([{'a': '1', 'b': 2}, {'b': 3, 'a': 'z'}]) as i:
        show(text=i.a)
        take(d=i)
    with K.ParallelFor([1.5]) as i:
        scale(x=i)


@case
def loops_parameter(K, xs: List[str], ys: list, zs: List[Dict[str, int]], ws: List[List[int]]):
    with K.ParallelFor(xs) as i:
        show(text=i)
    with K.ParallelFor(ys) as i:
        show(text=i)
        show(text=i.k)
    with K.ParallelFor(zs) as i:
        count(n=i.a)
        take(d=i)
    with K.ParallelFor(ws) as i:
        with K.ParallelFor(i) as j:
            count(n=j)


@case
def loops_output(K, x: str = 'q'):
    t = things()
    u = words()
    with K.ParallelFor(t.output) as i:
        show(text=i)
        show(text=x)
        with K.If(x == 'q'):
            show(text=i.foo)
    with K.ParallelFor(u.output) as i:
        a = same(text=i)
        with K.ParallelFor(t.output) as j:
            show(text=a.output)
            show(text=j)


@case
def loops_deep(K, xs: list, x: str = 'q'):
    with K.ParallelFor(xs) as i1:
        with K.ParallelFor(i1.p) as i2:
            with K.ParallelFor(i2.q) as i3:
                show(text=i3.z)
    with K.ParallelFor([{'p': ['a'], 'k': ['b']}]) as i:
        with K.ParallelFor(i.p) as j:
            show(text=j)
        with K.ParallelFor(['u', 'v']) as j:
            show(text=j)
            with K.If(x == '1'):
                show(text=j)
    with K.ParallelFor(['a']) as i:
        with K.ParallelFor(['b']) as j:
            show(text=i)
            with K.If(i == 'b'):
                show(text='z')


@case
def loops_conditions(K, people: List[Dict[str, str]], x: str = '1'):
    with K.ParallelFor(people) as i:
        with K.If(i.a == '1'):
            show(text=i.b)
        with K.If(x == '1'):
            show(text=i.a)
            with K.If(i.b == '2'):
                show(text='l')
    with K.ParallelFor([{'a': 'x'}]) as i:
        with K.If(i.a == '1'):
            show(text='m')


@case
def collecting(K) -> List[str]:
    with K.ParallelFor(['a', 'b']) as i:
        t = same(text=i)
        with K.ParallelFor(['c']) as j:
            u = same(text=j)
            v = data(text=j)
        gather(xs=K.Collected(u.output))
        all_data(dss=K.Collected(v.outputs['ds']))
    gather(xs=K.Collected(t.output))
    gather(xs=K.Collected(u.output))
    all_data(dss=K.Collected(v.outputs['ds']))
    return K.Collected(t.output)


@case
def collecting_in_condition(K, x: str = '1'):
    with K.ParallelFor(['a', 'b']) as i:
        with K.If(x == '1'):
            t = same(text=i)
    with K.If(x == '2'):
        gather(xs=K.Collected(t.output))


@case
def artifact_inputs(K, d: Input[Dataset], m: Input[List[Model]]):
    use(ds=d)
    with K.If(same(text='x').output == 'q'):
        use(ds=d)
    with K.ParallelFor(m) as i:
        use_any(a=i)


@case
def exits(K, message: str = 'm'):
    e = status_of(user_input=message)
    with K.ExitHandler(e, name='the handler'):
        a = same(text='1')
        show(text=a.output)
        with K.ParallelFor(['a']) as i:
            show(text=i)
            show(text=message)
    handler = K.ExitHandler(status_of(user_input='z'))
    with handler:
        show(text='k')
    show(text='z').after(handler)


@case
def ignoring(K):
    a = same(text='1')
    optional(a=a.output, n=2).ignore_upstream_failure()
    b = same(text='1')
    optional(a='1', n=2).after(b).ignore_upstream_failure()


@case
def across(K):
    with K.ParallelFor(['a']) as i:
        t = same(text=i)
    with K.ParallelFor(['b']) as i:
        u = same(text=i).after(t)
    show(text='1').after(t, u)
    with K.ParallelFor(['b']) as i:
        with K.If(i == 'b'):
            show(text='l').after(u)


@case
def importing(K, uri: str = 'gs://x'):
    a = K.importer(artifact_uri='gs://y', artifact_class=Dataset, reimport=True)
    use(ds=a.output)
    b = K.importer(artifact_uri=uri, artifact_class=Dataset)
    use(ds=b.output)


def inner_function(K, a: str = 'q', n: int = 1) -> str:
    t = show(text=a)
    u = same(text='x')
    with K.If(a == '1'):
        data(text='l')
    with K.ParallelFor([1]) as i:
        count(n=i)
    scale(x=1.5).set_cpu_limit('1')
    return u.output


def middle_function(K, a: str) -> NamedTuple('Outputs', [('x', str), ('ds', Dataset)]):
    i = inner(a=a)
    inner(a=i.output, n=3)
    d = data(text='d')
    outputs = typing.NamedTuple('Outputs', [('x', str), ('ds', Dataset)])
    return outputs(i.output, d.outputs['ds'])


inner = Pipeline(inner_function, name='inner')
inner.kfp()  # KFP compiles no pipeline while it compiles another one.
middle = Pipeline(middle_function, name='middle')
middle.kfp()


@case
def nested(K, x: str = '1') -> str:
    k = inner(a='1')
    show(text=k.output)
    inner()
    with K.If(k.output == '1'):
        inner()
        same(text='p')
    m = middle(a=x)
    use(ds=m.outputs['ds'])
    with K.ParallelFor(['a']) as i:
        middle(a=i)
    return m.outputs['x']


@case
def nested_exit(K):
    e = inner(a='z')
    with K.ExitHandler(e):
        middle(a='1')


@case(pipeline_config=dsl.PipelineConfig(
    workspace=dsl.WorkspaceConfig(size='1Gi', kubernetes=dsl.KubernetesWorkspaceConfig(
        pvcSpecPatch={'storageClassName': 'x', 'n': 1})), ttl_seconds_after_finished=60))
def configured(K):
    show(text='{{$.workspace_path}}/x')


@case
def outputs(K) -> NamedTuple('Outputs', [('s', str), ('n', int), ('ds', Dataset), ('l', list)]):
    made = typing.NamedTuple('Outputs', [('s', str), ('n', int), ('ds', Dataset), ('l', list)])
    return made(same(text='1').output, count(n=1).output, data(text='z').outputs['ds'], things().output)


@case
def passthroughs(K):
    passing(a='1').set_cpu_limit('1').set_env_variable('A', '1')


def main(folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, pipeline in CASES.items():
        compiled = pipeline.kfp()
        golden = {
            'calls': pipeline.calls(),
            'spec': json_format.MessageToDict(compiled.pipeline_spec),
            'platform': json_format.MessageToDict(compiled.platform_spec) or None,
        }
        text = json.dumps(golden, sort_keys=True, separators=(',', ':'))
        (folder / f'{name}.json').write_text(text + '\n', encoding='utf-8')


if __name__ == '__main__':
    main(sys.argv[1])
