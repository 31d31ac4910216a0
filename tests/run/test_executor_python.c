/* SPDX-License-Identifier: Apache-2.0 */
#include "run/executor.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"
#include "pipeline/runtime.h"
#include "wheel.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>

#define HEADER                                                                         \
    "\nimport kfp\nfrom kfp import dsl\nfrom kfp.dsl import *\nfrom typing import "    \
    "*\n\n"

/* A component's container, and one execution of it after the other. */
typedef struct subject {
    kf_tree tree;
    kf_value *container;
    kf_executor *executor;
    kf_run_options options;
    int jobs;
    kf_job job; /* The last one. */
    kf_value *input;
    char folder[128], log[160], output[160];
} subject;

static void push_words(kf_tree *tree, kf_value *list, const char *const *texts)
{
    for (; *texts != NULL; texts++)
        kf__push(tree, list, kf__tree_string(tree, *texts));
}

static void set_source(subject *self, const char *source)
{
    self->container = kf__tree_struct(&self->tree);
    push_words(&self->tree, kf__put_list(&self->tree, self->container, "command"),
        (const char *const[]){"sh", "-ec", kf__runtime_program, source, NULL});
    push_words(&self->tree, kf__put_list(&self->tree, self->container, "args"),
        (const char *const[]){
            "--executor_input", "{{$}}", "--function_to_execute", "f", NULL});
}

static void set_env(subject *self, const char *name, const char *value)
{
    kf_value *entry = kf__tree_struct(&self->tree);
    kf__put_text(&self->tree, entry, "name", name);
    kf__put_text(&self->tree, entry, "value", value);
    kf__push(&self->tree, kf__put_list(&self->tree, self->container, "env"), entry);
}

static void begin(subject *self, const char *source)
{
    *self = (subject){.options = {.size = sizeof self->options}};
    make_test_folder();
    set_source(self, source);
    ck_ok(kf__executor_python.create(&self->options, test_folder, &self->executor));
}

/* The parameters as JSON members, such as "\"x\": 1". */
static void prepare(subject *self, const char *parameters)
{
    char text[2048];
    kf__buf_finish(&self->job.message);
    kf_value_free(self->input);
    (void)snprintf(
        self->folder, sizeof self->folder, "%s/%d", test_folder, self->jobs++);
    (void)snprintf(self->log, sizeof self->log, "%s/log", self->folder);
    (void)snprintf(
        self->output, sizeof self->output, "%s/executor_output.json", self->folder);
    (void)snprintf(text, sizeof text,
        "{\"inputs\": {\"parameterValues\": {%s}}, \"outputs\": {\"outputFile\": "
        "\"%s\"}}",
        parameters, self->output);
    ck_ok(kf__make_folders(self->folder));
    ck_ok(kf_value_parse(text, strlen(text), &self->input));
    self->job = (kf_job){.run = "run",
        .task = "task",
        .attempt = 1,
        .container = self->container,
        .executor_input = self->input,
        .placeholders = {.executor_input = self->input},
        .folder = self->folder,
        .log_path = self->log,
        .output_file = self->output,
        .cancel_fd = -1,
        .options = &self->options,
        .home = test_folder,
        .tree = &self->tree};
}

static kf_status execute(subject *self)
{
    return kf__executor_python.execute(self->executor, &self->job);
}

static kf_status run(subject *self, const char *parameters)
{
    prepare(self, parameters);
    return execute(self);
}

static void end(subject *self)
{
    kf__executor_python.destroy(self->executor);
    kf__buf_finish(&self->job.message);
    kf_value_free(self->input);
    kf__tree_finish(&self->tree);
    remove_test_folder();
}

static void check_log_has(const subject *self, const char *text)
{
    kf_buf log = KF__BUF_INIT;
    ck_ok(kf__file_read(self->log, 1 << 24, &log));
    ck_assert_msg(
        strstr(kf__buf_text(&log), text) != NULL, "the log is: %s", kf__buf_text(&log));
    kf__buf_finish(&log);
}

static void check_failure(subject *self, int code, const char *message)
{
    ck_assert_int_eq(run(self, ""), KF_EFAILED);
    ck_assert_int_eq(self->job.exit_code, code);
    ck_assert_str_eq(kf__buf_text(&self->job.message), message);
}

/* ---- */

