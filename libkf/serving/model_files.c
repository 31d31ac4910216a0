/* SPDX-License-Identifier: Apache-2.0 */
/* Which readers there are, and which file of a folder is the model. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/vec.h"
#include "io/file.h"
#include "serving/model_lightgbm.h"
#include "serving/model_numbers.h"
#include "serving/model_xgboost.h"

const kf_model_reader *const kf__model_readers[] = {
    &kf__xgboost_reader,
    &kf__lightgbm_reader,
    &kf__model_numbers,
    NULL,
};

/* What KServe's server of scikit-learn takes, and only Python can read. */
static const char *const python_suffixes[] = {".joblib", ".pkl", ".pickle", NULL};
static const kf_model_reader python_reader = {
    .format = "sklearn", .suffixes = python_suffixes};

/* One suffix after the other of a format, or of all that are read here; NULL: no more. */
static const char *next_suffix(const char *format, size_t *reader, size_t *suffix)
{
    for (;; ++*reader, *suffix = 0) {
        const kf_model_reader *at = kf__model_readers[*reader];
        if (format != NULL && strcmp(format, python_reader.format) == 0)
            return python_suffixes[*suffix] != NULL ? python_suffixes[(*suffix)++]
                                                    : NULL;
        if (at == NULL)
            return NULL;
        if ((format == NULL || strcmp(format, at->format) == 0) &&
            at->suffixes[*suffix] != NULL)
            return at->suffixes[(*suffix)++];
    }
}

static bool is_model(const char *name, const char *format)
{
    size_t reader = 0, at = 0;
    const char *suffix;
    while ((suffix = next_suffix(format, &reader, &at)) != NULL)
        if (kf__ends_with(name, suffix))
            return true;
    return false;
}

/* ".bst, .json, .ubj, .txt", each once. */
static void put_suffixes(kf_buf *text, const char *format)
{
    size_t reader = 0, at = 0;
    const char *suffix;
    while ((suffix = next_suffix(format, &reader, &at)) != NULL)
        if (strstr(kf__buf_text(text), suffix) == NULL)
            kf__buf_printf(text, "%s%s", text->length > 0 ? ", " : "", suffix);
}

/* ---- a folder ---- */

typedef KF__VEC(char *) name_list;

static void finish_names(name_list *names)
{
    for (size_t i = 0; i < names->count; i++)
        kf__free(names->items[i]);
    kf__vec_finish(names);
}

/* A file of the folder, if that is what it is. */
static kf_status add_file(const char *folder, const char *name, name_list *names)
{
    char *path = kf__join_path(folder, name), *copy = NULL;
    if (path == NULL)
        return KF_ENOMEM;
    bool is_file = kf__file_exists(path) && !kf__is_folder(path);
    kf__free(path);
    if (!is_file)
        return KF_OK;
    copy = kf__strdup(name);
    kf_status status = copy != NULL ? kf__vec_push(names, copy) : KF_ENOMEM;
    if (status != KF_OK)
        kf__free(copy);
    return status;
}

static kf_status list_models(const char *path, const char *format, name_list *names)
{
    DIR *folder = opendir(path);
    if (folder == NULL)
        return kf__file_fail(path, "open");
    kf_status status = KF_OK;
    for (struct dirent *entry; status == KF_OK && (entry = readdir(folder)) != NULL;)
        if (is_model(entry->d_name, format))
            status = add_file(path, entry->d_name, names);
    (void)closedir(folder);
    return status;
}

static int compare(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static kf_status fail_many(const char *path, name_list *names)
{
    kf_buf text = KF__BUF_INIT;
    qsort(names->items, names->count, sizeof *names->items, compare);
    for (size_t i = 0; i < names->count && i < 5; i++)
        kf__buf_printf(&text, "%s'%s'", i > 0 ? ", " : "", names->items[i]);
    kf__buf_puts(&text, names->count > 5 ? ", …" : "");
    kf_status status = kf__fail(KF_EDOCUMENT, path,
        "more than one file of a model: %s; expected one", kf__buf_text(&text));
    kf__buf_finish(&text);
    return status;
}

static kf_status fail_none(const char *path, const char *format)
{
    kf_buf text = KF__BUF_INIT;
    name_list others = {0};
    put_suffixes(&text, format);
    bool is_python = format == NULL &&
                     list_models(path, python_reader.format, &others) == KF_OK &&
                     others.count > 0;
    kf_status status = is_python
                           ? kf__fail(KF_EUNSUPPORTED, path,
                                 "'%s' is an object of Python's: kf.serving.convert "
                                 "makes a model of it that needs none",
                                 others.items[0])
                           : kf__fail(KF_ENOENT, path,
                                 "no file of a model: expected one that ends in one of "
                                 "%s",
                                 kf__buf_text(&text));
    finish_names(&others);
    kf__buf_finish(&text);
    return status;
}

kf_status kf__model_file(const char *path, const char *format, char **out)
{
    name_list names = {0};
    if (!kf__is_folder(path))
        return kf__absolute_path(path, out);
    kf_status status = list_models(path, format, &names);
    if (status == KF_OK && names.count == 0)
        status = fail_none(path, format);
    if (status == KF_OK && names.count > 1)
        status = fail_many(path, &names);
    if (status == KF_OK) {
        char *file = kf__join_path(path, names.items[0]);
        status = file != NULL ? kf__absolute_path(file, out) : KF_ENOMEM;
        kf__free(file);
    }
    finish_names(&names);
    return status;
}
