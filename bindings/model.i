/* SPDX-License-Identifier: Apache-2.0 */
/* Models come through models.c: of their header only the handle is wanted. */
KF_HANDLE(kf_model, Model)
%typemap(out) kf_model * {
    if ($1 == NULL)
        SWIG_fail;
    $result = SWIG_NewPointerObj($1, $1_descriptor, SWIG_POINTER_OWN);
}
%rename(model_open) kf__py_model_open;
%rename(model_predict) kf__py_model_predict;
%rename(model_explain) kf__py_model_explain;
%rename(model_describe) kf__py_model_describe;
kf_model *kf__py_model_open(const char *path, const char *format, const char *method);
PyObject *kf__py_model_predict(kf_model *model, PyObject *rows);
PyObject *kf__py_model_explain(kf_model *model, PyObject *rows, PyObject *background,
    const char *method, size_t samples, uint64_t seed, size_t most_features,
    bool interactions, const char *output, const char *link, const char *selection,
    double alpha);
PyObject *kf__py_model_describe(kf_model *model);
