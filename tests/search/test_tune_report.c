/* SPDX-License-Identifier: Apache-2.0 */
/* What the store writes of a study is what the study writes of itself. */
#include "study_test.h"

#include <kf/tune.h>
#include <stdio.h>
#include <unistd.h>

#include "io/file.h"

static char folder[40];
static kf_store *store;
static kf_space *space;

static void setup(void)
{
    (void)snprintf(folder, sizeof folder, "/tmp/kf-report-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_ok(kf_store_open(folder, &store));
    space = new_space();
    add_categorical(space, "kind", "[\"a\", null, [3, \"<b>\"]]");
    ck_ok(kf_space_add_double(space, "rate", 1e-3, 1, 0, KF_LOG_UNIFORM));
    ck_ok(kf_space_add_double(space, "share", -0.3, 0.3, 0.1, KF_NORMAL));
    ck_ok(kf_space_add_int(space, "layers", 1, 9, 2, KF_UNIFORM));
    kf_value *sizes = json("[16, \"8\", 32.5]");
    ck_ok(kf_space_add_discrete(space, "size", sizes));
    kf_value_free(sizes);
    add_condition(space, "layers", "kind", "[\"a\", [3, \"<b>\"]]");
}

static void teardown(void)
{
    kf_space_free(space);
    kf_store_free(store);
    ck_ok(kf__remove_tree(folder));
}

/* Two objectives; some trials fail, and the last one runs. */
static kf_study *searched(void)
{
    kf_study *study = NULL;
    ck_ok(kf_study_new(space,
        KF_OPTIONS(kf_study_options,
            .objectives = (const char *const[]){"score & more", "cost"},
            .directions = (const kf_direction[]){KF_MAXIMIZE, KF_MINIMIZE},
            .objective_count = 2, .algorithm = "tpe", .seed = 3, .store = store,
            .name = "searched"),
        &study));
    for (int64_t i = 0; i < 40; i++) {
        ck_assert_int_eq(ask(study), i);
        const double values[] = {number_of(study, i, "rate"), (double)i};
        ck_ok(kf_study_report(study, i, 1, values[0] / 2, NULL));
        if (i % 9 == 5)
            ck_ok(kf_study_tell_state(study, i, KF_TRIAL_FAILED, "it < failed"));
        else if (i < 39)
            ck_ok(kf_study_tell_values(study, i, values, 2));
    }
    return study;
}

START_TEST(store_writes_what_the_study_writes)
{
    static const kf_study_format formats[] = {
        KF_STUDY_CSV, KF_STUDY_JSON, KF_STUDY_HTML};
    kf_study *study = searched();
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        char *own, *stored;
        ck_ok(kf_study_write(study, formats[i], &own));
        ck_ok(kf_store_experiment_write(store, "latest", formats[i], &stored));
        ck_assert_str_eq(stored, own);
        kf_text_free(own);
        kf_text_free(stored);
    }
    kf_study_free(study);
}
END_TEST

START_TEST(importance_is_that_of_the_study)
{
    kf_study *study = searched();
    kf_value *own, *stored;
    ck_ok(kf_study_importance(study, &own));
    ck_ok(kf_store_experiment_importance(store, "sear", &stored));
    ck_assert(kf_value_equal(own, stored));
    /* The objective is the rate itself. */
    ck_assert_double_gt(kf_value_double(kf_value_get(stored, "rate")), 0.5);
    kf_value_free(own);
    kf_value_free(stored);
    kf_study_free(study);
}
END_TEST

START_TEST(page_is_whole)
{
    char *page;
    kf_study_free(searched());
    ck_ok(kf_store_experiment_write(store, "searched", KF_STUDY_PAGE, &page));
    ck_assert_ptr_nonnull(strstr(page, "<title>searched</title>"));
    ck_assert_ptr_nonnull(strstr(page, "charset=\"utf-8\""));
    ck_assert_ptr_nonnull(strstr(page, "score &amp; more"));
    ck_assert_ptr_nonnull(strstr(page, "it &lt; failed"));
    ck_assert_str_eq(page + strlen(page) - 8, "</html>\n");
    kf_text_free(page);
}
END_TEST

START_TEST(what_is_not_there)
{
    char *text;
    kf_value *value;
    ck_assert_int_eq(
        kf_store_experiment_write(store, "none", KF_STUDY_CSV, &text), KF_ENOENT);
    ck_assert_int_eq(kf_store_experiment_importance(store, "none", &value), KF_ENOENT);
    kf_study_free(searched());
    ck_assert_int_eq(
        kf_store_experiment_write(store, "searched", (kf_study_format)9, &text),
        KF_EINVAL);
}
END_TEST

static kf_status write_all(void)
{
    char *text = NULL;
    kf_value *importance = NULL;
    kf_status status =
        kf_store_experiment_write(store, "searched", KF_STUDY_PAGE, &text);
    kf_text_free(text);
    if (status == KF_OK)
        status = kf_store_experiment_importance(store, "searched", &importance);
    kf_value_free(importance);
    return status;
}

START_TEST(survives_lack_of_memory)
{
    kf_study_free(searched());
    ck_survives_nomem(write_all());
}
END_TEST

KF_TEST_MAIN_WITH("search/tune_report", setup, teardown,
    store_writes_what_the_study_writes, importance_is_that_of_the_study, page_is_whole,
    what_is_not_there, survives_lack_of_memory)
