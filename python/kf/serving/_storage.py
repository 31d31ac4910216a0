# SPDX-License-Identifier: Apache-2.0
"""kserve.storage.Storage for models that fetch their files themselves: what is on this machine.

`kf serve` fetches what a document's storageUri names before a model starts, and hands it the path.
"""

import os
from urllib.parse import unquote, urlsplit

from kf.serving._errors import ModelMissingError


class Storage:
    """Finds the files of a model."""

    @staticmethod
    def download(uri, out_dir=None, model_dir=None):
        """The path of files that are on this machine: a path, or file://."""
        parts = urlsplit(uri)
        if parts.scheme not in ("", "file"):
            raise NotImplementedError(
                f"{uri}: name it as the document's storageUri, and `kf serve` fetches it"
            )
        path = unquote(parts.path) if parts.scheme else uri
        if not os.path.exists(path):
            raise ModelMissingError(f"there is no model at {path}")
        return path

    download_files = download
