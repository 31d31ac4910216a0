/* SPDX-License-Identifier: Apache-2.0 */
/* Documents against those that KFP compiles of the same pipelines
 * (tests/golden/make_calls.py). */
#include "pipeline/document.h"

#include "golden.h"
#include "replay.h"

/* ---- comparing ---- */

/* The first place where two documents differ, for messages. */
static bool differ(const kf_value *kfp, const kf_value *ours, kf_buf *where)
{
    size_t before = where->length;
    if (kf_value_kind(kfp) == KF_KIND_STRUCT && kf_value_kind(ours) == KF_KIND_STRUCT) {
        for (size_t i = 0; i < kf_value_length(ours); i++)
            if (kf_value_get(kfp, kf_value_key(ours, i)) == NULL) {
                kf__buf_printf(where, ".%s: only ours", kf_value_key(ours, i));
                return true;
            }
        for (size_t i = 0; i < kf_value_length(kfp); i++) {
            const char *key = kf_value_key(kfp, i);
            kf__buf_truncate(where, before);
            kf__buf_printf(where, ".%s", key);
            if (differ(kf_value_at(kfp, i), kf_value_get(ours, key), where))
                return true;
        }
        return false;
    }
    if (kf_value_kind(kfp) == kf_value_kind(ours) && kf_value_equal(kfp, ours))
        return false;
    kf__buf_puts(where, ": KFP has ");
    kf__put_json(where, kfp, KF_JSON_SPACED);
    kf__buf_puts(where, ", ours is ");
    if (ours != NULL)
        kf__put_json(where, ours, KF_JSON_SPACED);
    return true;
}

static void check_same(const char *name, const kf_value *kfp, const kf_value *ours)
{
    kf_buf where = KF__BUF_INIT;
    bool different = differ(kfp, ours, &where);
    ck_assert_msg(!different, "%s%s", name, kf__buf_text(&where));
    kf__buf_finish(&where);
}

/* What a component is, names of components and executors aside: they are compared where
 * they are referred to. */
typedef struct side {
    const kf_value *components, *executors, *platforms;
} side;

static side side_of(const kf_value *spec, const kf_value *platform)
{
    const kf_value *deployment = kf_value_get(spec, "deploymentSpec");
    return (side){.components = kf_value_get(spec, "components"),
        .executors = kf_value_get(deployment, "executors"),
        .platforms = kf_value_get(platform, "platforms")};
}

static const kf_value *platform_of(const side *s, const char *label)
{
    const kf_value *kubernetes = kf_value_get(s->platforms, "kubernetes");
    const kf_value *deployment = kf_value_get(kubernetes, "deploymentSpec");
    return kf_value_get(kf_value_get(deployment, "executors"), label);
}

static void check_component(const char *name, const side *kfp, const kf_value *theirs,
    const side *own, const kf_value *ours);

static void check_member(const char *name, const char *key, const side *kfp,
    const kf_value *theirs, const side *own, const kf_value *ours)
{
    const kf_value *a = kf_value_get(theirs, key), *b = kf_value_get(ours, key);
    if (strcmp(key, "executorLabel") == 0) {
        const char *label = kf_value_string(a), *own_label = kf_value_string(b);
        ck_assert_msg(own_label != NULL, "%s: no executor", name);
        check_same(name, kf_value_get(kfp->executors, label),
            kf_value_get(own->executors, own_label));
        ck_assert(
            (platform_of(kfp, label) == NULL) == (platform_of(own, own_label) == NULL));
    } else if (strcmp(key, "componentRef") == 0) {
        check_component(name, kfp,
            kf_value_get(kfp->components, kf__get_text(a, "name")), own,
            kf_value_get(own->components, kf__get_text(b, "name")));
    } else if (strcmp(key, "dag") == 0 || strcmp(key, "tasks") == 0) {
        check_component(name, kfp, a, own, b);
    } else {
        check_same(name, a, b);
    }
}

/* Also of DAGs, and of the tasks of DAGs. */
static void check_component(const char *name, const side *kfp, const kf_value *theirs,
    const side *own, const kf_value *ours)
{
    ck_assert_msg(theirs != NULL && ours != NULL, "%s: a part is not there", name);
    ck_assert_msg(kf_value_length(theirs) == kf_value_length(ours),
        "%s: other members than KFP's", name);
    for (size_t i = 0; i < kf_value_length(theirs); i++) {
        const char *key = kf_value_key(theirs, i);
        bool is_task = kf_value_get(kf_value_at(theirs, i), "componentRef") != NULL;
        if (is_task)
            check_component(
                key, kfp, kf_value_at(theirs, i), own, kf_value_get(ours, key));
        else
            check_member(name, key, kfp, theirs, own, ours);
    }
}

/* ---- cases ---- */

static void lower(const kf_value *golden, bool verbose, kf_document *out)
{
    replay r = {0};
    ck_ok(replay_calls(&r, kf_value_get(golden, "calls")));
    ck_ok(kf__pipeline_lower(r.pipeline,
        KF_OPTIONS(kf_write_options, .verbose_form = verbose,
            .sdk_version = kf__get_text(kf_value_get(golden, "spec"), "sdkVersion")),
        out));
    replay_finish(&r); /* The document does not depend on the pipeline. */
}

static void check_content(const kf_value *golden, const kf_document *document)
{
    const kf_value *spec = kf_value_get(golden, "spec");
    side kfp = side_of(spec, kf_value_get(golden, "platform"));
    side own = side_of(document->spec, document->platform);
    check_component("root", &kfp, kf_value_get(spec, "root"), &own,
        kf_value_get(document->spec, "root"));
}

/* Verbose: key by key. Compact: the same when every reference is followed. KFP numbers
 * the components of pipelines within pipelines differently from run to run. */
static void check_case(const char *name, bool same_names)
{
    kf_tree tree = KF__TREE_INIT;
    kf_document verbose = {0}, compact = {0};
    kf_buf path = KF__BUF_INIT;
    kf__buf_printf(&path, "calls/%s.json", name);
    kf_value *golden = golden_json(&tree, kf__buf_text(&path));
    kf__buf_finish(&path);
    lower(golden, true, &verbose);
    lower(golden, false, &compact);
    if (same_names) {
        check_same(name, kf_value_get(golden, "spec"), verbose.spec);
        if (verbose.platform != NULL)
            check_same(name, kf_value_get(golden, "platform"), verbose.platform);
        else
            ck_assert(kf__is(kf_value_get(golden, "platform"), KF_KIND_NULL));
    }
    check_content(golden, &verbose);
    check_content(golden, &compact);
    kf__document_finish(&verbose);
    kf__document_finish(&compact);
    kf__tree_finish(&tree);
}

static const char *const cases[] = {"head", "chain", "constants", "text", "artifacts",
    "order", "settings", "conditions", "branches", "branches_nested",
    "branches_artifacts", "loops_static", "loops_parameter", "loops_output",
    "loops_deep", "loops_conditions", "collecting", "collecting_in_condition",
    "artifact_inputs", "exits", "ignoring", "across", "importing", "nested_exit",
    "configured", "outputs", "passthroughs"};
#define CASES (int)(sizeof cases / sizeof *cases)

START_TEST(test_case)
{
    check_case(cases[_i], strcmp(cases[_i], "nested_exit") != 0);
}
END_TEST

START_TEST(test_nested)
{
    check_case("nested", false);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pipeline/lower");
    TCase *tcase = tcase_create("goldens");
    tcase_add_loop_test(tcase, test_case, 0, CASES);
    tcase_add_test(tcase, test_nested);
    tcase_set_timeout(tcase, 60);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
