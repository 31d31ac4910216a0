# SPDX-License-Identifier: Apache-2.0
"""Python components, each compiled by itself."""

import functools
from typing import Any, Dict, List, NamedTuple, Optional

from kfp import dsl
from kfp.dsl import Artifact, Dataset, Input, InputPath, Model, Output, OutputPath


@dsl.component
def nothing():
    pass


@dsl.component
def every_parameter(
    text: str, number: int, ratio: float, flag: bool, members: dict, items: list
) -> str:
    return text


@dsl.component
def every_default(
    text: str = 'it\'s "quoted" \\ and: more # not a comment',
    empty: str = "",
    number: int = -3,
    ratio: float = 0.1,
    big: float = 1e300,
    flag: bool = False,
    members: dict = {"b": {"c": [1.5, True, "x"]}},
    items: list = ["b", "a"],
) -> int:
    return 1


@dsl.component
def generic_types(
    strings: List[str],
    numbers: List[int] = [1, 2],
    table: Dict[str, float] = {"x": 1.0},
    deep: List[Dict[str, List[int]]] = [{"a": [1]}],
    builtin: list[str] = ["a"],
    builtin_dict: dict[str, int] = {"k": 1},
) -> List[str]:
    return strings


@dsl.component
def optional_types(
    text: Optional[str] = None,
    number: Optional[int] = 3,
    items: Optional[List[int]] = None,
    data: Optional[Input[Dataset]] = None,
) -> float:
    return 1.0


@dsl.component
def artifacts(
    data: Input[Dataset], model: Input[Model], many: Input[List[Artifact]], out: Output[Dataset]
):
    pass


@dsl.component
def every_artifact(
    a: Output[Artifact],
    b: Output[dsl.Dataset],
    c: Output[dsl.Model],
    d: Output[dsl.Metrics],
    e: Output[dsl.ClassificationMetrics],
    f: Output[dsl.SlicedClassificationMetrics],
    g: Output[dsl.HTML],
    h: Output[dsl.Markdown],
):
    pass


@dsl.component
def paths(
    data: InputPath("Dataset"),
    model: InputPath(Model),
    unknown: InputPath("Whatever"),
    out_text: OutputPath(str),
    out_number: OutputPath(int),
    out_data: OutputPath("Dataset"),
    out_any: OutputPath(),
):
    pass


@dsl.component
def pythonic_artifact(data: Dataset, several: List[Model]) -> Model:
    return Model(uri=dsl.get_uri())


@dsl.component
def named_tuple(
    data: Input[Dataset],
) -> NamedTuple("Outputs", [("count", int), ("text", str), ("table", dict), ("model", Model)]):
    return (1, "a", {}, Model())


class Outputs(NamedTuple):
    count: int
    items: List[str]


@dsl.component
def named_tuple_class(text: str) -> Outputs:
    return Outputs(1, [text])


@dsl.component
def documented(first: str, second: int = 1) -> NamedTuple("Outputs", [("a", int), ("b", str)]):
    """Does something
    over two lines.

    And says more
      about it.

    Args:
        first: The first one,
            which goes on.
        second (int): The second one.

    Returns:
        a: The number: with a colon.
        b: The text.
    """
    return (1, "")


@dsl.component
def documented_sphinx(first: str, out: Output[Dataset]) -> str:
    """One line.

    :param first: the first
    :param out: the data
    :return: something
    """
    return first


@dsl.component
def documented_numpy(first: str) -> str:
    """One line.

    Parameters
    ----------
    first : str
        The first.
    """
    return first


@dsl.component
def documented_epydoc(first: str, second: int) -> str:
    """One line.

    @param first: The first,
        which goes on.
    @type first: str
    @param second: The second.
    @return: The first.
    """
    return first


def remember(func):
    @functools.wraps(func)
    def wrapper(*args, **kwargs):
        return func(*args, **kwargs)

    return wrapper


@dsl.component(
    base_image="python:3.12",
    packages_to_install=["a==1", 'b[extra]>=2; python_version<"3.9"'],
)
@remember
def decorated(text: str) -> str:
    # A comment.
    return f"""{text}
  not indented
"""


def make_nested():
    @dsl.component(base_image="alpine")
    def nested_function(text: str) -> str:
        if text:
            return text

        return ""

    return nested_function


nested_function = make_nested()


@dsl.component(
    packages_to_install=["numpy"],
    pip_index_urls=["https://one/simple", "https://two/simple"],
)
def index_urls():
    pass


@dsl.component(
    packages_to_install=["numpy"],
    pip_index_urls=["https://one/simple"],
    pip_trusted_hosts=["host-a", "host-b"],
)
def trusted_hosts():
    pass


@dsl.component(pip_index_urls=["https://one/simple"], pip_trusted_hosts=[])
def no_trusted_hosts():
    pass


@dsl.component(use_venv=True, packages_to_install=["numpy"])
def use_venv():
    pass


@dsl.component(install_kfp_package=False)
def without_kfp():
    pass


@dsl.component(install_kfp_package=False, packages_to_install=["numpy"])
def without_kfp_with_packages():
    pass


@dsl.component(packages_to_install=["kfp==2.0.0", "numpy"])
def own_kfp():
    pass


@dsl.component(kfp_package_path="git+https://github.com/kubeflow/pipelines@refs/pull/1/merge")
def kfp_from_elsewhere():
    pass


@dsl.component(target_image="registry/image:1", base_image="python:3.10")
def containerized(text: str) -> str:
    return text


@dsl.component(target_image="registry/image:2", packages_to_install=["numpy"])
def containerized_with_packages(text: str) -> str:
    return text


def helper_one(number: int) -> int:
    return number + 1


def helper_two(number: int) -> int:
    """Helps."""

    return helper_one(number)


@dsl.component(additional_funcs=[helper_one, helper_two])
def with_additional_funcs(number: int) -> int:
    return helper_two(number)


@dsl.component
def final_status(status: dsl.PipelineTaskFinalStatus, text: str = "x"):
    print(status)


@dsl.component(
    task_config_passthroughs=[
        dsl.TaskConfigField.RESOURCES,
        dsl.TaskConfigPassthrough(field=dsl.TaskConfigField.ENV, apply_to_task=True),
    ]
)
def task_config(text: str, config: dsl.TaskConfig):
    print(config)


@dsl.component
def keyword_only(*, first: str, second: int = 1) -> str:
    return first


@dsl.component
def Odd__Name_2(x: int) -> int:
    return x


CASES = {
    each.python_func.__name__: each
    for each in (
        nothing,
        every_parameter,
        every_default,
        generic_types,
        optional_types,
        artifacts,
        every_artifact,
        paths,
        pythonic_artifact,
        named_tuple,
        named_tuple_class,
        documented,
        documented_sphinx,
        documented_numpy,
        documented_epydoc,
        decorated,
        nested_function,
        index_urls,
        trusted_hosts,
        no_trusted_hosts,
        use_venv,
        without_kfp,
        without_kfp_with_packages,
        own_kfp,
        kfp_from_elsewhere,
        containerized,
        containerized_with_packages,
        with_additional_funcs,
        final_status,
        task_config,
        keyword_only,
        Odd__Name_2,
    )
}
