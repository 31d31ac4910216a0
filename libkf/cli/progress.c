/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"
#include "base/vec.h"
#include "cli/cli.h"

typedef struct running_task {
    char *name;
    int attempt;
    int64_t started_ns;
} running_task;

struct cli_progress {
    kf_mutex mutex; /* Events come from the run's thread, ticks from the main one. */
    FILE *stream;
    bool silent;
    bool named; /* The id of the run is printed. */
    bool live;
    KF__VEC(running_task) running;
    size_t done, known;
    size_t drawn; /* Lines of the live part on the screen. */
    size_t frame;
    size_t printed;
};

enum { SHOWN_RUNNING = 8, SHOWN_FINISHED = 500 };

cli_progress *cli_progress_new(bool silent)
{
    cli_progress *progress = kf__calloc(1, sizeof *progress);
    if (!progress)
        return NULL;
    if (kf__mutex_init(&progress->mutex) != KF_OK) {
        kf__free(progress);
        return NULL;
    }
    progress->stream = stderr;
    progress->silent = silent;
    progress->live = !silent && cli_is_terminal(stderr);
    return progress;
}

static void clear(cli_progress *progress)
{
    for (; progress->drawn > 0; progress->drawn--)
        fputs("\033[A\033[2K", progress->stream);
}

static void draw(cli_progress *progress)
{
    static const char *const frames[] = {
        "⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};
    clear(progress);
    const char *frame = frames[progress->frame++ % (sizeof frames / sizeof *frames)];
    int width = cli_terminal_width(progress->stream);
    size_t count = progress->running.count;
    size_t shown = count < SHOWN_RUNNING ? count : SHOWN_RUNNING;
    for (size_t i = 0; i < shown; i++) {
        const running_task *task = &progress->running.items[i];
        kf_buf buf = KF__BUF_INIT;
        cli_put_duration(&buf, (double)(kf__monotonic_ns() - task->started_ns) / 1e9);
        if (task->attempt > 1)
            kf__buf_printf(&buf, ", attempt %d", task->attempt);
        fprintf(progress->stream, "  %s %.*s  %s\n", frame,
            width > 30 ? width - 30 : 10, task->name, kf__buf_text(&buf));
        kf__buf_finish(&buf);
    }
    fprintf(progress->stream, "  %zu of %zu tasks done, %zu running\n", progress->done,
        progress->known, count);
    progress->drawn = shown + 1;
    fflush(progress->stream);
}

static void forget(cli_progress *progress, const char *name)
{
    for (size_t i = 0; i < progress->running.count; i++) {
        if (strcmp(progress->running.items[i].name, name) != 0)
            continue;
        kf__free(progress->running.items[i].name);
        memmove(&progress->running.items[i], &progress->running.items[i + 1],
            (--progress->running.count - i) * sizeof *progress->running.items);
        return;
    }
}

static void remember(cli_progress *progress, const kf_event *event)
{
    forget(progress, event->task);
    running_task task = {kf__strdup(event->task), event->attempt, kf__monotonic_ns()};
    if (task.name && kf__vec_push(&progress->running, task) != KF_OK)
        kf__free(task.name);
}

static void print_line(cli_progress *progress, const kf_event *event)
{
    bool again = event->state == KF_STATE_PENDING;
    const char *state = again ? "RETRYING" : kf_state_name(event->state);
    kf_buf duration = KF__BUF_INIT;
    if (again || (kf_state_is_final(event->state) && event->state != KF_STATE_SKIPPED &&
                     event->state != KF_STATE_CACHED))
        cli_put_duration(&duration, event->seconds);
    fputs("  ", progress->stream);
    cli_styled(progress->stream, cli_state_style(state), "%-9s", state);
    fprintf(progress->stream, "  %9s  %s", kf__buf_text(&duration), event->task);
    if (event->attempt > 1)
        fprintf(progress->stream, " (attempt %d)", event->attempt);
    if (event->message && *event->message && event->state != KF_STATE_RUNNING) {
        kf_buf line = KF__BUF_INIT;
        cli_put_line(&line, event->message, 0);
        fprintf(progress->stream, ": %s", kf__buf_text(&line));
        kf__buf_finish(&line);
    }
    fputc('\n', progress->stream);
    kf__buf_finish(&duration);
}

/* On a terminal only what ended is printed for good; elsewhere also each start, until
 * there are so many tasks that lines of success would bury the rest. */
static bool worth_a_line(cli_progress *progress, const kf_event *event)
{
    if (event->state == KF_STATE_FAILED ||
        (event->state == KF_STATE_PENDING && event->attempt > 0 && event->message))
        return true;
    if (progress->printed >= SHOWN_FINISHED)
        return false;
    return kf_state_is_final(event->state) ||
           (event->state == KF_STATE_RUNNING && !progress->live);
}

static void show(cli_progress *progress, const kf_event *event)
{
    progress->done = event->tasks_done;
    progress->known = event->tasks_known;
    if (event->state == KF_STATE_RUNNING)
        remember(progress, event);
    else
        forget(progress, event->task);
    if (!worth_a_line(progress, event))
        return;
    if (progress->live)
        clear(progress);
    print_line(progress, event);
    if (++progress->printed == SHOWN_FINISHED)
        fprintf(progress->stream, "  … from here on only failures are printed\n");
    if (progress->live)
        draw(progress);
}

int cli_progress_event(const kf_event *event, void *payload)
{
    cli_progress *progress = payload;
    if (progress->silent)
        return 0;
    kf__mutex_lock(&progress->mutex);
    if (!progress->named)
        fprintf(progress->stream, "run %s\n", event->run);
    progress->named = true;
    if (event->task)
        show(progress, event);
    kf__mutex_unlock(&progress->mutex);
    return 0;
}

void cli_progress_say(cli_progress *progress, const char *text)
{
    if (progress->silent)
        return;
    kf__mutex_lock(&progress->mutex);
    if (progress->live)
        clear(progress);
    fprintf(progress->stream, "  %s\n", text);
    fflush(progress->stream);
    kf__mutex_unlock(&progress->mutex);
}

void cli_progress_tick(cli_progress *progress)
{
    if (!progress->live)
        return;
    kf__mutex_lock(&progress->mutex);
    draw(progress);
    kf__mutex_unlock(&progress->mutex);
}

void cli_progress_end(cli_progress *progress)
{
    kf__mutex_lock(&progress->mutex);
    if (progress->live)
        clear(progress);
    fflush(progress->stream);
    kf__mutex_unlock(&progress->mutex);
}

void cli_progress_free(cli_progress *progress)
{
    if (!progress)
        return;
    while (progress->running.count)
        forget(progress, progress->running.items[0].name);
    kf__vec_finish(&progress->running);
    kf__mutex_finish(&progress->mutex);
    kf__free(progress);
}
