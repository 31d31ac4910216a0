/* SPDX-License-Identifier: Apache-2.0 */
#include "models.h"

#include <math.h>

#include "serving/categories.h"
#include "serving/inference.h"
#include "serving/model.h"

kf_model *kf__py_model_open(const char *path, const char *format, const char *method)
{
    kf_model *model = NULL;
    kf_status status;
    Py_BEGIN_ALLOW_THREADS status = kf_model_open(
        path, KF_OPTIONS(kf_model_options, .format = format, .method = method), &model);
    Py_END_ALLOW_THREADS if (status != KF_OK) kf__py_raise(status);
    return model;
}

/* ---- rows ---- */

/* Rows on their way to a model: of its type, one after the other. */
typedef struct row_table {
    bool narrow;                     /* Floats, else doubles. */
    const kf_categories *categories; /* That texts are of; NULL: none. */
    size_t count;
    size_t columns;
    bool is_row; /* One row was given, not a list of some. */
    const void *numbers;
    void *made; /* Of PyMem, or NULL. */
    Py_buffer buffer;
    bool has_buffer;
} row_table;

static void finish_rows(row_table *rows)
{
    if (rows->has_buffer)
        PyBuffer_Release(&rows->buffer);
    PyMem_Free(rows->made);
}

static int make_room(row_table *rows)
{
    size_t size = rows->narrow ? sizeof(float) : sizeof(double), total;
    if (__builtin_mul_overflow(rows->count, rows->columns, &total) ||
        (rows->made = PyMem_Calloc(total + 1, size)) == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    rows->numbers = rows->made;
    return 0;
}

static void set_number(row_table *rows, size_t index, double number)
{
    if (rows->narrow)
        ((float *)rows->made)[index] = (float)number;
    else
        ((double *)rows->made)[index] = number;
}

/* A number of a type that struct calls `letter`; false: of none that is known. */
static bool number_at(const char *at, char letter, double *out)
{
    switch (letter) {
#define KF__NUMBER(letter, type)                                                       \
    case letter: {                                                                     \
        type number;                                                                   \
        memcpy(&number, at, sizeof number);                                            \
        *out = (double)number;                                                         \
        return true;                                                                   \
    }
        KF__NUMBER('f', float)
        KF__NUMBER('d', double)
        KF__NUMBER('?', bool)
        KF__NUMBER('b', signed char)
        KF__NUMBER('B', unsigned char)
        KF__NUMBER('h', short)
        KF__NUMBER('H', unsigned short)
        KF__NUMBER('i', int)
        KF__NUMBER('I', unsigned)
        KF__NUMBER('l', long)
        KF__NUMBER('L', unsigned long)
        KF__NUMBER('q', long long)
        KF__NUMBER('Q', unsigned long long)
#undef KF__NUMBER
    default:
        return false;
    }
}

static char letter_of(const Py_buffer *buffer)
{
    const char *format = buffer->format != NULL ? buffer->format : "B";
    if (*format == '@' || *format == '=' || *format == '<')
        format++;
    return format[0] != '\0' && format[1] == '\0' ? format[0] : '\0';
}

static int copy_buffer(row_table *rows, char letter)
{
    const Py_buffer *buffer = &rows->buffer;
    Py_ssize_t step = buffer->strides[buffer->ndim - 1];
    Py_ssize_t next = buffer->ndim == 2 ? buffer->strides[0] : 0;
    if (make_room(rows) < 0)
        return -1;
    for (size_t i = 0; i < rows->count; i++)
        for (size_t j = 0; j < rows->columns; j++) {
            double number;
            const char *at =
                (const char *)buffer->buf + (Py_ssize_t)i * next + (Py_ssize_t)j * step;
            if (!number_at(at, letter, &number)) {
                PyErr_Format(PyExc_TypeError, "rows are of type '%s': expected numbers",
                    buffer->format);
                return -1;
            }
            set_number(rows, i * rows->columns + j, number);
        }
    return 0;
}

static int rows_of_buffer(row_table *rows, PyObject *object)
{
    if (PyObject_GetBuffer(object, &rows->buffer, PyBUF_STRIDED_RO | PyBUF_FORMAT) < 0)
        return -1;
    rows->has_buffer = true;
    const Py_buffer *buffer = &rows->buffer;
    if (buffer->ndim != 1 && buffer->ndim != 2) {
        PyErr_Format(PyExc_ValueError,
            "rows have %d dimensions: expected 2, or 1 for one row", buffer->ndim);
        return -1;
    }
    rows->is_row = buffer->ndim == 1;
    rows->count = rows->is_row ? 1 : (size_t)buffer->shape[0];
    rows->columns = (size_t)buffer->shape[buffer->ndim - 1];
    char letter = letter_of(buffer);
    if (letter != (rows->narrow ? 'f' : 'd') || !PyBuffer_IsContiguous(buffer, 'C'))
        return copy_buffer(rows, letter);
    rows->numbers = buffer->buf;
    return 0;
}

static int set_text(row_table *rows, size_t index, size_t column, PyObject *item)
{
    Py_ssize_t length;
    double number;
    const char *text = PyUnicode_AsUTF8AndSize(item, &length);
    if (text == NULL)
        return -1;
    kf_status status =
        kf__categories_code(rows->categories, column, text, (size_t)length, &number);
    if (status != KF_OK) {
        kf__py_raise(status);
        return -1;
    }
    set_number(rows, index, number);
    return 0;
}

static int set_item(row_table *rows, size_t index, size_t column, PyObject *item)
{
    if (PyUnicode_Check(item))
        return set_text(rows, index, column, item);
    double number = item == Py_None ? NAN : PyFloat_AsDouble(item);
    if (number == -1 && PyErr_Occurred() != NULL)
        return -1;
    set_number(rows, index, number);
    return 0;
}

/* One row; `expected` columns, or as many as it has. */
static PyObject *row_of(row_table *rows, PyObject *object, size_t index)
{
    PyObject *row = PySequence_Fast(object, "rows must be sequences of numbers");
    size_t count = row != NULL ? (size_t)PySequence_Fast_GET_SIZE(row) : 0;
    if (row != NULL && index > 0 && count != rows->columns) {
        PyErr_Format(PyExc_ValueError,
            "row %zu has %zu numbers: expected %zu as in the "
            "first",
            index, count, rows->columns);
        Py_CLEAR(row);
    }
    if (row != NULL && index == 0)
        rows->columns = count;
    return row;
}

static int rows_of_sequence(row_table *rows, PyObject *object)
{
    PyObject *all = PySequence_Fast(object, "rows must be an array or a sequence");
    if (all == NULL)
        return -1;
    size_t count = (size_t)PySequence_Fast_GET_SIZE(all);
    PyObject *first = count > 0 ? PySequence_Fast_GET_ITEM(all, 0) : NULL;
    rows->is_row = first != NULL && (first == Py_None || PyNumber_Check(first) ||
                                        PyUnicode_Check(first));
    rows->count = rows->is_row ? 1 : count;
    int result = 0;
    for (size_t i = 0; result == 0 && i < rows->count; i++) {
        PyObject *given =
            rows->is_row ? all : PySequence_Fast_GET_ITEM(all, (Py_ssize_t)i);
        PyObject *row = row_of(rows, given, i);
        result = row == NULL || (i == 0 && make_room(rows) < 0) ? -1 : 0;
        for (size_t j = 0; result == 0 && j < rows->columns; j++)
            result = set_item(rows, i * rows->columns + j, j,
                PySequence_Fast_GET_ITEM(row, (Py_ssize_t)j));
        Py_XDECREF(row);
    }
    Py_DECREF(all);
    return result;
}

/* ---- answers ---- */

static char answer_letter(kf_datatype datatype)
{
    return datatype == KF_DATATYPE_FP32   ? 'f'
           : datatype == KF_DATATYPE_FP64 ? 'd'
           : datatype == KF_DATATYPE_BOOL ? '?'
                                          : 'q';
}

static PyObject *answer(const kf_numeric *numeric, const row_table *rows)
{
    size_t size = kf__datatype_size(numeric->output), total;
    if (__builtin_mul_overflow(rows->count * size, numeric->outputs, &total) ||
        total > PY_SSIZE_T_MAX)
        return PyErr_NoMemory();
    PyObject *data = PyByteArray_FromStringAndSize(NULL, (Py_ssize_t)total);
    if (data == NULL)
        return NULL;
    void *out = PyByteArray_AS_STRING(data);
    kf_status status;
    Py_BEGIN_ALLOW_THREADS status =
        numeric->predict(numeric, rows->numbers, rows->count, out);
    Py_END_ALLOW_THREADS if (status != KF_OK)
    {
        Py_DECREF(data);
        return kf__py_raise(status);
    }
    return Py_BuildValue("(NCnnO)", data, answer_letter(numeric->output),
        (Py_ssize_t)rows->count, (Py_ssize_t)numeric->outputs,
        rows->is_row ? Py_True : Py_False);
}

static int read_rows(row_table *rows, PyObject *object, size_t features)
{
    int read = PyObject_CheckBuffer(object) ? rows_of_buffer(rows, object)
                                            : rows_of_sequence(rows, object);
    if (read == 0 && rows->count > 0 && rows->columns != features) {
        PyErr_Format(PyExc_ValueError,
            "the rows have %zu numbers: expected %zu, the features of the model",
            rows->columns, features);
        return -1;
    }
    return read;
}

PyObject *kf__py_model_predict(kf_model *model, PyObject *object)
{
    const kf_numeric *numeric = model->numeric;
    row_table rows = {.narrow = numeric->input == KF_DATATYPE_FP32,
        .categories = numeric->categories};
    PyObject *result = NULL;
    if (read_rows(&rows, object, numeric->features) == 0)
        result = answer(numeric, &rows);
    finish_rows(&rows);
    return result;
}

static PyObject *explanation(kf_model *model, const row_table *rows,
    const kf_explain_options *options, bool interactions)
{
    size_t outputs = kf_model_margin_count(model), features = model->numeric->features;
    size_t width = features + 1, total;
    if (__builtin_mul_overflow(width, interactions ? width : 1, &width) ||
        __builtin_mul_overflow(rows->count * sizeof(double), outputs, &total) ||
        __builtin_mul_overflow(total, width, &total) || total > PY_SSIZE_T_MAX)
        return PyErr_NoMemory();
    PyObject *data = PyByteArray_FromStringAndSize(NULL, (Py_ssize_t)total);
    if (data == NULL)
        return NULL;
    double *out = (double *)(void *)PyByteArray_AS_STRING(data);
    kf_status status;
    Py_BEGIN_ALLOW_THREADS status =
        interactions ? kf_model_explain_interactions(
                           model, rows->numbers, rows->count, features, options, out)
                     : kf_model_explain(
                           model, rows->numbers, rows->count, features, options, out);
    Py_END_ALLOW_THREADS if (status != KF_OK)
    {
        Py_DECREF(data);
        return kf__py_raise(status);
    }
    return Py_BuildValue("(NnnO)", data, (Py_ssize_t)rows->count, (Py_ssize_t)outputs,
        rows->is_row ? Py_True : Py_False);
}

PyObject *kf__py_model_explain(kf_model *model, PyObject *object, PyObject *background,
    const char *method, size_t samples, uint64_t seed, size_t most_features,
    bool interactions, const char *output, const char *link, const char *selection,
    double alpha)
{
    const row_table none = {.categories = model->numeric->categories};
    row_table rows = none, others = none;
    PyObject *result = NULL;
    int read = read_rows(&rows, object, model->numeric->features);
    if (read == 0 && background != Py_None)
        read = read_rows(&others, background, model->numeric->features);
    if (read == 0)
        result = explanation(model, &rows,
            KF_OPTIONS(kf_explain_options, .method = method,
                .background = others.numbers, .background_count = others.count,
                .samples = samples, .seed = seed, .most_features = most_features,
                .output = output, .link = link, .selection = selection, .alpha = alpha),
            interactions);
    finish_rows(&rows);
    finish_rows(&others);
    return result;
}

static PyObject *names_out(char *const *names, size_t count)
{
    if (names == NULL)
        Py_RETURN_NONE;
    PyObject *list = PyList_New((Py_ssize_t)count);
    for (size_t i = 0; list != NULL && i < count; i++) {
        PyObject *name = PyUnicode_FromString(names[i]);
        if (name == NULL)
            Py_CLEAR(list);
        else
            PyList_SET_ITEM(list, (Py_ssize_t)i, name);
    }
    return list;
}

static PyObject *category_out(const kf_category *category)
{
    return category->text != NULL ? PyUnicode_FromStringAndSize(
                                        category->text, (Py_ssize_t)category->length)
                                  : PyFloat_FromDouble(category->number);
}

/* A list for each feature; None: the model tells none of any. */
static PyObject *categories_out(const kf_categories *categories)
{
    if (categories == NULL)
        Py_RETURN_NONE;
    PyObject *all = PyList_New(0);
    for (size_t i = 0; all != NULL && i < categories->lists.count; i++) {
        const kf_category_list *list = &categories->lists.items[i];
        PyObject *own = PyList_New(0);
        int result = own != NULL ? PyList_Append(all, own) : -1;
        for (size_t j = 0; result == 0 && j < list->items.count; j++) {
            PyObject *item = category_out(&list->items.items[j]);
            result = item != NULL ? PyList_Append(own, item) : -1;
            Py_XDECREF(item);
        }
        Py_XDECREF(own);
        if (result != 0)
            Py_CLEAR(all);
    }
    return all;
}

PyObject *kf__py_model_describe(kf_model *model)
{
    const kf_numeric *numeric = model->numeric;
    PyObject *features = names_out(numeric->feature_names, numeric->features);
    PyObject *classes = names_out(numeric->class_names, numeric->class_count);
    PyObject *categories = categories_out(numeric->categories);
    if (features == NULL || classes == NULL || categories == NULL) {
        Py_XDECREF(categories);
        Py_XDECREF(features);
        Py_XDECREF(classes);
        return NULL;
    }
    return Py_BuildValue("{s:s,s:n,s:n,s:N,s:N,s:N,s:O}", "format", numeric->format,
        "features", (Py_ssize_t)numeric->features, "outputs",
        (Py_ssize_t)numeric->outputs, "feature_names", features, "class_names", classes,
        "categories", categories, "is_matrix", numeric->is_matrix ? Py_True : Py_False);
}
