/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the protocols share. */
#ifndef KF_SERVING_PROTOCOL_PARTS_H
#define KF_SERVING_PROTOCOL_PARTS_H

#include "serving/protocol.h"

/* A list of objects, as `where`. */
kf_status kf__v1_read_rows(kf_inference *inference, const kf_model *model,
    kf_datatype datatype, kf_scan *scan, const char *where);

/* KF_EUNSUPPORTED: a text of an output is no UTF-8, which JSON cannot carry. */
kf_status kf__output_check_texts(const kf_tensor *output);
kf_status kf__outputs_check_texts(const kf_inference *inference);

/* The classification extension: of each row of `output` the `most` highest numbers, as
 * texts "number:index". KF_EINVAL: it has no numbers; KF_ENOMEM. */
kf_status kf__classify(
    kf_arena *arena, const kf_tensor *output, int64_t most, kf_tensor *out);

#endif
