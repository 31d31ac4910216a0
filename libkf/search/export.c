/* SPDX-License-Identifier: Apache-2.0 */
/* Trials as tables for other programs. */
#include "search/study.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "search/plot.h"

/* ---- JSON ---- */

static kf_value *observations_of(kf_tree *tree, const kf_trial *trial)
{
    kf_value *list = kf__tree_list(tree);
    for (size_t i = 0; i < trial->observation_count; i++) {
        kf_value *object = kf__tree_struct(tree);
        kf__put_int(tree, object, "step", trial->observations[i].step);
        kf__put_ref(
            tree, object, "value", kf__tree_double(tree, trial->observations[i].value));
        kf__push(tree, list, object);
    }
    return list;
}

kf_value *kf__trial_value(const kf_study *study, const kf_trial *trial, kf_tree *tree)
{
    kf_value *object = kf__tree_struct(tree);
    kf__put_int(tree, object, "number", trial->number);
    kf__put_text(tree, object, "state", kf_trial_state_name(trial->state));
    kf__put_ref(tree, object, "params", kf__tree_copy(tree, trial->params));
    kf_value *values = kf__put_struct(tree, object, "values");
    for (size_t i = 0; trial->values != NULL && i < study->objective_count; i++)
        kf__put(tree, values, study->objectives[i],
            kf__tree_double(tree, trial->values[i]));
    kf__put_ref(tree, object, "observations", observations_of(tree, trial));
    kf__put_ref(tree, object, "attributes", kf__tree_copy(tree, trial->attributes));
    kf__put_text(tree, object, "message", trial->message);
    return object;
}

static kf_status write_json(const kf_study *study, kf_buf *out)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *list = kf__tree_list(&tree);
    for (size_t i = 0; i < study->entries.count; i++)
        kf__push(&tree, list,
            kf__trial_value(study, &study->entries.items[i]->trial, &tree));
    kf_status status = kf__tree_status(&tree);
    if (status == KF_OK)
        kf__put_json(out, list, KF_JSON_INDENTED);
    kf__buf_putc(out, '\n');
    kf__tree_finish(&tree);
    return status;
}

/* ---- CSV (RFC 4180) ---- */

static void put_cell(kf_buf *out, const char *text)
{
    if (strpbrk(text, ",\"\r\n") == NULL) {
        kf__buf_puts(out, text);
        return;
    }
    kf__buf_putc(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"')
            kf__buf_putc(out, '"');
        kf__buf_putc(out, *text);
    }
    kf__buf_putc(out, '"');
}

static void put_value(kf_buf *out, const kf_value *value)
{
    kf_buf text = KF__BUF_INIT;
    if (kf__is(value, KF_KIND_STRING)) {
        put_cell(out, kf_value_string(value));
    } else if (value != NULL) {
        kf__put_json(&text, value, KF_JSON_COMPACT);
        put_cell(out, kf__buf_text(&text));
    }
    if (text.status != KF_OK)
        out->status = text.status;
    kf__buf_finish(&text);
}

static void put_heading(const kf_study *study, kf_buf *out)
{
    kf__buf_puts(out, "number,state");
    for (size_t i = 0; i < study->objective_count; i++) {
        kf__buf_putc(out, ',');
        put_cell(out, study->objectives[i]);
    }
    for (size_t i = 0; i < kf_space_count(study->space); i++) {
        kf__buf_putc(out, ',');
        put_cell(out, kf_space_axis(study->space, i)->name);
    }
    kf__buf_puts(out, ",message\r\n");
}

static void put_row(const kf_study *study, const kf_trial *trial, kf_buf *out)
{
    kf__buf_printf(
        out, "%lld,%s", (long long)trial->number, kf_trial_state_name(trial->state));
    for (size_t i = 0; i < study->objective_count; i++) {
        kf__buf_putc(out, ',');
        if (trial->values != NULL)
            kf__put_double(out, trial->values[i]);
    }
    for (size_t i = 0; i < kf_space_count(study->space); i++) {
        kf__buf_putc(out, ',');
        put_value(
            out, kf_value_get(trial->params, kf_space_axis(study->space, i)->name));
    }
    kf__buf_putc(out, ',');
    if (trial->message != NULL)
        put_cell(out, trial->message);
    kf__buf_puts(out, "\r\n");
}

static kf_status write_csv(const kf_study *study, kf_buf *out)
{
    put_heading(study, out);
    for (size_t i = 0; i < study->entries.count; i++)
        put_row(study, &study->entries.items[i]->trial, out);
    return out->status;
}

kf_status kf__study_write(
    const kf_study *study, kf_study_format format, const char *title, char **out)
{
    kf_buf text = KF__BUF_INIT;
    kf_status status;
    if (format == KF_STUDY_CSV)
        status = write_csv(study, &text);
    else if (format == KF_STUDY_JSON)
        status = write_json(study, &text);
    else if (format == KF_STUDY_HTML)
        status = kf__plot_fragment(study, &text);
    else if (format == KF_STUDY_PAGE)
        status = kf__plot_page(study, title, &text);
    else
        status = kf__fail(
            KF_EINVAL, NULL, "a study is written as CSV, JSON, HTML or a page");
    if (status == KF_OK)
        status = kf__buf_take(&text, out);
    else
        kf__buf_finish(&text);
    return status;
}

kf_status kf_study_write(const kf_study *study, kf_study_format format, char **out)
{
    KF__REQUIRE(study != NULL && out != NULL);
    return kf__study_write(study, format, study->objectives[0], out);
}
