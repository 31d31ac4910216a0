/* SPDX-License-Identifier: Apache-2.0 */
#include "experiment_test.h"

#include "base/mem.h"
#include "search/experiment.h"

static char *written(
    const kf_experiment *experiment, const kf_experiment_write_options *options)
{
    char *text = NULL;
    ck_ok(kf_experiment_write(experiment, options, &text));
    return text;
}

START_TEST(nothing_is_lost)
{
    kf_experiment *experiment = load_edited(
        "  parameters:\n", "  unknown: {a: [1, 2.5, null]}\n  parameters:\n");
    for (int json = 0; json < 2; json++) {
        char *text = written(
            experiment, KF_OPTIONS(kf_experiment_write_options, .json = json == 1));
        ck_assert((text[0] == '{') == (json == 1));
        kf_experiment *again = load(text);
        ck_assert(kf_value_equal(experiment->document, again->document));
        kf_experiment_free(again);
        kf_text_free(text);
    }
    kf_experiment_free(experiment);
}
END_TEST

START_TEST(with_defaults)
{
    kf_experiment *experiment = load(sound);
    char *text = written(experiment, NULL);
    ck_assert_ptr_null(strstr(text, "resumePolicy"));
    kf_text_free(text);
    text =
        written(experiment, KF_OPTIONS(kf_experiment_write_options, .defaults = true));
    ck_assert_ptr_nonnull(strstr(text, "  resumePolicy: Never\n"));
    ck_assert_ptr_nonnull(strstr(text, "    successCondition: status.conditions"));
    check_finds(text, "nothing\n");
    kf_text_free(text);
    kf_experiment_free(experiment);
}
END_TEST

START_TEST(with_a_status)
{
    kf_experiment *experiment = load(sound);
    kf_value *status = json("{\"trials\": 3}");
    char *text =
        written(experiment, KF_OPTIONS(kf_experiment_write_options, .status = status));
    ck_assert_ptr_nonnull(strstr(text, "\nstatus:\n  trials: 3\n"));
    kf_text_free(text);
    kf_value_free(status);
    kf_experiment_free(experiment);
}
END_TEST

START_TEST(documents_beside_it)
{
    kf_buf both = KF__BUF_INIT;
    kf__buf_printf(&both, "kind: ConfigMap\ndata: {a: b}\n---\n%s", sound);
    kf_experiment *experiment = load(kf__buf_text(&both));
    char *text = written(experiment, NULL);
    ck_assert_int_eq(strncmp(text, "data:\n  a: b\nkind: ConfigMap\n---\n", 33), 0);
    kf_text_free(text);
    text = written(experiment, KF_OPTIONS(kf_experiment_write_options, .json = true));
    kf_value *list = json(text);
    ck_assert(kf__equals_text(kf_value_get(list, "kind"), "List"));
    ck_assert(kf__equals_text(kf_value_get(list, "apiVersion"), "v1"));
    ck_assert_uint_eq(kf_value_length(kf_value_get(list, "items")), 2);
    kf_experiment *again = load(text);
    ck_assert(kf_value_equal(experiment->documents, again->documents));
    kf_experiment_free(again);
    kf_value_free(list);
    kf_text_free(text);
    kf_experiment_free(experiment);
    kf__buf_finish(&both);
}
END_TEST

START_TEST(optimization_jobs)
{
    kf_experiment *experiment = load(job);
    char *text = written(experiment, NULL);
    ck_assert_ptr_nonnull(strstr(text, "kind: OptimizationJob\n"));
    kf_experiment *again = load(text);
    ck_assert(kf_value_equal(experiment->document, again->document));
    kf_experiment_free(again);
    kf_text_free(text);
    kf_experiment_free(experiment);
}
END_TEST

static kf_status write_it(const kf_experiment *experiment)
{
    char *text = NULL;
    kf_status status = kf_experiment_write(
        experiment, KF_OPTIONS(kf_experiment_write_options, .json = true), &text);
    kf_text_free(text);
    return status;
}

START_TEST(out_of_memory)
{
    kf_experiment *experiment = load(sound);
    ck_survives_nomem(write_it(experiment));
    kf_experiment_free(experiment);
}
END_TEST

KF_TEST_MAIN("search/experiment_write", nothing_is_lost, with_defaults, with_a_status,
    documents_beside_it, optimization_jobs, out_of_memory)
