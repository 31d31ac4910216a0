# SPDX-License-Identifier: Apache-2.0
"""Models of PyTorch: a TorchScript file (.pt, .pth, .torchscript), or an archive of torchserve (.mar)
whose model is one.

An archive's handler is not run: what it does before and after the model belongs into a
kf.serving.Model.
"""

import json
import os
import shutil
import tempfile
import zipfile

from kf.serving._base import Model
from kf.serving._errors import InferenceError, InvalidInput
from kf.serving._payload import get_predict_input, get_predict_response
from kf.serving.runtimes import needs, one_file


def _find(path):
    """The model's file: torchserve keeps archives in model-store/ of the folder."""
    store = os.path.join(path, "model-store") if path else ""
    if os.path.isdir(store):
        return one_file(store, (".mar",))
    return one_file(path, (".pt", ".pth", ".torchscript", ".mar"))


def _unpack(archive, folder):
    """The TorchScript file of an archive, copied into a folder."""
    with zipfile.ZipFile(archive) as opened:
        manifest = json.loads(opened.read("MAR-INF/MANIFEST.json"))
        name = manifest.get("model", {}).get("serializedFile")
        if not name:
            raise ValueError(f"the archive {archive} names no serializedFile")
        if manifest["model"].get("modelFile"):
            raise NotImplementedError(
                f"the archive {archive} has a model in Python ({manifest['model']['modelFile']});"
                " save it with torch.jit.script, or write a kf.serving.Model"
            )
        target = os.path.join(folder, os.path.basename(name))
        with opened.open(name) as source, open(target, "wb") as copy:
            shutil.copyfileobj(source, copy)
        return target


class Runtime(Model):
    def __init__(self, name, path):
        super().__init__(name)
        self._path = path
        self._torch = self._module = self._dtype = None

    def load(self):
        file = _find(self._path)
        self._torch = needs("torch")
        with tempfile.TemporaryDirectory() as folder:
            if file.endswith(".mar"):
                file = _unpack(file, folder)
            self._module = self._torch.jit.load(file, map_location="cpu")
        self._module.eval()
        floats = (p.dtype for p in self._module.parameters() if p.is_floating_point())
        self._dtype = next(floats, self._torch.float32)
        self.ready = True
        return self.ready

    def _run(self, tensor):
        """Numbers with a fraction are of the model's own type; JSON writes others without one."""
        if tensor.is_floating_point():
            return self._module(tensor.to(self._dtype))
        try:
            return self._module(tensor)
        except RuntimeError:
            return self._module(tensor.to(self._dtype))

    def predict(self, payload, headers=None):
        rows = get_predict_input(payload)
        if not hasattr(rows, "dtype"):
            raise InvalidInput("a model of PyTorch takes numbers")
        try:
            with self._torch.inference_mode():
                result = self._run(self._torch.as_tensor(rows))
        except Exception as error:
            raise InferenceError(str(error)) from error
        result = result[0] if isinstance(result, (tuple, list)) else result
        return get_predict_response(payload, result.numpy(), self.name)
