/* SPDX-License-Identifier: Apache-2.0 */
/* What became of a study, as HTML. */
#include "search/plot.h"

#include "base/error.h"
#include "base/text.h"
#include "search/importance.h"

enum { MOST_ROWS = 1000 };

static void put_value(kf_buf *out, const kf_value *value)
{
    kf_buf text = KF__BUF_INIT;
    if (kf__is(value, KF_KIND_STRING))
        kf__buf_puts(&text, kf_value_string(value));
    else if (value != NULL)
        kf__put_json(&text, value, KF_JSON_SPACED);
    kf__put_escaped(out, kf__buf_text(&text));
    if (text.status != KF_OK)
        out->status = text.status;
    kf__buf_finish(&text);
}

static void put_best(const kf_study *study, kf_buf *out)
{
    const kf_trial *best = kf_study_best(study);
    kf__buf_printf(out, "<p>%zu trials", study->entries.count);
    if (best != NULL) {
        kf__buf_printf(out, "; the best is %lld, with ", (long long)best->number);
        kf__put_escaped(out, study->objectives[0]);
        kf__buf_puts(out, " = ");
        kf__put_double(out, best->values[0]);
    }
    kf__buf_puts(out, "</p>\n");
    if (best == NULL)
        return;
    kf__buf_puts(out, "<table>\n");
    for (size_t i = 0; i < kf_value_length(best->params); i++) {
        kf__buf_puts(out, "<tr><td>");
        kf__put_escaped(out, kf_value_key(best->params, i));
        kf__buf_puts(out, "</td><td>");
        put_value(out, kf_value_at(best->params, i));
        kf__buf_puts(out, "</td></tr>\n");
    }
    kf__buf_puts(out, "</table>\n");
}

static kf_status put_importance(const kf_study *study, kf_buf *out)
{
    size_t axes = kf_space_count(study->space);
    double *shares = kf__calloc(axes + 1, sizeof *shares);
    kf_status status = shares == NULL ? kf__nomem() : kf__importance(study, shares);
    double sum = 0;
    for (size_t i = 0; status == KF_OK && i < axes; i++)
        sum += shares[i];
    if (sum > 0)
        kf__buf_puts(out, "<p>Importance:");
    for (size_t i = 0; sum > 0 && i < axes; i++) {
        kf__buf_puts(out, i == 0 ? " " : ", ");
        kf__put_escaped(out, kf_space_axis(study->space, i)->name);
        kf__buf_printf(out, " %lld %%", llround(100 * shares[i]));
    }
    if (sum > 0)
        kf__buf_puts(out, "</p>\n");
    kf__free(shares);
    return status;
}

/* ---- all trials ---- */

static void put_heading(kf_buf *out, const char *text)
{
    kf__buf_puts(out, "<th>");
    kf__put_escaped(out, text);
    kf__buf_puts(out, "</th>");
}

static void put_row(const kf_study *study, const kf_trial *trial, kf_buf *out)
{
    kf__buf_printf(out, "<tr><td>%lld</td><td>%s</td>", (long long)trial->number,
        kf_trial_state_name(trial->state));
    for (size_t i = 0; i < study->objective_count; i++) {
        kf__buf_puts(out, "<td>");
        if (trial->values != NULL)
            kf__put_double(out, trial->values[i]);
        kf__buf_puts(out, "</td>");
    }
    for (size_t i = 0; i < kf_space_count(study->space); i++) {
        kf__buf_puts(out, "<td>");
        put_value(
            out, kf_value_get(trial->params, kf_space_axis(study->space, i)->name));
        kf__buf_puts(out, "</td>");
    }
    kf__buf_puts(out, "<td>");
    kf__put_escaped(out, trial->message != NULL ? trial->message : "");
    kf__buf_puts(out, "</td></tr>\n");
}

/* Closed, until somebody wants it. */
static void put_table(const kf_study *study, kf_buf *out)
{
    size_t count = study->entries.count;
    size_t first = count > MOST_ROWS ? count - MOST_ROWS : 0;
    if (count == 0)
        return;
    kf__buf_printf(out,
        "<details><summary>%s trials</summary>\n<table>\n"
        "<tr><th>trial</th><th>state</th>",
        first > 0 ? "The last" : "All");
    for (size_t i = 0; i < study->objective_count; i++)
        put_heading(out, study->objectives[i]);
    for (size_t i = 0; i < kf_space_count(study->space); i++)
        put_heading(out, kf_space_axis(study->space, i)->name);
    kf__buf_puts(out, "<th>message</th></tr>\n");
    for (size_t i = first; i < count; i++)
        put_row(study, &study->entries.items[i]->trial, out);
    kf__buf_puts(out, "</table>\n</details>\n");
}

/* ---- all of it ---- */

kf_status kf__plot_fragment(const kf_study *study, kf_buf *out)
{
    kf__buf_puts(out, "<div class=\"kf-study\">\n");
    put_best(study, out);
    kf__plot_history(study, out);
    if (kf_space_count(study->space) > 0)
        kf__plot_parallel(study, out);
    KF__TRY(put_importance(study, out));
    put_table(study, out);
    kf__buf_puts(out, "</div>\n");
    return out->status;
}

kf_status kf__plot_page(const kf_study *study, const char *title, kf_buf *out)
{
    kf__buf_puts(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta "
                      "charset=\"utf-8\"/>\n<title>");
    kf__put_escaped(out, title);
    kf__buf_puts(out,
        "</title>\n<style>\n"
        "body { font-family: sans-serif; margin: 2em auto; max-width: 60em; }\n"
        "svg { max-width: 100%; height: auto; display: block; }\n"
        "table { border-collapse: collapse; }\n"
        "td, th { padding: 0.2em 0.8em 0.2em 0; text-align: left; }\n"
        "</style>\n</head>\n<body>\n<h1>");
    kf__put_escaped(out, title);
    kf__buf_puts(out, "</h1>\n");
    KF__TRY(kf__plot_fragment(study, out));
    kf__buf_puts(out, "</body>\n</html>\n");
    return out->status;
}
