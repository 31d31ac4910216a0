# SPDX-License-Identifier: Apache-2.0
"""Reading components from YAML."""

from kf.dsl.base_component import YamlComponent
from kf.errors import IOFailure


def load_component_from_text(text):
    """A component from YAML text."""
    if not isinstance(text, (str, bytes)):
        raise TypeError(f"a component is read from text, got {text!r} of type {type(text)}")
    return YamlComponent(text)


def load_component_from_file(file_path):
    """A component from a YAML file."""
    with open(file_path, "rb") as file:
        return load_component_from_text(file.read())


def load_component_from_url(url, auth=None):
    """A component from YAML at a url: http, https, file, or gs for what is public there.

    Args:
        auth: User and password, as a tuple.
    """
    import base64
    import urllib.error
    import urllib.request

    if not isinstance(url, str):
        raise ValueError(f"url must be a string, got {url!r}")
    if url.startswith("gs://"):
        url = "https://storage.googleapis.com/" + url.removeprefix("gs://")
    request = urllib.request.Request(url)
    if auth is not None:
        token = base64.b64encode(":".join(auth).encode()).decode("ascii")
        request.add_unredirected_header("Authorization", f"Basic {token}")
    try:
        with urllib.request.urlopen(request) as response:
            text = response.read()
    except urllib.error.URLError as error:
        why = error if isinstance(error, urllib.error.HTTPError) else error.reason
        raise IOFailure(f"cannot read {url}: {why}") from error
    return load_component_from_text(text)
