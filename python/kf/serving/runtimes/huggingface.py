# SPDX-License-Identifier: Apache-2.0
"""Models of Hugging Face are not served here."""

from kf.serving._base import Model


class Runtime(Model):
    def __init__(self, name, path):
        super().__init__(name)
        self._path = path

    def load(self):
        raise NotImplementedError(
            "models of format huggingface are not served on this machine: write a"
            " kf.serving.Model that loads the model with the package transformers"
        )
