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

/* An output as it was asked for. */
typedef struct kf_chosen_output {
    kf_tensor tensor;
    bool binary;
} kf_chosen_output;
/* How many there are. */
size_t kf__outputs_count(const kf_inference *inference);
/* As many of them; what is made for them is of the arena. KF_EINVAL: an output was asked
 * for that there is not. */
kf_status kf__outputs_choose(kf_arena *arena, const kf_inference *inference,
    const char *model, kf_chosen_output *out);

/* The classification extension: of each row of `output` the `most` highest numbers, as
 * texts "number:index". KF_EINVAL: it has no numbers; KF_ENOMEM. */
kf_status kf__classify(
    kf_arena *arena, const kf_tensor *output, int64_t most, kf_tensor *out);

#endif
