# SPDX-License-Identifier: Apache-2.0
# This text follows, in the source of a notebook component, what unpacks the notebook. It is not
# imported by libkf: __KFP_EMBEDDED_ASSET_FILE, __KFP_EMBEDDED_ASSET_DIR and dsl are there.
def _kf_inject(notebook, parameters):
    import json

    import nbformat

    lines = ["import json"]
    for name, value in parameters.items():
        lines.append(f"{name} = json.loads({json.dumps(value)!r})")
    cell = nbformat.v4.new_code_cell(source="\n".join(lines))
    cell.metadata["tags"] = ["injected-parameters"]
    place = 0
    for index, each in enumerate(notebook.cells):
        if each.cell_type == "code" and "parameters" in each.metadata.get("tags", []):
            place = index + 1
            break
    notebook.cells.insert(place, cell)


def _kf_show(output):
    import sys

    if output.output_type == "stream":
        print(output.text, end="", flush=True)
    elif output.output_type == "error":
        print("\n".join(output.traceback), file=sys.stderr, flush=True)
    else:
        for kind in ("text/plain", "text/markdown", "application/json"):
            if kind in output.get("data", {}):
                print(output.data[kind], flush=True)
                break


def _kf_require_kernel():
    import subprocess
    import sys

    from jupyter_client.kernelspec import KernelSpecManager

    if "python3" not in KernelSpecManager().find_kernel_specs():
        command = [sys.executable, "-m", "ipykernel", "install", "--user", "--name", "python3"]
        subprocess.run(command, check=True)


def _kf_run_notebook(**parameters):
    import nbclient
    import nbformat

    class Client(nbclient.NotebookClient):
        def process_message(self, message, cell, cell_index):
            output = super().process_message(message, cell, cell_index)
            if output is not None:
                _kf_show(output)
            return output

    _kf_require_kernel()
    notebook = nbformat.read(__KFP_EMBEDDED_ASSET_FILE, as_version=4)
    if parameters:
        _kf_inject(notebook, parameters)
    client = Client(notebook, timeout=None, store_widget_state=False, kernel_name="python3")
    client.execute(cwd=__KFP_EMBEDDED_ASSET_DIR)


dsl.run_notebook = _kf_run_notebook
