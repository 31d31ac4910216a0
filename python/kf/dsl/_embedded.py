# SPDX-License-Identifier: Apache-2.0
"""Files and notebooks that travel in a component's source, packed the same way every time."""

import base64
import gzip
import io
import pathlib
import tarfile
import warnings

from kf.errors import InvalidArgument

_LARGE = 1024 * 1024

# Names that begin with __KFP_EMBEDDED_ASSET are read by the executors, KFP's included.
_UNPACK = """\
__KFP_EMBEDDED_ARCHIVE_B64 = '{archive}'


def __kf_unpack(archive):
    import atexit, base64, io, shutil, sys, tarfile, tempfile
    folder = tempfile.mkdtemp(prefix='embedded-')
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(archive)), mode='r:gz') as tar:
        tar.extractall(folder)
    sys.path.insert(0, folder)
    return folder


__KFP_EMBEDDED_ASSET_DIR = __kf_unpack(__KFP_EMBEDDED_ARCHIVE_B64)
"""

_FILE = """\
__KFP_EMBEDDED_ASSET_FILE = __KFP_EMBEDDED_ASSET_DIR + '/' + {name!r}
"""


def _normalized(member):
    """A tar member that does not tell when, where and by whom it was packed."""
    member.mtime = 0
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
    return None if "__pycache__" in member.name.split("/") else member


def pack(path):
    """A file or folder as base64 of a tar.gz whose bytes depend on its content alone."""
    path = pathlib.Path(path)
    if not path.exists():
        raise InvalidArgument(f"embedded_artifact_path does not exist: {path}")
    buffer = io.BytesIO()
    # tarfile adds a folder's content in the order of names.
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        tar.add(path, arcname="." if path.is_dir() else path.name, filter=_normalized)
    packed = gzip.compress(buffer.getvalue(), mtime=0)
    if len(packed) > _LARGE:
        warnings.warn(
            f"what is embedded from {path} is large ({len(packed) / _LARGE:.1f} MB compressed) and "
            "travels with every task; an image or an artifact store is a better place for it",
            UserWarning,
            stacklevel=5,
        )
    return base64.b64encode(packed).decode("ascii")


def artifact_helper(path):
    """The source that unpacks an embedded file or folder when the component is loaded."""
    path = pathlib.Path(path)
    source = _UNPACK.format(archive=pack(path))
    return source + (_FILE.format(name=path.name) if path.is_file() else "")


def _notebook_within(path):
    if not path.exists():
        raise InvalidArgument(f"Notebook path does not exist: {path}")
    if not path.is_dir():
        if path.suffix.lower() != ".ipynb":
            raise InvalidArgument(f"Invalid notebook_path (expected .ipynb file): {path}")
        return path.name
    found = sorted(
        each.relative_to(path)
        for each in path.rglob("*.ipynb")
        if each.is_file() and ".ipynb_checkpoints" not in each.parts
    )
    if not found:
        raise InvalidArgument(f"No .ipynb files found in directory: {path}")
    if len(found) > 1:
        raise InvalidArgument(
            f"Multiple .ipynb files found in directory: {path}. Exactly one is required."
        )
    return found[0].as_posix()


def notebook_helper(path):
    """The source that unpacks an embedded notebook and gives dsl.run_notebook its meaning."""
    path = pathlib.Path(path)
    name = _notebook_within(path)
    runner = pathlib.Path(__file__).with_name("_notebook_runner.py").read_text("utf-8")
    runner = runner[runner.index("def ") :]
    return _UNPACK.format(archive=pack(path)) + _FILE.format(name=name) + "\n\n" + runner