START_TEST(gives_out_what_the_function_returns)
{
    subject self;
    begin(&self, HEADER "def f(x: int, who: str = 'you') -> str:\n"
                        "    print('hello', who)\n    return who * x\n");
    ck_assert(kf__executor_python.accepts(self.container));
    ck_ok(run(&self, "\"x\": 2"));
    check_file(self.output, "{\"parameterValues\": {\"Output\": \"youyou\"}}");
    check_file(self.log, "hello you\n");
    ck_ok(run(&self, "\"x\": 3.0, \"who\": \"\xc3\xa4\\u0000\""));
    check_file(self.output, "{\"parameterValues\": {\"Output\": "
                            "\"\\u00e4\\u0000\\u00e4\\u0000\\u00e4\\u0000\"}}");
    end(&self);
}
END_TEST

START_TEST(an_exception_fails_the_task)
{
    subject self;
    begin(&self, HEADER "def f():\n    raise ValueError('no\\nluck')\n");
    check_failure(&self, 1, "ValueError: no\nluck");
    kf_buf log = KF__BUF_INIT;
    ck_ok(kf__file_read(self.log, 1 << 20, &log));
    ck_assert_ptr_null(strstr(log.data, "kf_"));
    kf__buf_finish(&log);
    check_log_has(&self, "ephemeral_component.py\", line 8, in f\n"
                         "    raise ValueError('no\\nluck')\n");
    ck_assert(!kf__file_exists(self.output));
    end(&self);
}
END_TEST

START_TEST(ways_to_end)
{
    subject self;
    begin(&self, HEADER "def f():\n    import sys; sys.exit(7)\n");
    check_failure(&self, 7, "SystemExit: 7");
    set_source(&self, HEADER "def f():\n    raise SystemExit('gone')\n");
    check_failure(&self, 1, "SystemExit: gone");
    check_log_has(&self, "gone\n");
    set_source(&self, HEADER "def f():\n    import os; os._exit(9)\n");
    check_failure(&self, 9, "exit code 9");
    set_source(&self, HEADER
        "def f():\n    import os, signal; os.kill(os.getpid(), signal.SIGSEGV)\n");
    check_failure(
        &self, -SIGSEGV, "ended by signal 11 (SIGSEGV: invalid access to memory)");
    set_source(&self, HEADER "def f():\n    import sys; sys.exit()\n");
    ck_ok(run(&self, ""));
    end(&self);
}
END_TEST

START_TEST(sources_that_do_not_load)
{
    subject self;
    begin(&self, HEADER "def f(:\n    pass\n");
    check_failure(&self, 1, "SyntaxError: invalid syntax");
    set_source(&self, HEADER "def g():\n    pass\n");
    check_failure(
        &self, 1, "RuntimeError: the source of the component has no function 'f'");
    set_source(&self, HEADER "1 / 0\ndef f():\n    pass\n");
    check_failure(&self, 1, "ZeroDivisionError: division by zero");
    set_source(&self, HEADER "import kfp.client\ndef f():\n    pass\n");
    ck_assert_int_eq(run(&self, ""), KF_EFAILED);
    ck_assert_ptr_nonnull(strstr(kf__buf_text(&self.job.message), "kfp.client"));
    end(&self);
}
END_TEST

START_TEST(surroundings_of_a_task)
{
    subject self;
    begin(&self, HEADER
        "def f() -> list:\n"
        "    import os, sys\n"
        "    return [os.getcwd(), os.environ['A'], os.environ.get('B'), "
        "sys.stdin.read(),\n"
        "            os.environ['_KFP_RUNTIME'], os.environ.get('KF_WORKSPACE'),\n"
        "            len(os.listdir('/proc/self/fd')), '{{$.pipeline_job_name}}',\n"
        "            os.getsid(0) == os.getpid() == os.getpgid(0)]\n");
    kf_value *variables = kf__put_struct(&self.tree, self.container, "variables");
    kf__put_text(&self.tree, variables, "pipeline_job_name", "it's");
    set_env(&self, "A", "{{$.inputs.parameters['x']}} \xc3\xbc");
    prepare(&self, "\"x\": 5");
    self.job.placeholders.variables = variables;
    self.job.workspace = "/work space";
    kf_status status = execute(&self);
    /* A quote in the value breaks the source, as it does with KFP. */
    ck_assert_int_eq(status, KF_EFAILED);
    kf__put_text(&self.tree, variables, "pipeline_job_name", "name");
    ck_ok(execute(&self));
    char expected[512];
    (void)snprintf(expected, sizeof expected,
        "{\"parameterValues\": {\"Output\": [\"%s\", \"5 \\u00fc\", null, \"\", "
        "\"true\", "
        "\"/work space\", 5, \"name\", true]}}",
        self.folder);
    check_file(self.output, expected);
    end(&self);
}
END_TEST

