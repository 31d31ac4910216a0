/* SPDX-License-Identifier: Apache-2.0 */
/* Models for Python: rows come as buffers or sequences, answers go as a buffer. */
#ifndef KF_BINDINGS_MODELS_H
#define KF_BINDINGS_MODELS_H

#include "native.h"

#include <kf/model.h>

/* Open by a path, a format and a method, which may be NULL; NULL and an exception on failure. */
kf_model *kf__py_model_open(const char *path, const char *format, const char *method);
/* (answers as a bytearray, letter of its numbers for struct, rows, outputs, whether rows
 * was one row); NULL and an exception on failure. `rows`: what has a buffer of one or two
 * dimensions, or a sequence of numbers or of such sequences; None is missing, a text a category. */
PyObject *kf__py_model_predict(kf_model *model, PyObject *rows);
/* (numbers as a bytearray of doubles: rows × margins × (features + 1), once more times
 * (features + 1) with `interactions`; rows, margins, whether rows was one row); NULL and an
 * exception on failure. background: None, or rows. */
PyObject *kf__py_model_explain(kf_model *model, PyObject *rows, PyObject *background,
    const char *method, size_t samples, uint64_t seed, size_t most_features,
    bool interactions, const char *output, const char *link, const char *selection,
    double alpha);
/* {format, features, outputs, feature_names, class_names, categories, is_matrix} */
PyObject *kf__py_model_describe(kf_model *model);

#endif
