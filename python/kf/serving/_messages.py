# SPDX-License-Identifier: Apache-2.0
"""The messages of gRPC by name, for the annotations and isinstance() of models that are written for
KServe: here every request of V2 reaches a model as an InferRequest, and none is ever made."""


class _Message:
    def __init__(self, *_, **__):
        raise NotImplementedError(
            f"{type(self).__name__}: models answer with an InferResponse here, not with messages of gRPC"
        )


class ModelInferRequest(_Message):
    """Never made."""


class ModelInferResponse(_Message):
    """Never made."""


class InferParameter(_Message):
    """Never made."""