START_TEST(tasks_do_not_see_each_other)
{
    subject self;
    begin(&self, HEADER "import os\ncount = 0\ndef f(x: str) -> list:\n"
                        "    global count\n    count += 1\n    dsl.x = kfp.x = 1\n"
                        "    os.environ[x] = x\n"
                        "    return [count, 'a' in os.environ]\n");
    set_env(&self, "A", "1");
    ck_ok(run(&self, "\"x\": \"a\""));
    check_file(self.output, "{\"parameterValues\": {\"Output\": [1, true]}}");
    ck_ok(run(&self, "\"x\": \"b\""));
    check_file(self.output, "{\"parameterValues\": {\"Output\": [1, false]}}");
    end(&self);
}
END_TEST

START_TEST(output_of_any_kind)
{
    subject self;
    begin(&self, HEADER "def f():\n"
                        "    import os, sys\n"
                        "    os.write(1, b'\\xff\\xfe\\n')\n"
                        "    print('lone \\ud800')\n"
                        "    for i in range(20000):\n        print('x' * 99)\n"
                        "    os.system('echo from a command')\n"
                        "    print('no end', end='')\n");
    ck_ok(run(&self, ""));
    kf_buf log = KF__BUF_INIT;
    ck_ok(kf__file_read(self.log, 1 << 24, &log));
    ck_assert_int_eq(log.length, 3 + 12 + 20000 * 100 + 15 + 6);
    ck_assert_mem_eq(log.data, "\xff\xfe\nlone \\ud800\nxxx", 18);
    ck_assert_str_eq(log.data + log.length - 21, "from a command\nno end");
    kf__buf_finish(&log);
    end(&self);
}
END_TEST

START_TEST(what_a_task_logs)
{
    subject self;
    begin(&self, HEADER "def f():\n    import logging\n    logging.info('said')\n"
                        "    logging.debug('not said')\n");
    ck_ok(run(&self, ""));
    check_log_has(&self, "INFO]: said\n");
    end(&self);
}
END_TEST

START_TEST(what_is_left_at_the_end)
{
    subject self;
    begin(&self, HEADER
        "def f():\n"
        "    import atexit, sys, tempfile, threading, time\n"
        "    atexit.register(print, 'at exit')\n"
        "    threading.Thread(target=lambda: (time.sleep(.2), "
        "print('thread'))).start()\n"
        "    kept.append(tempfile.TemporaryDirectory())\n    print(kept[0].name)\n"
        "kept = []\n");
    ck_ok(run(&self, ""));
    check_log_has(&self, "\nthread\nat exit\n");
    kf_buf log = KF__BUF_INIT;
    ck_ok(kf__file_read(self.log, 1 << 20, &log));
    kf__buf_truncate(&log, strcspn(log.data, "\n"));
    ck_assert(!kf__file_exists(log.data));
    kf__buf_finish(&log);
    end(&self);
}
END_TEST

START_TEST(processes_of_a_task)
{
    subject self;
    begin(&self,
        HEADER "def double(x):\n    return 2 * x\n"
               "def f() -> list:\n"
               "    import multiprocessing\n"
               "    with multiprocessing.get_context('spawn').Pool(2) as pool:\n"
               "        return pool.map(double, [1, 2, 3])\n");
    ck_ok(run(&self, ""));
    check_file(self.output, "{\"parameterValues\": {\"Output\": [2, 4, 6]}}");
    end(&self);
}
END_TEST

/* ---- stopping ---- */

static pid_t pid_in(const subject *self, const char *name)
{
    char path[256];
    kf_buf text = KF__BUF_INIT;
    (void)snprintf(path, sizeof path, "%s/%s", self->folder, name);
    for (int i = 0; i < 1000 && (!kf__file_exists(path) || text.length == 0); i++) {
        kf__sleep_ms(10);
        if (kf__file_exists(path))
            ck_ok(kf__file_read(path, 100, &text));
    }
    pid_t pid = (pid_t)strtol(kf__buf_text(&text), NULL, 10);
    ck_assert_int_gt(pid, 1);
    kf__buf_finish(&text);
    return pid;
}

