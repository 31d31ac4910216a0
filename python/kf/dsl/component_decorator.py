# SPDX-License-Identifier: Apache-2.0
"""The decorator that makes components of Python functions."""


def component(
    func=None,
    *,
    base_image=None,
    target_image=None,
    packages_to_install=None,
    pip_index_urls=None,
    output_component_file=None,
    install_kfp_package=True,
    kfp_package_path=None,
    pip_trusted_hosts=None,
    use_venv=False,
    additional_funcs=None,
    embedded_artifact_path=None,
    task_config_passthroughs=None,
    runtime=None,
):
    """Make a component of a Python function, which runs in a container of its own.

    The function must stand on its own: what it imports, it imports inside. Its annotations say what
    its arguments are: str, int, float, bool, list and dict are parameters, `Input[Dataset]` and
    `Output[Model]` are artifacts, `InputPath` and `OutputPath` are paths of files.

    Args:
        base_image: The image it runs in, by default python:3.11.
        target_image: An image that holds the function already.
        packages_to_install: What pip installs before the function is called.
        pip_index_urls: Where pip looks, by default PyPI.
        output_component_file: A YAML file to write the component to. Deprecated: use the compiler.
        install_kfp_package: With the runtime "kfp": install the package kfp too.
        kfp_package_path: With the runtime "kfp": what pip installs for kfp.
        pip_trusted_hosts: Hosts that pip trusts without a valid certificate.
        use_venv: Install into a virtual environment, where the system cannot be written to.
        additional_funcs: Functions that travel with this one and can be called in it.
        embedded_artifact_path: A file or folder that travels with the function, which finds it in
            an argument annotated as `EmbeddedInput[Dataset]`; modules in it can be imported.
        task_config_passthroughs: Settings of the task that are handed to an argument annotated as
            `TaskConfig`.
        runtime: "embedded" (the executor travels along) or "kfp" (as KFP launches it).
    """
    if output_component_file is not None:
        import warnings

        warnings.warn(
            "output_component_file is deprecated; use Compiler().compile()",
            DeprecationWarning,
            stacklevel=2,
        )
    options = {
        "base_image": base_image,
        "target_image": target_image,
        "packages_to_install": packages_to_install,
        "pip_index_urls": pip_index_urls,
        "output_component_file": output_component_file,
        "install_kfp_package": install_kfp_package,
        "kfp_package_path": kfp_package_path,
        "pip_trusted_hosts": pip_trusted_hosts,
        "use_venv": use_venv,
        "additional_funcs": additional_funcs,
        "task_config_passthroughs": task_config_passthroughs,
        "runtime": runtime,
    }

    def decorate(function):
        from kf.dsl import _embedded, component_factory

        helper = None
        if embedded_artifact_path:
            helper = _embedded.artifact_helper(embedded_artifact_path)
        return component_factory.create_component_from_func(function, helper=helper, **options)

    return decorate if func is None else decorate(func)
