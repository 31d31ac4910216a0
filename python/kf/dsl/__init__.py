# SPDX-License-Identifier: Apache-2.0
"""What pipelines and components are written in."""

from kf.dsl._settings import set_default_runtime
from kf.dsl.component_decorator import component
from kf.dsl.component_task_config import TaskConfigField, TaskConfigPassthrough
from kf.dsl.container_component_decorator import container_component
from kf.dsl.for_loop import Collected
from kf.dsl.notebook_component_decorator import notebook_component, run_notebook
from kf.dsl.pipeline_channel import OneOf
from kf.dsl.pipeline_config import KubernetesWorkspaceConfig, PipelineConfig, WorkspaceConfig
from kf.dsl.pipeline_context import pipeline
from kf.dsl.pipeline_task import PipelineTask
from kf.dsl.placeholders import ConcatPlaceholder, IfPresentPlaceholder
from kf.dsl.structures import ContainerSpec
from kf.dsl.task_config import TaskConfig
from kf.dsl.task_final_status import PipelineTaskFinalStatus
from kf.dsl.tasks_group import Condition, Elif, Else, ExitHandler, If, ParallelFor
from kf.dsl.types.artifact_types import (
    HTML,
    Artifact,
    ClassificationMetrics,
    Dataset,
    Markdown,
    Metrics,
    Model,
    SlicedClassificationMetrics,
    get_uri,
)
from kf.dsl.types.type_annotations import EmbeddedInput, Input, InputPath, Output, OutputPath

__all__ = [
    "Artifact",
    "ClassificationMetrics",
    "Collected",
    "ConcatPlaceholder",
    "Condition",
    "ContainerSpec",
    "Dataset",
    "Elif",
    "Else",
    "EmbeddedInput",
    "ExitHandler",
    "HTML",
    "If",
    "IfPresentPlaceholder",
    "Input",
    "InputPath",
    "KubernetesWorkspaceConfig",
    "Markdown",
    "Metrics",
    "Model",
    "OneOf",
    "Output",
    "OutputPath",
    "PIPELINE_JOB_CREATE_TIME_UTC_PLACEHOLDER",
    "PIPELINE_JOB_ID_PLACEHOLDER",
    "PIPELINE_JOB_NAME_PLACEHOLDER",
    "PIPELINE_JOB_RESOURCE_NAME_PLACEHOLDER",
    "PIPELINE_JOB_SCHEDULE_TIME_UTC_PLACEHOLDER",
    "PIPELINE_ROOT_PLACEHOLDER",
    "PIPELINE_TASK_EXECUTOR_INPUT_PLACEHOLDER",
    "PIPELINE_TASK_EXECUTOR_OUTPUT_PATH_PLACEHOLDER",
    "PIPELINE_TASK_ID_PLACEHOLDER",
    "PIPELINE_TASK_NAME_PLACEHOLDER",
    "ParallelFor",
    "PipelineConfig",
    "PipelineTask",
    "PipelineTaskFinalStatus",
    "SlicedClassificationMetrics",
    "TaskConfig",
    "TaskConfigField",
    "TaskConfigPassthrough",
    "WORKSPACE_PATH_PLACEHOLDER",
    "WorkspaceConfig",
    "component",
    "container_component",
    "get_uri",
    "importer",
    "notebook_component",
    "pipeline",
    "run_notebook",
    "set_default_runtime",
]

#: The run's name.
PIPELINE_JOB_NAME_PLACEHOLDER = "{{$.pipeline_job_name}}"
#: The name of the resource that stands for the run.
PIPELINE_JOB_RESOURCE_NAME_PLACEHOLDER = "{{$.pipeline_job_resource_name}}"
#: The run's id.
PIPELINE_JOB_ID_PLACEHOLDER = "{{$.pipeline_job_uuid}}"
#: The task's name.
PIPELINE_TASK_NAME_PLACEHOLDER = "{{$.pipeline_task_name}}"
#: The task's id.
PIPELINE_TASK_ID_PLACEHOLDER = "{{$.pipeline_task_uuid}}"
#: The path of the file in which a task tells its outputs.
PIPELINE_TASK_EXECUTOR_OUTPUT_PATH_PLACEHOLDER = "{{$.outputs.output_file}}"
#: All that a task is given, as JSON.
PIPELINE_TASK_EXECUTOR_INPUT_PLACEHOLDER = "{{$}}"
#: Where the run's artifacts go.
PIPELINE_ROOT_PLACEHOLDER = "{{$.pipeline_root}}"
#: When the run was created.
PIPELINE_JOB_CREATE_TIME_UTC_PLACEHOLDER = "{{$.pipeline_job_create_time_utc}}"
#: When the run was scheduled.
PIPELINE_JOB_SCHEDULE_TIME_UTC_PLACEHOLDER = "{{$.pipeline_job_schedule_time_utc}}"
#: The folder that all tasks of a run share.
WORKSPACE_PATH_PLACEHOLDER = "{{$.workspace_path}}"


def __dir__():
    return sorted({*globals(), *__all__})


def __getattr__(name):
    if name == "importer":
        from kf.dsl.importer_node import importer

        globals()["importer"] = importer
        return importer
    if name.startswith("_"):
        raise AttributeError(f"module 'kf.dsl' has no attribute {name!r}")
    import importlib

    from kf import _kfp_alias

    # `kf.dsl.pipeline_task` and the like, without their having been imported.
    module = _kfp_alias.target(f"kfp.dsl.{name}")
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
    raise AttributeError(f"module 'kf.dsl' has no attribute {name!r}")