static void check_gone(const subject *self, const char *name)
{
    pid_t pid = pid_in(self, name);
    for (int i = 0; i < 300 && kill(pid, 0) == 0; i++)
        kf__sleep_ms(10);
    ck_assert_msg(kill(pid, 0) != 0, "%s still runs", name);
}

/* Starts processes in the three ways in which they escape, and waits. */
#define FAMILY                                                                         \
    HEADER "def f(x: str):\n"                                                          \
           "    import os, subprocess, sys, time\n"                                    \
           "    def note(name, pid):\n"                                                \
           "        open(name + '.new', 'w').write(str(pid))\n"                        \
           "        os.rename(name + '.new', name)\n"                                  \
           "    note('child', subprocess.Popen(['sleep', '600']).pid)\n"               \
           "    note('session', subprocess.Popen(['sleep', '600'],\n"                  \
           "         start_new_session=True).pid)\n"                                   \
           "    pid = os.fork()\n"                                                     \
           "    if pid == 0:\n"                                                        \
           "        os.setpgid(0, 0)\n"                                                \
           "        note('group', os.getpid())\n"                                      \
           "        time.sleep(600)\n"                                                 \
           "    while not os.path.exists('group'): time.sleep(.01)\n"                  \
           "    note('task', os.getpid())\n"                                           \
           "    if x == 'wait': time.sleep(600)\n"                                     \
           "    if x == 'crash': os._exit(3)\n"

static void check_family_gone(const subject *self)
{
    check_gone(self, "task");
    check_gone(self, "child");
    check_gone(self, "group");
    check_gone(self, "session");
}

START_TEST(processes_left_behind_are_ended)
{
    subject self;
    begin(&self, FAMILY);
    ck_ok(run(&self, "\"x\": \"\""));
    check_family_gone(&self);
    ck_assert_int_eq(run(&self, "\"x\": \"crash\""), KF_EFAILED);
    check_family_gone(&self);
    end(&self);
}
END_TEST

START_TEST(time_limits)
{
    subject self;
    begin(&self, FAMILY);
    prepare(&self, "\"x\": \"wait\"");
    self.job.timeout = 1.5;
    int64_t from = kf__now_ms();
    ck_assert_int_eq(execute(&self), KF_ETIMEOUT);
    ck_assert_int_ge(kf__now_ms() - from, 1400);
    ck_assert_int_lt(kf__now_ms() - from, 10000);
    check_family_gone(&self);
    end(&self);
}
END_TEST

static void *cancel_when_running(void *argument)
{
    subject *self = argument;
    (void)pid_in(self, "task");
    ck_assert_int_eq(write(self->options.jobs, "x", 1), 1);
    return NULL;
}

