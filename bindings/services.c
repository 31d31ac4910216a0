/* SPDX-License-Identifier: Apache-2.0 */
#include "services.h"

/* ---- documents in and out ---- */

static kf_status read_all(const kf_value *documents, kf_services **out)
{
    kf_services *services = NULL;
    kf_status status = kf_services_new(&services);
    for (size_t i = 0; status == KF_OK && i < kf_value_length(documents); i++) {
        kf_service *service = NULL;
        status = kf_service_of_value(kf_value_at(documents, i), &service);
        if (status == KF_OK)
            status = kf_services_put(services, service);
        kf_service_free(service);
    }
    if (status == KF_OK)
        *out = services;
    else
        kf_services_free(services);
    return status;
}

PyObject *kf__py_services_read(const char *text, size_t length)
{
    kf_services *services = NULL;
    kf_status status = kf_services_load(text, length, &services);
    if (status != KF_OK)
        return kf__py_raise(status);
    size_t count = kf_services_count(services);
    PyObject *list = PyList_New((Py_ssize_t)count);
    for (size_t i = 0; list != NULL && i < count; i++) {
        PyObject *item =
            kf__py_value_out(kf_service_document(kf_services_at(services, i)));
        if (item == NULL)
            Py_CLEAR(list);
        else
            PyList_SET_ITEM(list, (Py_ssize_t)i, item);
    }
    kf_services_free(services);
    return list;
}

PyObject *kf__py_services_write(const kf_value *documents, bool json, bool defaults)
{
    kf_services *services = NULL;
    char *text = NULL;
    kf_service_write_options options = {
        .size = sizeof options, .json = json, .defaults = defaults};
    kf_status status = read_all(documents, &services);
    if (status == KF_OK)
        status = kf_services_write(services, &options, &text);
    kf_services_free(services);
    if (status != KF_OK)
        return kf__py_raise(status);
    PyObject *made = PyUnicode_FromString(text);
    kf_text_free(text);
    return made;
}

static PyObject *report_out(kf_status status, kf_report *report)
{
    if (status != KF_OK)
        return kf__py_raise(status);
    PyObject *made = kf__py_report_out(report);
    kf_report_free(report);
    return made;
}

PyObject *kf__py_services_check(const char *text, size_t length)
{
    kf_report *report = NULL;
    kf_status status = kf_services_check_text(text, length, &report);
    return report_out(status, report);
}

PyObject *kf__py_service_check_update(const kf_value *before, const kf_value *after)
{
    kf_service *old = NULL, *changed = NULL;
    kf_report *report = NULL;
    kf_status status = kf_service_of_value(before, &old);
    if (status == KF_OK)
        status = kf_service_of_value(after, &changed);
    if (status == KF_OK)
        status = kf_service_check_update(old, changed, &report);
    kf_service_free(old);
    kf_service_free(changed);
    return report_out(status, report);
}

/* ---- making documents ---- */

/* Where options hold lists and numbers that may be left out. */
typedef struct component_in {
    kf_service_component_options options;
    int64_t min_replicas, max_replicas, scale_target, canary_percent;
    int32_t min;
    int64_t share;
} component_in;

#define UNSET INT64_MIN

#define IN(field, kind)                                                                \
    {                                                                                  \
#field, KF__PY_##kind, offsetof(component_in, options.field)                   \
    }
#define OWN(field)                                                                     \
    {                                                                                  \
#field, KF__PY_INT64, offsetof(component_in, field)                            \
    }

static const kf_py_field component_fields[] = {IN(name, TEXT), IN(format, TEXT),
    IN(format_version, TEXT), IN(runtime, TEXT), IN(runtime_version, TEXT),
    IN(protocol, TEXT), IN(storage_uri, TEXT), IN(storage_uris, VALUE),
    IN(storage, VALUE), IN(image, TEXT), IN(command, VALUE), IN(args, VALUE),
    IN(env, VALUE), IN(resources, VALUE), IN(container, VALUE), OWN(min_replicas),
    OWN(max_replicas), IN(scale_metric, TEXT), OWN(scale_target),
    IN(concurrency, INT64), IN(timeout, INT64), OWN(canary_percent), IN(logger, VALUE),
    IN(batcher, VALUE), IN(service_account, TEXT), IN(labels, VALUE),
    IN(annotations, VALUE), IN(more, VALUE), {0}};

