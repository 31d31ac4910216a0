/* SPDX-License-Identifier: Apache-2.0 */
/* Katib's nasConfig: a search for an architecture. */
#ifndef KF_SEARCH_NAS_H
#define KF_SEARCH_NAS_H

#include "base/value.h"

/* Every operation with every combination of its parameters, in order: a list of {opt_id,
 * opt_type, opt_params}. KF_EMISSING, KF_EINVAL, KF_ETYPE, KF_ELIMIT. */
kf_status kf__nas_operations(const kf_value *nas_config, kf_tree *tree, kf_value **out);
/* graphConfig.numLayers, at least 1. */
kf_status kf__nas_layers(const kf_value *nas_config, int *out);
/* JSON with ' for ", as Katib's trials read it. */
kf_value *kf__nas_text(kf_tree *tree, const kf_value *value);

#endif
