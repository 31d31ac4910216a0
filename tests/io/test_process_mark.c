/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "child.h"
#include "folder.h"

#include <signal.h>

/* Starts a process that leaves another one behind, in a session of its own if `leave`,
 * and waits for it to say its number. */
static pid_t start(const char *mark, const char *leave, kf_process *process)
{
    kf_buf text = KF__BUF_INIT;
    const char *path = in_folder("pid");
    char script[400];
    (void)snprintf(script, sizeof script,
        "%s sh -c 'echo $$ > %s.new && mv %s.new %s && exec sleep 1000' & wait", leave,
        path, path, path);
    kf_process_options options = OPTIONS(.argv = SHELL(script), .env = ARGV(mark));
    (void)unlink(path);
    ck_ok(kf__process_start(&options, process));
    for (int i = 0; i < 1000 && !kf__file_exists(path); i++)
        kf__sleep_ms(10);
    ck_ok(kf__file_read(path, 100, &text));
    pid_t pid = (pid_t)strtol(kf__buf_text(&text), NULL, 10);
    kf__buf_finish(&text);
    ck_assert_int_gt(pid, 1);
    return pid;
}

static char *mark_of(const char *name)
{
    static char mark[300];
    (void)snprintf(mark, sizeof mark, "KF_TEST_MARK=%s", in_folder(name));
    return mark;
}

START_TEST(marked_processes_end_wherever_they_are)
{
    kf_process process;
    pid_t pid = start(mark_of("a/b"), "setsid", &process);
    ck_assert(kf__process_alive(pid, 0));
    kf__process_end_marked(mark_of("a"));
    kf__process_end_marked(mark_of("a/bc"));
    kf__process_end_marked(mark_of("b/"));
    ck_assert(kf__process_alive(pid, 0));
    ck_assert(kf__process_alive(process.pid, 0));
    kf__process_end_marked(mark_of("a/b"));
    ck_assert(!kf__process_alive(pid, 0));
    ck_assert(!kf__process_alive(process.pid, 0));
    kf__process_end(&process, 0);
}
END_TEST

START_TEST(a_mark_may_be_a_folder)
{
    kf_process process;
    pid_t pid = start(mark_of("a/b"), "", &process);
    kf__process_end_marked(mark_of("a/"));
    ck_assert(!kf__process_alive(pid, 0));
    kf__process_end(&process, 0);
}
END_TEST

KF_TEST_MAIN_WITH("io/process_mark", make_test_folder, remove_test_folder,
    marked_processes_end_wherever_they_are, a_mark_may_be_a_folder)
