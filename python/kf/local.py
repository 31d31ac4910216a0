# SPDX-License-Identifier: Apache-2.0
"""Running components and pipelines on this machine, by calling them.

    from kf import dsl, local

    local.init(local.SubprocessRunner())
    task = add(a=1, b=2)
    assert task.output == 3

The names and their meaning are those of `kfp.local`. Underneath is libkf's engine: tasks run in parallel,
Python components in warm workers with one environment per set of requirements, and every run is
kept in the store ($KF_HOME, or ~/.kf), where the command `kf` finds it.
"""

import os

from kf import errors

__all__ = ["init", "SubprocessRunner", "DockerRunner"]


class SubprocessRunner:
    """Run tasks as processes on this machine.

    Args:
        use_venv: Give components the packages they ask for, in an environment per set of
            requirements that is built once. False: run them in this interpreter as it is.
        serialize_pip_installs: Accepted as in KFP. An environment is always built by one process
            at a time, and never while it holds up other tasks.
        max_concurrent_pip_installs: Accepted as in KFP.
        host_commands: Beyond KFP: run the commands of container components on this machine too.
        jobs: Beyond KFP: tasks at a time; 0 is the number of processors.
    """

    def __init__(
        self,
        use_venv=True,
        serialize_pip_installs=True,
        max_concurrent_pip_installs=1,
        host_commands=False,
        jobs=0,
    ):
        self.use_venv = use_venv
        self.serialize_pip_installs = serialize_pip_installs
        self.max_concurrent_pip_installs = max_concurrent_pip_installs
        self.host_commands = host_commands
        self.jobs = jobs

    def __repr__(self):
        fields = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"SubprocessRunner({fields})"

    def __eq__(self, other):
        return isinstance(other, SubprocessRunner) and vars(self) == vars(other)


class DockerRunner:
    """Run tasks in containers: not in this version of libkf.

    It exists so that a program written for KFP says what to do instead of failing to import.
    """

    def __init__(self, max_concurrent_pip_installs=1, **container_run_args):
        raise errors.Unsupported(
            "this version of libkf runs no containers: use local.SubprocessRunner(), with "
            "host_commands=True if commands of container components may run on this machine"
        )


class _Session:
    """What `init` was told."""

    def __init__(self, runner, pipeline_root, workspace_root, raise_on_error, enable_caching, home):
        self.runner = runner
        self.pipeline_root = pipeline_root
        self.workspace_root = workspace_root
        self.raise_on_error = raise_on_error
        self.enable_caching = enable_caching
        self.home = home

    def options(self, arguments):
        """The fields of kf_run_options."""
        import sys

        return {
            "arguments": arguments,
            "pipeline_root": self.pipeline_root,
            "workspace_root": self.workspace_root,
            "jobs": self.runner.jobs,
            "no_cache": not self.enable_caching,
            "containers": int(self.runner.host_commands),
            "python": sys.executable,
            "no_environments": not self.runner.use_venv,
        }


_session = None
_LOOK_SECONDS = 0.05  # Between two looks at what a running task has written.


def init(
    runner,
    pipeline_root="./local_outputs",
    workspace_root=None,
    raise_on_error=True,
    enable_caching=False,
    cache_root=None,
):
    """Start a session: from now on components and pipelines run when they are called.

    Args:
        runner: A SubprocessRunner.
        pipeline_root: Folder that artifacts go to.
        workspace_root: Folder that serves as the workspace; it is kept. None: one per run.
        raise_on_error: Raise RuntimeError when a task fails; otherwise the outputs are empty.
        enable_caching: Take outputs of earlier executions where nothing has changed. A task with
            `set_caching_options(enable_caching=False)` is executed all the same.
        cache_root: Folder of a store of its own; None: the common one, $KF_HOME or ~/.kf.
    """
    global _session
    if not isinstance(runner, SubprocessRunner):
        raise errors.InvalidArgument(
            f"runner must be a local.SubprocessRunner, got {runner!r} of type {type(runner).__name__}"
        )
    _session = _Session(
        runner,
        os.path.abspath(pipeline_root),
        os.path.abspath(workspace_root) if workspace_root else None,
        raise_on_error,
        enable_caching,
        os.path.abspath(cache_root) if cache_root else None,
    )


