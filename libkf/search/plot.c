/* SPDX-License-Identifier: Apache-2.0 */
#include "search/plot.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/text.h"

enum {
    WIDTH = 720,
    HEIGHT = 300,
    LEFT = 78,
    RIGHT = 24,
    TOP = 28,
    BOTTOM = 44,
    MOST_LABELS = 12,
    MOST_DRAWN = 2000
};

#define INK "#333"
#define FAINT "#bbb"
#define BLUE "#2166ac"
#define RED "#b2182b"

void kf__put_escaped(kf_buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '<')
            kf__buf_puts(out, "&lt;");
        else if (*text == '&')
            kf__buf_puts(out, "&amp;");
        else if (*text == '"')
            kf__buf_puts(out, "&quot;");
        else
            kf__buf_putc(out, *text);
    }
}

/* The decimal point of printf is the locale's: tenths are written as integers. */
static void put_length(kf_buf *out, double length)
{
    long long tenths = llround(length * 10);
    kf__buf_printf(out, "%s%lld.%lld", tenths < 0 ? "-" : "", llabs(tenths) / 10,
        llabs(tenths) % 10);
}

static void put_point(kf_buf *out, double x, double y)
{
    put_length(out, x);
    kf__buf_putc(out, ',');
    put_length(out, y);
}

static void put_text(
    kf_buf *out, double x, double y, const char *anchor, const char *text)
{
    kf__buf_puts(out, "<text x=\"");
    put_length(out, x);
    kf__buf_puts(out, "\" y=\"");
    put_length(out, y);
    kf__buf_printf(out,
        "\" text-anchor=\"%s\" paint-order=\"stroke\" stroke=\"#fff\" "
        "stroke-width=\"3\">",
        anchor);
    kf__put_escaped(out, text);
    kf__buf_puts(out, "</text>\n");
}

static void put_line(
    kf_buf *out, double x1, double y1, double x2, double y2, const char *color)
{
    kf__buf_puts(out, "<path fill=\"none\" d=\"M");
    put_point(out, x1, y1);
    kf__buf_putc(out, 'L');
    put_point(out, x2, y2);
    kf__buf_printf(out, "\" stroke=\"%s\"/>\n", color);
}

static void begin_svg(kf_buf *out, const char *label)
{
    kf__buf_printf(out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\""
        " role=\"img\" aria-label=\"%s\" font-family=\"sans-serif\" font-size=\"12\""
        " fill=\"" INK "\">\n",
        WIDTH, HEIGHT, WIDTH, label);
}

/* A number as a label: four digits, so that it fits beside the picture. */
static void put_label(
    kf_buf *out, double x, double y, const char *anchor, double number)
{
    double scale = number == 0 ? 1 : pow(10, 3 - floor(log10(fabs(number))));
    bool rounds = isfinite(scale) && scale > 0 &&
                  !(number == floor(number) && fabs(number) < 1e7);
    put_text(out, x, y, anchor,
        kf__shown(rounds ? round(number * scale) / scale : number).text);
}

/* ---- history ---- */

typedef struct extent {
    double least, greatest;
    bool log; /* Drawn by their logarithms: they are of several orders. */
} extent;

static extent values_extent(const kf_study *study)
{
    extent found = {INFINITY, -INFINITY, false};
    for (size_t i = 0; i < study->entries.count; i++) {
        const kf_trial *trial = &study->entries.items[i]->trial;
        if (trial->values == NULL)
            continue;
        found.least = fmin(found.least, trial->values[0]);
        found.greatest = fmax(found.greatest, trial->values[0]);
    }
    if (found.least == found.greatest) {
        found.least -= 0.5;
        found.greatest += 0.5;
    }
    found.log = found.least > 0 && found.greatest / found.least > 1000;
    return found;
}

static double y_of(extent range, double value)
{
    double share = range.log
                       ? log(range.greatest / value) / log(range.greatest / range.least)
                       : (range.greatest - value) / (range.greatest - range.least);
    return TOP + (HEIGHT - TOP - BOTTOM) * share;
}

static void put_objective(
    const kf_study *study, extent range, double x, const char *anchor, kf_buf *out)
{
    kf_buf text = KF__BUF_INIT;
    kf__buf_printf(
        &text, "%s%s", study->objectives[0], range.log ? " (logarithmic)" : "");
    put_text(out, x, 16, anchor, kf__buf_text(&text));
    kf__buf_finish(&text);
}

