/* SPDX-License-Identifier: Apache-2.0 */
/* Building and lowering when memory runs out: at each allocation in turn. What leaks is
 * found by the builds with sanitizers. */
#include "base/mem.h"
#include "pipeline/document.h"

#include "golden.h"
#include "replay.h"

static kf_status build_and_lower(const kf_value *calls, bool verbose)
{
    replay r = {0};
    kf_document document = {0};
    kf_status status = replay_calls(&r, calls);
    if (status == KF_OK)
        status = kf__pipeline_lower(r.pipeline,
            KF_OPTIONS(kf_write_options, .verbose_form = verbose), &document);
    if (status == KF_OK)
        ck_assert_ptr_nonnull(document.spec);
    else
        ck_assert_ptr_null(document.spec);
    kf__document_finish(&document);
    replay_finish(&r);
    return status;
}

static const char *const cases[] = {"head", "text", "settings", "branches",
    "branches_artifacts", "loops_deep", "loops_parameter", "collecting", "exits",
    "importing", "nested_exit", "configured", "passthroughs"};
#define CASES (int)(sizeof cases / sizeof *cases)

START_TEST(test_each_allocation)
{
    kf_tree tree = KF__TREE_INIT;
    kf_buf path = KF__BUF_INIT;
    kf__buf_printf(&path, "calls/%s.json", cases[_i / 2]);
    kf_value *golden = golden_json(&tree, kf__buf_text(&path));
    kf__buf_finish(&path);
    const kf_value *calls = kf_value_get(golden, "calls");
    kf_status status = KF_ENOMEM;
    long countdown = 0;
    for (; status != KF_OK; countdown++) {
        ck_assert_int_lt(countdown, 100000);
        kf__mem_fail_after(countdown);
        status = build_and_lower(calls, _i % 2 == 0);
        kf__mem_fail_after(-1);
        ck_assert_msg(status == KF_OK || status == KF_ENOMEM,
            "%s, allocation %ld: %s: %s", cases[_i / 2], countdown,
            kf_status_name(status), kf_last_error()->message);
    }
    ck_assert_int_gt(countdown, 20);
    kf__tree_finish(&tree);
}
END_TEST

/* Every call fails at each of its allocations, and is made again: nothing of a call that
 * failed is left, so that the document is KFP's all the same. */
static void replay_persistently(replay *r, const kf_value *calls)
{
    for (size_t i = 0; i < kf_value_length(calls); i++) {
        const kf_value *call = kf_value_at(calls, i);
        const char *what = replay_text(call, 0);
        bool single = strcmp(what, "component") != 0 && strcmp(what, "nested") != 0 &&
                      strcmp(what, "importer") != 0;
        kf_status status = single ? KF_ENOMEM : replay_call(r, call);
        for (long countdown = 0; status == KF_ENOMEM; countdown++) {
            r->tree.status = KF_OK;
            kf__mem_fail_after(countdown);
            status = replay_call(r, call);
            kf__mem_fail_after(-1);
        }
        ck_ok(status);
    }
}

START_TEST(test_calls_made_again)
{
    kf_tree tree = KF__TREE_INIT;
    kf_buf path = KF__BUF_INIT;
    replay r = {0};
    kf_document document = {0};
    kf__buf_printf(&path, "calls/%s.json", cases[_i]);
    kf_value *golden = golden_json(&tree, kf__buf_text(&path));
    const kf_value *spec = kf_value_get(golden, "spec");
    replay_persistently(&r, kf_value_get(golden, "calls"));
    ck_ok(kf__pipeline_lower(r.pipeline,
        KF_OPTIONS(kf_write_options, .verbose_form = true,
            .sdk_version = kf__get_text(spec, "sdkVersion")),
        &document));
    if (strcmp(cases[_i], "nested_exit") != 0) /* KFP's names change from run to run. */
        ck_assert_msg(kf_value_equal(document.spec, spec), "%s", cases[_i]);
    kf__document_finish(&document);
    replay_finish(&r);
    kf__buf_finish(&path);
    kf__tree_finish(&tree);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pipeline/lower_memory");
    TCase *tcase = tcase_create("memory");
    tcase_add_loop_test(tcase, test_each_allocation, 0, 2 * CASES);
    tcase_add_loop_test(tcase, test_calls_made_again, 0, CASES);
    tcase_set_timeout(tcase, 120);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
