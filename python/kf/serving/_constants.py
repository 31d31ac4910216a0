# SPDX-License-Identifier: Apache-2.0
"""The constants of KServe that programs use."""

from kf.serving._base import PredictorProtocol  # noqa: F401

KSERVE_GROUP = "serving.kserve.io"
KSERVE_V1BETA1_VERSION = "v1beta1"
KSERVE_V1ALPHA1_VERSION = "v1alpha1"
KSERVE_V1BETA1 = f"{KSERVE_GROUP}/{KSERVE_V1BETA1_VERSION}"
KSERVE_V1ALPHA1 = f"{KSERVE_GROUP}/{KSERVE_V1ALPHA1_VERSION}"
KSERVE_KIND_INFERENCESERVICE = "InferenceService"
KSERVE_KIND_INFERENCEGRAPH = "InferenceGraph"
KSERVE_KIND_TRAINEDMODEL = "TrainedModel"
KSERVE_MODEL_SERVER_NAME = "kserve"

DEFAULT_HTTP_PORT = 8080
V1_ROUTE_PREFIX = "/v1"
V2_ROUTE_PREFIX = "/v2"

#: Where the length of the JSON before binary tensors is said.
INFERENCE_CONTENT_LENGTH_HEADER = "inference-header-content-length"
