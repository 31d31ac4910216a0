/* SPDX-License-Identifier: Apache-2.0 */
/* Between tensors and models of rows of numbers. */
#ifndef KF_SERVING_MODEL_TENSORS_H
#define KF_SERVING_MODEL_TENSORS_H

#include "serving/model.h"

/* Elements of a tensor as numbers of the model's input, `stride` apart. */
void kf__tensor_convert(const kf_numeric *self, const kf_tensor *tensor, size_t count,
    size_t stride, void *rows);
/* Rows of the model's input from the tensors of a request, borrowed until it ends.
 * KF_EINVAL, whose sender is refused; KF_ENOMEM. */
kf_status kf__tensors_to_rows(
    const kf_numeric *self, kf_inference *inference, const void **rows, size_t *count);
/* What a model finds wrong with the rows is for their sender to mend. */
kf_status kf__tensors_judge(kf_inference *inference, kf_status status);
/* Explain of a table of a model: Shapley values, as the parameters of the request say. */
kf_status kf__tensors_explain(void *model, kf_inference *inference);

#endif
