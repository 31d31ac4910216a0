# SPDX-License-Identifier: Apache-2.0
"""The decorator that makes components of notebooks."""

from kf._runtime import run_notebook

__all__ = ["notebook_component", "run_notebook"]


def notebook_component(
    func=None,
    *,
    notebook_path,
    base_image=None,
    packages_to_install=None,
    output_component_file=None,
    pip_index_urls=None,
    pip_trusted_hosts=None,
    use_venv=False,
    kfp_package_path=None,
    install_kfp_package=True,
    task_config_passthroughs=None,
    runtime=None,
):
    """Make a component of a function that executes a notebook, which travels with it.

    The function calls `dsl.run_notebook(name=value, ...)`: the values are put into a cell after the
    one tagged `parameters`, or at the top.

    Args:
        notebook_path: The .ipynb file, or a folder with exactly one.
        packages_to_install: By default what is needed to execute notebooks; [] for nothing.

    The other arguments are those of `dsl.component`.
    """

    def decorate(function):
        from kf.dsl import _embedded, component_factory

        return component_factory.create_component_from_func(
            function,
            helper=_embedded.notebook_helper(notebook_path),
            base_image=base_image,
            packages_to_install=packages_to_install,
            notebook=True,
            output_component_file=output_component_file,
            pip_index_urls=pip_index_urls,
            pip_trusted_hosts=pip_trusted_hosts,
            use_venv=use_venv,
            kfp_package_path=kfp_package_path,
            install_kfp_package=install_kfp_package,
            task_config_passthroughs=task_config_passthroughs,
            runtime=runtime,
        )

    return decorate if func is None else decorate(func)
