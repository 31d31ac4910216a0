/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"
#include "base/value.h"
#include "cli/cli.h"
#include "io/file.h"

void cli_complain(const cli_command *command, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fflush(stdout);
    fprintf(stderr, "kf%s%s: ", command ? " " : "", command ? command->name : "");
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

/* A message may name its place itself. */
static void print_error(const kf_error *error)
{
    if (error->where[0] && !strstr(error->message, error->where))
        fprintf(stderr, "%s: ", error->where);
    fprintf(stderr, "%s\n", error->message);
}

int cli_fail(const cli_command *command)
{
    const kf_error *error = kf_last_error();
    fflush(stdout);
    fprintf(stderr, "kf %s: ", command->name);
    if (error->line)
        fprintf(stderr, "line %d, column %d: ", error->line, error->column);
    print_error(error);
    return CLI_FAILURE;
}

int cli_fail_in(const cli_command *command, const char *path)
{
    const kf_error *error = kf_last_error();
    fflush(stdout);
    fprintf(stderr, "kf %s: %s:", command->name, path);
    if (error->line)
        fprintf(stderr, "%d:%d:", error->line, error->column);
    fputc(' ', stderr);
    print_error(error);
    return CLI_FAILURE;
}

void cli_print_finding(FILE *stream, const char *path, const kf_finding *finding)
{
    bool error = finding->severity == KF_SEVERITY_ERROR;
    fprintf(stream, "%s:", path);
    if (finding->line)
        fprintf(stream, "%d:%d:", finding->line, finding->column);
    fputc(' ', stream);
    cli_styled(stream, error ? CLI_RED : CLI_YELLOW, "%s", error ? "error" : "warning");
    fprintf(stream, ": %s%s%s\n", finding->where, finding->where[0] ? ": " : "",
        finding->message);
}

void cli_print_json(const kf_value *value)
{
    kf_buf buf = KF__BUF_INIT;
    kf__put_json(&buf, value, KF_JSON_INDENTED);
    printf("%s\n", kf__buf_text(&buf));
    kf__buf_finish(&buf);
}

bool cli_is_terminal(FILE *stream)
{
    const char *term = kf__environment("TERM");
    const char *no_color = kf__environment("NO_COLOR");
    return isatty(fileno(stream)) && !(no_color && *no_color) && term &&
           strcmp(term, "dumb") != 0;
}

int cli_terminal_width(FILE *stream)
{
    struct winsize size;
    if (ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 80;
}

void cli_styled(FILE *stream, cli_style style, const char *format, ...)
{
    static const char *const codes[] = {"", "1", "2", "32", "31", "33", "36"};
    bool styled = style != CLI_PLAIN && cli_is_terminal(stream);
    va_list arguments;
    va_start(arguments, format);
    if (styled)
        fprintf(stream, "\033[%sm", codes[style]);
    vfprintf(stream, format, arguments);
    if (styled)
        fputs("\033[0m", stream);
    va_end(arguments);
}

cli_style cli_state_style(const char *state)
{
    static const struct {
        const char *state;
        cli_style style;
    } styles[] = {{"SUCCEEDED", CLI_GREEN}, {"CACHED", CLI_CYAN}, {"FAILED", CLI_RED},
        {"CANCELED", CLI_YELLOW}, {"INTERRUPTED", CLI_YELLOW},
        {"CANCELING", CLI_YELLOW}, {"RETRYING", CLI_YELLOW}, {"SKIPPED", CLI_DIM},
        {"RUNNING", CLI_BOLD}, {"KILLED", CLI_YELLOW}, {"EARLY_STOPPED", CLI_CYAN},
        {"METRICS_UNAVAILABLE", CLI_RED}, {"READY", CLI_GREEN}, {"LOADING", CLI_BOLD},
        {"STOPPED", CLI_DIM}};
    for (size_t i = 0; i < sizeof styles / sizeof *styles; i++)
        if (strcmp(state, styles[i].state) == 0)
            return styles[i].style;
    return CLI_PLAIN;
}

void cli_put_duration(kf_buf *buf, double seconds)
{
    if (seconds < 0)
        seconds = 0;
    if (seconds < 0.9995)
        kf__buf_printf(buf, "%d ms", (int)(seconds * 1000 + 0.5));
    else if (seconds < 59.95)
        kf__buf_printf(buf, "%.1f s", seconds);
    else if (seconds < 3600)
        kf__buf_printf(buf, "%d min %d s", (int)seconds / 60, (int)seconds % 60);
    else
        kf__buf_printf(
            buf, "%d h %d min", (int)(seconds / 3600), (int)(seconds / 60) % 60);
}

void cli_put_size(kf_buf *buf, double bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    size_t unit = 0;
    for (; bytes >= 1023.95 && unit + 1 < sizeof units / sizeof *units; unit++)
        bytes /= 1024;
    kf__buf_printf(buf, unit ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
}

static void cut(kf_buf *buf, size_t start, size_t width)
{
    size_t columns = 0;
    for (size_t i = start; i < buf->length; i++) {
        unsigned char byte = (unsigned char)buf->data[i];
        if (byte < 0x20)
            buf->data[i] = ' ';
        columns += (byte & 0xC0) != 0x80;
        if (width && columns > width) {
            kf__buf_truncate(buf, i);
            kf__buf_puts(buf, "…");
            return;
        }
    }
}

void cli_put_value(kf_buf *buf, const kf_value *value, size_t width)
{
    size_t start = buf->length;
    if (value && kf_value_kind(value) == KF_KIND_STRING)
        kf__buf_append(buf, kf_value_string(value), kf_value_length(value));
    else if (value)
        kf__put_json(buf, value, KF_JSON_SPACED);
    cut(buf, start, width);
}

void cli_put_line(kf_buf *buf, const char *text, size_t width)
{
    size_t start = buf->length;
    for (; text && *text; text++) {
        bool blank = (unsigned char)*text <= 0x20;
        if (!blank)
            kf__buf_putc(buf, *text);
        else if (buf->length > start && buf->data[buf->length - 1] != ' ')
            kf__buf_putc(buf, ' ');
    }
    cut(buf, start, width);
}
