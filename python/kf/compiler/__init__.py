# SPDX-License-Identifier: Apache-2.0
"""Writing pipelines and components as KFP's documents."""

from kf.compiler.compiler import Compiler
from kf.compiler.compiler_utils import KubernetesManifestOptions

__all__ = ["Compiler", "KubernetesManifestOptions"]
