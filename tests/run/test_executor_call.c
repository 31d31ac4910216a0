/* SPDX-License-Identifier: Apache-2.0 */
/* What functions of the host program may say of their task. */
#include "run_test.h"

#include "base/text.h"

static run_case self;

static void setup(void)
{
    run_case_open(&self);
}

static void teardown(void)
{
    run_case_close(&self);
}

static int speak_latin(kf_call *call, void *payload)
{
    kf_value *value = NULL;
    ck_ok(kf_value_new_int(1, &value));
    kf_call_log(call, "caf\xE9 \xE2\x82\xAC");
    kf_call_log(call, NULL);
    ck_fails(kf_call_set_metadata(call, "metrics", "caf\xE9", value), KF_EINVAL,
        "not UTF-8");
    ck_fails(kf_call_set_output(call, "caf\xE9", value), KF_ENOENT, "'caf?'");
    kf_value_free(value);
    kf_call_fail(call, "no caf\xE9");
    return 1;
}

START_TEST(what_a_function_says_becomes_utf8)
{
    kf_function functions[] = {{"score", speak_latin, NULL}};
    kf_run_options options = {
        .size = sizeof options, .functions = functions, .function_count = 1};
    kf_tree tree = KF__TREE_INIT;
    kf_value *spec = NULL, *platform = NULL, *logs = NULL;
    kf_run *run = NULL;
    run_document(
        ROOT("tasks: {t: {" USE("score") ", " WITH("value: " CONSTANT("1.0")) "}}"),
        &tree, &spec, &platform);
    ck_ok(kf__run_start(self.store, spec, platform, &options, &run));
    ck_fails(kf_run_wait(run, 30), KF_EFAILED, "no caf?");
    run_expect_error(run, "t", "no caf?");
    ck_ok(kf_store_logs(self.store, kf_run_id(run), NULL, &logs));
    kf_buf text = KF__BUF_INIT;
    run_put_file(&text, kf__get_text(kf_value_at(logs, 0), "path"));
    ck_assert_str_eq(kf__buf_text(&text), "caf? \xE2\x82\xAC\n\n");
    kf__buf_finish(&text);
    kf_value_free(logs);
    kf_run_free(run);
    kf__tree_finish(&tree);
}
END_TEST

KF_TEST_MAIN_WITH(
    "run/executor_call", setup, teardown, what_a_function_says_becomes_utf8)