def _execute(component, arguments):
    """Run a component or pipeline that was called outside a pipeline; its task, with the outputs."""
    from kf.dsl import _settings
    from kf.dsl.pipeline_task import PipelineTask

    if _session is None:
        raise errors.InvalidState(
            f"{component.name} was called outside of a pipeline: call kf.local.init() first to "
            "execute components on this machine"
        )
    if _settings.type_check():
        _check_types(component, arguments)
    described = _run(component, arguments)
    outputs = {}
    if described is not None:
        values = described["outputs"]
        for name, spec in component.component_outputs.items():
            if name in values:
                outputs[name] = _output(values[name], spec)
    return PipelineTask._executed(component, arguments, outputs)


def _check_types(component, arguments):
    """Refuse arguments that do not fit, as where the component is used in a pipeline."""
    from kf.dsl import _settings
    from kf.dsl.pipeline_context import Pipeline
    from kf.dsl.pipeline_task import PipelineTask

    inputs = component.component_inputs
    constants = {
        name: value for name, value in arguments.items() if inputs[name].is_parameter
    }
    PipelineTask(component, constants, Pipeline("check", {}, _settings.runtime()), unchecked=False)


def _run(component, arguments):
    """Run to the end; what the store says of the run, or None if it failed and that is not raised."""
    from kf import _native
    from kf._local_log import Progress

    session = _session
    store = _native.store_open(session.home)
    progress = Progress(_native, store, component.name)
    options = session.options({name: _argument(value) for name, value in arguments.items()})
    options["run_folder"] = _run_folder(session.pipeline_root, component.name)
    run = _native.run_start(store, component._pipeline_handle(), options, progress)
    try:
        while not _native.run_wait(run, _LOOK_SECONDS):
            progress.show()
    except BaseException:
        _native.run_cancel(run)
        _native.run_wait(run, 30)
        raise
    finally:
        progress.show()
    described = _native.run_describe(run)
    if described["state"] == "SUCCEEDED":
        return described
    if session.raise_on_error:
        message = _why(component.name, described, progress.failure)
        raise errors.RunFailed(message, where=f"run {described['id']}")
    return None


def _run_folder(root, name):
    """Make the folder of a new run in the root, with KFP's name for it; its name."""
    import datetime

    while True:
        now = datetime.datetime.now().strftime("%Y-%m-%d-%H-%M-%S-%f")
        folder = os.path.join(root, f"{name}-{now}")
        try:
            os.makedirs(folder)
            return os.path.basename(folder)
        except FileExistsError:
            pass  # By another run, in the same microsecond.


def _why(name, described, failure):
    """The message for a run that did not succeed; the task that failed, from the inside out."""
    if failure is None:
        return f"{name} {described['state']}: {described['error'] or 'no task says why'}"
    *groups, task = failure[0].split("/")
    within = "".join(f" inside {group!r}" for group in reversed(groups))
    return f"{name} {described['state']}: task {task!r}{within}: {failure[1]}"


def _argument(value):
    """An argument as the engine takes it: an artifact as its record, the rest as it is."""
    if isinstance(value, (list, tuple)):
        return [_argument(item) for item in value]
    if hasattr(value, "uri") and hasattr(value, "metadata"):
        return {
            "name": value.name,
            "uri": value.uri,
            "metadata": dict(value.metadata),
            "type": {"schemaTitle": value.schema_title, "schemaVersion": value.schema_version},
        }
    return value


def _output(value, spec):
    """An output as Python takes it: the record of an artifact as an object of its class."""
    if spec.is_parameter:
        return value
    if spec.is_artifact_list:
        return [_artifact(record) for record in (value if isinstance(value, list) else [value])]
    return _artifact(value)


def _artifact(record):
    from kf import _runtime

    cls = _runtime._SCHEMA_TITLE_TO_TYPE.get(record["type"], _runtime.Artifact)
    return cls(name=record["name"], uri=record["uri"], metadata=record["metadata"])
