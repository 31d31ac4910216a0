# SPDX-License-Identifier: Apache-2.0
"""The models of a server, by name."""

import os

from kf.serving._base import settled
from kf.serving._errors import ModelNotFound, ModelNotReady

MODEL_MOUNT_DIRS = "/mnt/models"


class ModelRepository:
    """The models of a server. Derive from it to load models when a client asks for them
    (`load`)."""

    def __init__(self, models_dir=MODEL_MOUNT_DIRS):
        self.models = {}
        self.models_dir = models_dir

    def load_models(self):
        """Load what is in each folder of `models_dir`."""
        for name in os.listdir(self.models_dir):
            if os.path.isdir(os.path.join(self.models_dir, name)):
                self.load_model(name)

    def set_models_dir(self, models_dir):
        self.models_dir = models_dir

    def get_model(self, name):
        return self.models.get(name)

    def get_models(self):
        return self.models

    async def is_model_ready(self, name):
        model = self.models.get(name)
        return bool(model) and await settled(model.healthy())

    def update(self, model, name=None):
        """Add a model, or put it in the place of one of the same name."""
        self.models[name or model.name] = model

    def load(self, name):
        """Load the model of this name; to be overridden."""

    def load_model(self, name):
        """Load the model of this name; to be overridden."""

    def unload(self, name):
        """Stop the model and forget it."""
        if name not in self.models:
            raise KeyError(f"model with name {name} does not exist")
        model = self.models[name]
        if callable(getattr(model, "stop", None)):
            model.stop()
        if model.engine:
            model.stop_engine()
        del self.models[name]

    async def find(self, name):
        """The model of this name, ready; ModelNotFound, ModelNotReady."""
        model = self.models.get(name)
        if model is None:
            raise ModelNotFound(name)
        if not await settled(model.healthy()):
            raise ModelNotReady(name)
        return model
