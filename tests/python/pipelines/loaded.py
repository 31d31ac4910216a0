# SPDX-License-Identifier: Apache-2.0
"""Components read from YAML of the first version, by themselves and in pipelines."""

from typing import List

from kfp import components, dsl
from kfp.dsl import Artifact, Dataset, Output

EVERYTHING = """
name: Convert Table-s!
inputs:
- {name: Text to write, type: String, default: 'it''s'}
- {name: Lines, type: Integer, default: '10', optional: true}
- {name: rate, type: Float, default: '1e-3'}
- {name: flag, type: Bool, default: 'TRUE'}
- {name: options, type: JsonObject, default: '{"a": [1, {"b": true}]}'}
- {name: columns, type: JsonArray, default: '[1, "x"]'}
- {name: Data Set, type: Dataset}
- {name: anything}
- {name: table, type: {GCSPath: {data_type: CSV}}}
- {name: extra, type: CSV, optional: true}
outputs:
- {name: Message, type: String}
- {name: total, type: Integer}
- {name: names, type: JsonArray}
- {name: Model Out, type: Model}
- {name: report, type: {GCSPath: {data_type: TSV}}}
metadata:
  annotations: {author: Someone}
  labels: {kind: example}
implementation:
  container:
    image: registry/converter:1
    command: [sh, -c, 'exec "$0" "$@"']
    args:
    - --text
    - {inputValue: Text to write}
    - {inputValue: Lines}
    - {inputValue: rate}
    - {inputValue: flag}
    - {inputValue: options}
    - {inputValue: columns}
    - {inputPath: Data Set}
    - {inputUri: anything}
    - {inputPath: table}
    - if:
        cond: {isPresent: extra}
        then: [--extra, {inputPath: extra}]
        else: [--no-extra]
    - concat: ['{"lines": ', {inputValue: Lines}, '}']
    - {outputPath: Message}
    - {outputPath: total}
    - {outputPath: names}
    - {outputUri: Model Out}
    - {outputPath: report}
    env: {A: b}
"""

LAUNCHER = """
name: launch_job
inputs:
- {name: project, type: String}
- {name: specs, type: JsonArray}
- {name: labels, type: JsonObject, optional: true, default: '{}'}
- {name: model, type: google.VertexModel, optional: true}
outputs:
- {name: resources, type: String}
- {name: endpoint, type: google.VertexEndpoint}
implementation:
  container:
    image: registry/launcher:1
    command: [python3, -m, launcher]
    args: [
      --payload,
      concat: ['{"specs": ', {inputValue: specs}, ', "labels": ', {inputValue: labels}, '}'],
      --project, {inputValue: project},
      if: {cond: {isPresent: model}, then: [--model, {inputUri: model}]},
      --resources, {outputPath: resources},
      --executor_input, {executorInput: null},
    ]
"""

everything = components.load_component_from_text(EVERYTHING)
launch = components.load_component_from_text(LAUNCHER)


@dsl.component
def write(text: str, data: Output[Dataset], other: Output[Artifact]):
    pass


@dsl.pipeline
def converted(text: str, numbers: List[int] = [1]):
    made = write(text=text)
    data, other = made.outputs["data"], made.outputs["other"]
    first = everything(data_set=data, anything=other, table=other)
    second = everything(
        text_to_write=first.outputs["message"],
        lines=first.outputs["total"],
        options={"text": text, "n": [numbers]},
        data_set=data,
        anything=first.outputs["model_out"],
        table=first.outputs["report"],
        extra=other,
    )
    second.set_cpu_limit("2").set_env_variable("C", "d").set_display_name("Again")
    with dsl.ParallelFor(second.outputs["names"]) as name:
        with dsl.If(name != "x"):
            everything(text_to_write=name, data_set=data, anything=data, table=other, flag=False)


@dsl.pipeline
def launched(project: str):
    made = write(text=project)
    job = launch(project=project, specs=[{"image": f"i-{project}", "n": 1}, {"model": "m"}])
    write(text=job.outputs["resources"]).after(made)


CASES = {
    "everything": everything,
    "launch": launch,
    "converted": converted,
    "launched": launched,
}