/* Of very many trials each so-manieth is drawn. */
static size_t stride_of(size_t count)
{
    return (count + MOST_DRAWN - 1) / MOST_DRAWN;
}

static double x_of(const kf_study *study, int64_t number)
{
    double last = fmax(1, (double)study->entries.count - 1);
    return LEFT + (WIDTH - LEFT - RIGHT) * (double)number / last;
}

static void put_dots(const kf_study *study, extent range, kf_buf *out)
{
    size_t stride = stride_of(study->entries.count);
    for (size_t i = 0; i < study->entries.count; i += stride) {
        const kf_trial *trial = &study->entries.items[i]->trial;
        if (trial->values == NULL)
            continue;
        kf__buf_puts(out, "<circle r=\"2.5\" cx=\"");
        put_length(out, x_of(study, trial->number));
        kf__buf_puts(out, "\" cy=\"");
        put_length(out, y_of(range, trial->values[0]));
        kf__buf_printf(out, "\" fill=\"" BLUE "\" fill-opacity=\"0.6\"><title>%lld: ",
            (long long)trial->number);
        kf__put_double(out, trial->values[0]);
        kf__buf_puts(out, "</title></circle>\n");
    }
}

/* A stair. */
static void put_best_so_far(const kf_study *study, extent range, kf_buf *out)
{
    const kf_trial *best = NULL;
    for (size_t i = 0; i < study->entries.count; i++) {
        const kf_trial *trial = &study->entries.items[i]->trial;
        if (trial->losses == NULL ||
            (best != NULL && !(trial->losses[0] < best->losses[0])))
            continue;
        double x = x_of(study, trial->number);
        if (best == NULL) {
            kf__buf_puts(out,
                "<path fill=\"none\" stroke-width=\"1.5\" stroke=\"" RED "\" d=\"M");
        } else {
            kf__buf_putc(out, 'L');
            put_point(out, x, y_of(range, best->values[0]));
            kf__buf_putc(out, 'L');
        }
        put_point(out, x, y_of(range, trial->values[0]));
        best = trial;
    }
    if (best == NULL)
        return;
    kf__buf_putc(out, 'L');
    put_point(out, x_of(study, (int64_t)study->entries.count - 1),
        y_of(range, best->values[0]));
    kf__buf_puts(out, "\"/>\n");
}

