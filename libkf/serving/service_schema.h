/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of KServe's documents, and of the parts of Kubernetes' pods within them. */
#ifndef KF_SERVING_SERVICE_SCHEMA_H
#define KF_SERVING_SERVICE_SCHEMA_H

#include "base/schema.h"

extern const kf_field kf__inference_service_fields[];
extern const kf_field kf__serving_runtime_fields[]; /* Of the cluster's too. */
extern const kf_field kf__inference_graph_fields[];
extern const kf_field kf__trained_model_fields[];
extern const kf_field kf__storage_container_fields[];

extern const kf_field kf__container_fields[];
extern const kf_field kf__pod_fields[];
extern const kf_field kf__volume_fields[];
extern const kf_field kf__affinity_fields[];
extern const kf_field kf__toleration_fields[];
extern const kf_field kf__resources_fields[];
extern const kf_field kf__env_var_fields[];
extern const kf_field kf__label_selector_fields[];
extern const kf_field kf__local_reference_fields[];
extern const kf_field kf__resource_claim_fields[];

#endif