static int32_t in_range(int64_t number, const char *name)
{
    if (number < INT32_MIN || number > INT32_MAX)
        PyErr_Format(PyExc_OverflowError, "%s is too large", name);
    return (int32_t)number;
}

static int component_read(PyObject *dict, component_in *out, kf_tree *tree)
{
    *out = (component_in){.options.size = sizeof out->options,
        .min_replicas = UNSET,
        .canary_percent = UNSET};
    if (kf__py_options_in(dict, component_fields, out, tree) < 0)
        return -1;
    out->options.max_replicas = in_range(out->max_replicas, "max_replicas");
    out->options.scale_target = in_range(out->scale_target, "scale_target");
    if (out->min_replicas != UNSET) {
        out->min = in_range(out->min_replicas, "min_replicas");
        out->options.min_replicas = &out->min;
    }
    if (out->canary_percent != UNSET) {
        out->share = out->canary_percent;
        out->options.canary_percent = &out->share;
    }
    return PyErr_Occurred() != NULL ? -1 : 0;
}

static const kf_py_field service_fields[] = {
    KF__PY_FIELD(kf_service_options, name, TEXT),
    KF__PY_FIELD(kf_service_options, name_space, TEXT),
    KF__PY_FIELD(kf_service_options, labels, VALUE),
    KF__PY_FIELD(kf_service_options, annotations, VALUE),
    KF__PY_FIELD(kf_service_options, mode, TEXT), {0}};

/* Take a member out of a copy of the options: NULL if it is not there or None. */
static PyObject *take(PyObject *dict, const char *name)
{
    PyObject *found = PyDict_GetItemString(dict, name); /* Borrowed. */
    Py_XINCREF(found);
    if (found != NULL && PyDict_DelItemString(dict, name) < 0)
        Py_CLEAR(found);
    if (found == Py_None)
        Py_CLEAR(found);
    return found;
}

static PyObject *service_out(kf_status status, kf_service *service)
{
    if (status != KF_OK)
        return kf__py_raise(status);
    PyObject *made = kf__py_value_out(kf_service_document(service));
    kf_service_free(service);
    return made;
}

/* All that an InferenceService is made of. */
typedef struct service_in {
    kf_service_options options;
    component_in parts[3];
    component_in *canaries;
    const kf_service_component_options **pointers;
    kf_tree tree;
} service_in;

static int read_canaries(service_in *self, PyObject *sequence)
{
    Py_ssize_t count = sequence == NULL ? 0 : PySequence_Size(sequence);
    if (count <= 0)
        return count < 0 ? -1 : 0;
    self->canaries = PyMem_Calloc((size_t)count, sizeof *self->canaries);
    self->pointers = PyMem_Calloc((size_t)count, sizeof *self->pointers);
    if (self->canaries == NULL || self->pointers == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *item = PySequence_GetItem(sequence, i);
        int failed =
            item == NULL || component_read(item, &self->canaries[i], &self->tree) < 0;
        /* Its texts are of the caller's list. */
        Py_XDECREF(item);
        if (failed)
            return -1;
        self->pointers[i] = &self->canaries[i].options;
    }
    self->options.canaries = self->pointers;
    self->options.canary_count = (size_t)count;
    return 0;
}

static int read_parts(service_in *self, PyObject *dict)
{
    static const char *const names[] = {"predictor", "transformer", "explainer"};
    const kf_service_component_options **places[] = {
        &self->options.predictor, &self->options.transformer, &self->options.explainer};
    for (size_t i = 0; i < 3; i++) {
        PyObject *part = take(dict, names[i]);
        int failed =
            part != NULL && component_read(part, &self->parts[i], &self->tree) < 0;
        if (part != NULL)
            *places[i] = &self->parts[i].options;
        Py_XDECREF(part);
        if (failed)
            return -1;
    }
    PyObject *canaries = take(dict, "canaries");
    int failed = read_canaries(self, canaries);
    Py_XDECREF(canaries);
    return failed;
}