static void check_canceled(subject *self)
{
    int ends[2];
    pthread_t thread;
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    self->options.jobs = ends[1];
    prepare(self, "\"x\": \"wait\"");
    self->job.cancel_fd = ends[0];
    ck_ok(kf__thread_start(&thread, cancel_when_running, self));
    int64_t from = kf__now_ms();
    ck_assert_int_eq(execute(self), KF_ECANCELED);
    ck_assert_int_lt(kf__now_ms() - from, 20000);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

START_TEST(canceling)
{
    subject self;
    begin(&self, FAMILY);
    check_canceled(&self);
    check_family_gone(&self);
    end(&self);
}
END_TEST

START_TEST(a_task_that_ignores_sigterm_is_killed)
{
    subject self;
    begin(&self, HEADER "def f(x: str):\n    import os, signal, time\n"
                        "    signal.signal(signal.SIGTERM, lambda *_: print('term'))\n"
                        "    open('task', 'w').write(str(os.getpid()))\n"
                        "    time.sleep(100)\n");
    check_canceled(&self);
    check_log_has(&self, "term\n");
    check_gone(&self, "task");
    end(&self);
}
END_TEST

START_TEST(a_program_that_is_killed_leaves_nothing)
{
    subject self;
    begin(&self, FAMILY);
    prepare(&self, "\"x\": \"wait\"");
    pid_t program = fork();
    if (program == 0) {
        (void)execute(&self);
        _exit(1);
    }
    (void)pid_in(&self, "task");
    ck_assert_int_eq(kill(program, SIGKILL), 0);
    ck_assert_int_eq(waitpid(program, NULL, 0), program);
    check_family_gone(&self);
    end(&self);
}
END_TEST

/* ---- the template ---- */

START_TEST(a_template_that_dies_is_replaced)
{
    subject self;
    begin(&self, HEADER "def f(x: str):\n    import os, signal, time\n"
                        "    if x == 'kill':\n"
                        "        open('task', 'w').write(str(os.getpid()))\n"
                        "        os.kill(os.getppid(), signal.SIGKILL)\n"
                        "        time.sleep(100)\n");
    ck_ok(run(&self, "\"x\": \"\""));
    ck_assert_int_eq(run(&self, "\"x\": \"kill\""), KF_EIO);
    ck_assert_str_eq(kf__buf_text(&self.job.message),
        "the worker process ended while it ran the task");
    check_gone(&self, "task");
    ck_ok(run(&self, "\"x\": \"\""));
    ck_assert_int_eq(run(&self, "\"x\": \"kill\""), KF_EIO);
    ck_assert_int_eq(run(&self, "\"x\": \"kill\""), KF_EIO);
    ck_assert_int_eq(run(&self, "\"x\": \"\""), KF_EIO);
    ck_assert_ptr_nonnull(strstr(kf__buf_text(&self.job.message), "ended 2 times"));
    end(&self);
}
END_TEST

START_TEST(interpreters_that_will_not_do)
{
    subject self;
    begin(&self, HEADER "def f():\n    pass\n");
    kf__executor_python.destroy(self.executor);
    self.options.python = "no-such-python";
    ck_ok(kf__executor_python.create(&self.options, test_folder, &self.executor));
    ck_assert_int_eq(run(&self, ""), KF_ENOENT);
    ck_assert_ptr_nonnull(strstr(kf__buf_text(&self.job.message), "no-such-python"));
    kf__executor_python.destroy(self.executor);
    self.options.python = "false";
    ck_ok(kf__executor_python.create(&self.options, test_folder, &self.executor));
    ck_assert_int_eq(run(&self, ""), KF_EUNSUPPORTED);
    ck_assert_str_eq(kf__buf_text(&self.job.message),
        "\"false\" cannot run Python components: it ended with an error");
    end(&self);
}
END_TEST

static atomic_int next_number;

static void *run_many(void *argument)
{
    subject self = *(const subject *)argument;
    for (int number; (number = atomic_fetch_add(&next_number, 1)) < 200;) {
        char parameters[64], expected[96];
        (void)snprintf(parameters, sizeof parameters, "\"x\": %d", number);
        (void)snprintf(expected, sizeof expected,
            "{\"parameterValues\": {\"Output\": %d}}", number * 2);
        self.jobs = number;
        ck_ok(run(&self, parameters));
        check_file(self.output, expected);
    }
    kf__buf_finish(&self.job.message);
    kf_value_free(self.input);
    return NULL;
}

START_TEST(many_at_a_time)
{
    subject self;
    pthread_t threads[16];
    begin(&self, HEADER "def f(x: int) -> int:\n    return x * 2\n");
    atomic_store(&next_number, 0);
    for (size_t i = 0; i < 16; i++)
        ck_ok(kf__thread_start(&threads[i], run_many, &self));
    for (size_t i = 0; i < 16; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    end(&self);
}
END_TEST

START_TEST(much_input)
{
    subject self;
    begin(&self, HEADER "def f(x: str) -> int:\n    return len(x)\n");
    prepare(&self, "");
    kf_value *parameters = kf__tree_struct(&self.tree);
    kf_value *inputs = kf__tree_struct(&self.tree);
    kf_value *input = kf__tree_copy(&self.tree, self.input);
    char *text = kf__alloc(1000001);
    memset(text, 'x', 1000000);
    text[1000000] = '\0';
    kf__put_text(&self.tree, parameters, "x", text);
    kf__put(&self.tree, inputs, "parameterValues", parameters);
    kf__put(&self.tree, input, "inputs", inputs);
    self.job.executor_input = input;
    ck_ok(execute(&self));
    check_file(self.output, "{\"parameterValues\": {\"Output\": 1000000}}");
    kf__free(text);
    end(&self);
}
END_TEST

/* ---- environments ---- */

/* Puts pip's command before the program, as KFP does. */
static void set_packages(subject *self, const char *source, const char *words)
{
    char script[512];
    (void)snprintf(script, sizeof script,
        "python3 -m pip install --quiet --no-warn-script-location %s && \"$0\" "
        "\"$@\"\n",
        words);
    set_source(self, source);
    kf_value *command = kf__tree_list(&self->tree);
    push_words(&self->tree, command,
        (const char *const[]){
            "sh", "-c", script, "sh", "-ec", kf__runtime_program, source, NULL});
    kf__put(&self->tree, self->container, "command", command);
}

#define USES_PACKAGE                                                                   \
    HEADER "def f() -> str:\n    import demo_pkg, subprocess\n"                        \
           "    return subprocess.check_output(['demo-pkg'], text=True)\n"

START_TEST(an_environment_is_made_and_kept)
{
    subject self;
    char words[256];
    begin(&self, "");
    (void)snprintf(words, sizeof words, "'%s'", make_wheel());
    set_packages(&self, USES_PACKAGE, words);
    ck_ok(run(&self, ""));
    check_file(self.output, "{\"parameterValues\": {\"Output\": \"41\\n\"}}");
    check_log_has(&self, "[kf] making a Python environment for /");
    ck_ok(run(&self, ""));
    check_file(self.log, "");
    kf__executor_python.destroy(self.executor);
    ck_ok(kf__executor_python.create(&self.options, test_folder, &self.executor));
    ck_ok(run(&self, ""));
    check_file(self.log, "");
    kf__executor_python.destroy(self.executor);
    self.options.no_environments = true;
    ck_ok(kf__executor_python.create(&self.options, test_folder, &self.executor));
    check_failure(&self, 1, "ModuleNotFoundError: No module named 'demo_pkg'");
    end(&self);
}
END_TEST

START_TEST(no_environment_for_what_is_there)
{
    static const char metadata[] =
        "Metadata-Version: 2.1\nName: kf-there\nVersion: 1.2\n";
    subject self;
    begin(&self, "");
    const char *path = in_folder("site/kf_there-1.2.dist-info/METADATA");
    ck_ok(kf__make_parent_folders(path));
    ck_ok(kf__file_write(path, metadata, sizeof metadata - 1));
    ck_assert_int_eq(setenv("PYTHONPATH", in_folder("site"), 1), 0);
    set_packages(&self, HEADER "def f():\n    pass\n",
        "'kf-there>=1,<2' 'never; python_version < \"3\"'");
    ck_ok(run(&self, ""));
    ck_assert(!kf__file_exists(in_folder("environments")));
    end(&self);
}
END_TEST

START_TEST(packages_that_cannot_be_installed)
{
    subject self;
    begin(&self, "");
    set_packages(&self, HEADER "def f():\n    pass\n",
        "--index-url file:///nowhere 'no-such-package-of-kf'");
    ck_assert_int_eq(run(&self, ""), KF_EFAILED);
    ck_assert_int_eq(self.job.exit_code, 1);
    ck_assert_ptr_nonnull(strstr(kf__buf_text(&self.job.message),
        "ERROR: No matching distribution found for no-such-package-of-kf (the log is"));
    check_log_has(&self, "ERROR: No matching distribution");
    end(&self);
}
END_TEST

START_TEST(other_containers)
{
    subject self;
    begin(&self, HEADER);
    kf_value *other = kf__tree_struct(&self.tree);
    push_words(&self.tree, kf__put_list(&self.tree, other, "command"),
        (const char *const[]){"echo", NULL});
    ck_assert(!kf__executor_python.accepts(other));
    self.container = other;
    ck_assert_int_eq(run(&self, ""), KF_EUNSUPPORTED);
    end(&self);
}
END_TEST

KF_TEST_MAIN("executor_python", gives_out_what_the_function_returns,
    an_exception_fails_the_task, ways_to_end, sources_that_do_not_load,
    surroundings_of_a_task, tasks_do_not_see_each_other, output_of_any_kind,
    what_a_task_logs, what_is_left_at_the_end, processes_of_a_task,
    processes_left_behind_are_ended, time_limits, canceling,
    a_task_that_ignores_sigterm_is_killed, a_program_that_is_killed_leaves_nothing,
    a_template_that_dies_is_replaced, interpreters_that_will_not_do, many_at_a_time,
    much_input, an_environment_is_made_and_kept, no_environment_for_what_is_there,
    packages_that_cannot_be_installed, other_containers)
