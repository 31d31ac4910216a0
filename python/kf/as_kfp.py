# SPDX-License-Identifier: Apache-2.0
"""Importing this module makes libkf answer `import kfp`, and write documents as KFP does.

    import kf.as_kfp
    from kfp import compiler, dsl

Components are then launched by the package kfp (the runtime "kfp") and every task has a component
of its own in the document, unless they or the compiler are told otherwise.
"""

from kf import _kfp_alias
from kf.dsl import _settings

_kfp_alias.install()
_settings.as_kfp = True