PyObject *kf__py_service_new(PyObject *options)
{
    service_in self = {.options.size = sizeof self.options};
    kf_service *service = NULL;
    PyObject *made = NULL, *copy = PyDict_Copy(options);
    if (copy != NULL && read_parts(&self, copy) == 0 &&
        kf__py_options_in(copy, service_fields, &self.options, &self.tree) == 0) {
        kf_status status = kf_service_new(&self.options, &service);
        made = service_out(status, service);
    }
    Py_XDECREF(copy);
    PyMem_Free(self.canaries);
    PyMem_Free(self.pointers);
    kf__tree_finish(&self.tree);
    return made;
}

/* ---- graphs and runtimes: their lists of structures ---- */

/* An array of `size` bytes each, filled by `fill` from the items of a sequence. */
static void *array_in(PyObject *sequence, size_t size, size_t *count,
    int (*fill)(PyObject *item, void *out, kf_tree *tree), kf_tree *tree)
{
    Py_ssize_t length = sequence == NULL ? 0 : PySequence_Size(sequence);
    char *items = length < 0 ? NULL : PyMem_Calloc((size_t)length + 1, size);
    if (items == NULL && length >= 0)
        PyErr_NoMemory();
    for (Py_ssize_t i = 0; items != NULL && i < length; i++) {
        PyObject *item = PySequence_GetItem(sequence, i);
        int failed = item == NULL || fill(item, items + (size_t)i * size, tree) < 0;
        Py_XDECREF(item);
        if (failed) {
            PyMem_Free(items);
            return NULL;
        }
    }
    *count = length > 0 ? (size_t)length : 0;
    return items;
}

typedef struct step_in {
    kf_service_step step;
    int64_t given;
} step_in;

static const kf_py_field step_fields[] = {
    {"name", KF__PY_TEXT, offsetof(step_in, step.name)},
    {"service", KF__PY_TEXT, offsetof(step_in, step.service)},
    {"node", KF__PY_TEXT, offsetof(step_in, step.node)},
    {"url", KF__PY_TEXT, offsetof(step_in, step.url)},
    {"data", KF__PY_TEXT, offsetof(step_in, step.data)},
    {"condition", KF__PY_TEXT, offsetof(step_in, step.condition)},
    {"weight", KF__PY_INT64, offsetof(step_in, given)},
    {"dependency", KF__PY_TEXT, offsetof(step_in, step.dependency)},
    {"map_predictions", KF__PY_BOOL, offsetof(step_in, step.map_predictions)}, {0}};