void kf__plot_history(const kf_study *study, kf_buf *out)
{
    extent range = values_extent(study);
    begin_svg(out, "history");
    put_objective(study, range, LEFT, "start", out);
    put_line(out, LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM, FAINT);
    put_line(out, LEFT, TOP, LEFT, HEIGHT - BOTTOM, FAINT);
    if (range.least < range.greatest) {
        put_label(out, LEFT - 6, TOP + 4, "end", range.greatest);
        put_label(out, LEFT - 6, HEIGHT - BOTTOM + 4, "end", range.least);
        put_dots(study, range, out);
        put_best_so_far(study, range, out);
    }
    put_label(out, LEFT, HEIGHT - BOTTOM + 18, "middle", 0);
    put_label(out, WIDTH - RIGHT, HEIGHT - BOTTOM + 18, "end",
        fmax(1, (double)study->entries.count - 1));
    kf_buf label = KF__BUF_INIT;
    kf__buf_puts(&label, "trial");
    if (stride_of(study->entries.count) > 1)
        kf__buf_printf(&label, " (1 of %zu is drawn)", stride_of(study->entries.count));
    put_text(out, (LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - BOTTOM + 32, "middle",
        kf__buf_text(&label));
    kf__buf_finish(&label);
    kf__buf_puts(out, "</svg>\n");
}

/* ---- parallel coordinates ---- */

static double place_on_axis(const kf_study *study, size_t axis, double coordinate)
{
    const kf_axis *described = kf_space_axis(study->space, axis);
    double share = described->kind == KF_AXIS_CATEGORICAL
                       ? (coordinate + 0.5) / (double)described->levels
                       : coordinate;
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share;
}

static double axis_x(const kf_study *study, size_t axis)
{
    return LEFT + (WIDTH - LEFT - RIGHT - 40) * (double)axis /
                      fmax(1, (double)kf_space_count(study->space));
}

/* From red, the best, to blue: by rank. */
static void put_trial(const kf_study *study, const kf_trial *trial, double rank,
    extent range, kf_buf *out)
{
    size_t axes = kf_space_count(study->space);
    int red = (int)(178 - 145 * rank), green = (int)(24 + 78 * rank),
        blue = (int)(43 + 129 * rank);
    kf__buf_puts(out, "<path fill=\"none\" d=\"");
    bool drawn = false;
    for (size_t i = 0; i < axes; i++) {
        if (isnan(trial->point[i]))
            continue;
        kf__buf_putc(out, drawn ? 'L' : 'M');
        put_point(out, axis_x(study, i), place_on_axis(study, i, trial->point[i]));
        drawn = true;
    }
    kf__buf_putc(out, drawn ? 'L' : 'M');
    put_point(out, axis_x(study, axes), y_of(range, trial->values[0]));
    kf__buf_printf(out,
        "\" stroke=\"rgb(%d,%d,%d)\" stroke-opacity=\"0.%d\"><title>%lld", red, green,
        blue, rank < 0.1 ? 9 : 4, (long long)trial->number);
    kf__buf_puts(out, "</title></path>\n");
}

static int compare_losses(const void *a, const void *b)
{
    const kf_trial *x = *(const kf_trial *const *)a, *y = *(const kf_trial *const *)b;
    return (x->losses[0] < y->losses[0]) - (x->losses[0] > y->losses[0]);
}

/* Worst first, so that the best lie above; of many some, and all of the best. */
static void put_trials(const kf_study *study, extent range, kf_buf *out)
{
    size_t count = 0;
    const kf_trial **order = kf__calloc(study->entries.count + 1, sizeof *order);
    if (order == NULL) {
        out->status = KF_ENOMEM;
        return;
    }
    for (size_t i = 0; i < study->entries.count; i++)
        if (study->entries.items[i]->trial.losses != NULL)
            order[count++] = &study->entries.items[i]->trial;
    qsort((void *)order, count, sizeof *order, compare_losses);
    size_t stride = stride_of(count);
    for (size_t i = 0; i < count; i++)
        if (i % stride == 0 || i + MOST_DRAWN / 4 >= count)
            put_trial(study, order[i],
                count > 1 ? 1 - (double)i / (double)(count - 1) : 0, range, out);
    kf__free((void *)order);
}

static void put_choices(const kf_study *study, size_t axis, double x, kf_buf *out)
{
    const kf_parameter *parameter = &study->space->parameters.items[axis];
    for (int64_t level = 0; level < parameter->axis.levels; level++) {
        kf_buf text = KF__BUF_INIT;
        const kf_value *choice = kf_value_at(parameter->choices, (size_t)level);
        double coordinate = kf__space_level_coordinate(study->space, axis, level);
        if (kf__is(choice, KF_KIND_STRING))
            kf__buf_puts(&text, kf_value_string(choice));
        else
            kf__put_json(&text, choice, KF_JSON_COMPACT);
        put_text(out, x + 4, place_on_axis(study, axis, coordinate) + 4, "start",
            kf__buf_text(&text));
        kf__buf_finish(&text);
    }
}

static void put_axis(const kf_study *study, size_t axis, kf_buf *out)
{
    double x = axis_x(study, axis);
    const kf_parameter *parameter = &study->space->parameters.items[axis];
    put_line(out, x, TOP, x, HEIGHT - BOTTOM, FAINT);
    put_text(out, x, 16, "middle", parameter->axis.name);
    if (parameter->choices == NULL) {
        put_label(out, x, HEIGHT - BOTTOM + 14, "middle", parameter->min);
        put_label(out, x + 4, TOP + 8, "start", parameter->max);
    } else if (parameter->axis.levels <= MOST_LABELS) {
        put_choices(study, axis, x, out);
    }
}

void kf__plot_parallel(const kf_study *study, kf_buf *out)
{
    size_t axes = kf_space_count(study->space);
    extent range = values_extent(study);
    begin_svg(out, "parallel coordinates");
    if (range.least < range.greatest)
        put_trials(study, range, out);
    for (size_t i = 0; i < axes; i++)
        put_axis(study, i, out);
    put_line(out, axis_x(study, axes), TOP, axis_x(study, axes), HEIGHT - BOTTOM, INK);
    put_objective(study, range, WIDTH - 4, "end", out);
    if (range.least < range.greatest) {
        put_label(
            out, axis_x(study, axes), HEIGHT - BOTTOM + 14, "middle", range.least);
        put_label(out, axis_x(study, axes) + 4, TOP + 8, "start", range.greatest);
    }
    kf__buf_puts(out, "</svg>\n");
}
