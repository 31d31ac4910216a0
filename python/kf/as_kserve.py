# SPDX-License-Identifier: Apache-2.0
"""Importing this module makes libkf answer `import kserve`: the classes that a model.py needs.

    import kf.as_kserve
    from kserve import Model, ModelServer
"""

from kf.serving import _alias

_alias.install()