/* Its weight lives in the tree, so that the step can be moved. */
static int step_read(PyObject *item, void *out, kf_tree *tree)
{
    step_in step = {.given = UNSET};
    if (kf__py_options_in(item, step_fields, &step, tree) < 0)
        return -1;
    if (step.given != UNSET) {
        int64_t *weight = kf__arena_alloc(&tree->arena, sizeof *weight);
        if (weight == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        *weight = step.given;
        step.step.weight = weight;
    }
    *(kf_service_step *)out = step.step;
    return 0;
}

static const kf_py_field node_fields[] = {KF__PY_FIELD(kf_service_node, name, TEXT),
    KF__PY_FIELD(kf_service_node, type, TEXT), {0}};

static int node_read(PyObject *item, void *out, kf_tree *tree)
{
    kf_service_node *node = out;
    PyObject *copy = PyDict_Copy(item);
    PyObject *steps = copy == NULL ? NULL : take(copy, "steps");
    int failed = copy == NULL || kf__py_options_in(copy, node_fields, node, tree) < 0 ||
                 (node->steps = array_in(steps, sizeof(kf_service_step),
                      &node->step_count, step_read, tree)) == NULL;
    Py_XDECREF(steps);
    Py_XDECREF(copy);
    return failed ? -1 : 0;
}

static const kf_py_field graph_fields[] = {
    KF__PY_FIELD(kf_service_graph_options, name, TEXT),
    KF__PY_FIELD(kf_service_graph_options, name_space, TEXT),
    KF__PY_FIELD(kf_service_graph_options, labels, VALUE),
    KF__PY_FIELD(kf_service_graph_options, annotations, VALUE),
    KF__PY_FIELD(kf_service_graph_options, timeout, INT64),
    KF__PY_FIELD(kf_service_graph_options, more, VALUE), {0}};

static void free_nodes(kf_service_node *nodes, size_t count)
{
    for (size_t i = 0; nodes != NULL && i < count; i++)
        PyMem_Free((void *)(uintptr_t)nodes[i].steps);
    PyMem_Free(nodes);
}

PyObject *kf__py_service_new_graph(PyObject *options)
{
    kf_service_graph_options known = {.size = sizeof known};
    kf_tree tree = KF__TREE_INIT;
    kf_service *service = NULL;
    PyObject *made = NULL, *copy = PyDict_Copy(options);
    PyObject *list = copy == NULL ? NULL : take(copy, "nodes");
    kf_service_node *nodes = copy == NULL ? NULL
                                          : array_in(list, sizeof *nodes,
                                                &known.node_count, node_read, &tree);
    known.nodes = nodes;
    if (nodes != NULL && kf__py_options_in(copy, graph_fields, &known, &tree) == 0) {
        kf_status status = kf_service_new_graph(&known, &service);
        made = service_out(status, service);
    }
    free_nodes(nodes, known.node_count);
    Py_XDECREF(list);
    Py_XDECREF(copy);
    kf__tree_finish(&tree);
    return made;
}

static const kf_py_field format_fields[] = {KF__PY_FIELD(kf_service_format, name, TEXT),
    KF__PY_FIELD(kf_service_format, version, TEXT),
    KF__PY_FIELD(kf_service_format, auto_select, BOOL),
    KF__PY_FIELD(kf_service_format, priority, INT), {0}};

static int format_read(PyObject *item, void *out, kf_tree *tree)
{
    return kf__py_options_in(item, format_fields, out, tree);
}

static int text_read(PyObject *item, void *out, kf_tree *tree)
{
    (void)tree;
    *(const char **)out = PyUnicode_AsUTF8(item);
    return PyErr_Occurred() != NULL ? -1 : 0;
}

#define RUNTIME(field, kind)                                                           \
    KF__PY_FIELD(kf_service_runtime_document_options, field, kind)

static const kf_py_field runtime_fields[] = {RUNTIME(name, TEXT),
    RUNTIME(name_space, TEXT), RUNTIME(of_cluster, BOOL), RUNTIME(labels, VALUE),
    RUNTIME(annotations, VALUE), RUNTIME(image, TEXT), RUNTIME(command, VALUE),
    RUNTIME(args, VALUE), RUNTIME(env, VALUE), RUNTIME(resources, VALUE),
    RUNTIME(container, VALUE), RUNTIME(disabled, BOOL), RUNTIME(more, VALUE), {0}};

PyObject *kf__py_service_new_runtime(PyObject *options)
{
    kf_service_runtime_document_options known = {.size = sizeof known};
    kf_tree tree = KF__TREE_INIT;
    kf_service *service = NULL;
    PyObject *made = NULL, *copy = PyDict_Copy(options);
    PyObject *formats = copy == NULL ? NULL : take(copy, "formats");
    PyObject *protocols = copy == NULL ? NULL : take(copy, "protocols");
    kf_service_format *list =
        copy == NULL
            ? NULL
            : array_in(formats, sizeof *list, &known.format_count, format_read, &tree);
    const char **texts = list == NULL ? NULL
                                      : array_in(protocols, sizeof *texts,
                                            &known.protocol_count, text_read, &tree);
    known.formats = list;
    known.protocols = texts;
    if (texts != NULL && kf__py_options_in(copy, runtime_fields, &known, &tree) == 0) {
        kf_status status = kf_service_new_runtime(&known, &service);
        made = service_out(status, service);
    }
    PyMem_Free(list);
    PyMem_Free(texts);
    Py_XDECREF(formats);
    Py_XDECREF(protocols);
    Py_XDECREF(copy);
    kf__tree_finish(&tree);
    return made;
}
