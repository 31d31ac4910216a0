/* SPDX-License-Identifier: Apache-2.0 */
/* Expectations: canary_controller_test.go of KServe, which gives the replicas of the
 * Deployments that it makes of the same services. */
#include "service_test.h"

#include "serving/lines.h"

static const kf_override none = {0};

/* "name base percent least-most …", as many as there are. */
static void plans(const char *text, const kf_override *override, const char *expected)
{
    kf_service *service = load(text);
    kf_lines lines;
    kf_buf buf = KF__BUF_INIT;
    ck_ok(kf__lines_make(service, KF_SERVICE_PREDICTOR, override, &lines));
    for (size_t i = 0; i < lines.items.count; i++) {
        const kf_line *line = &lines.items.items[i];
        kf__buf_printf(&buf, "%s:%s %d%% %s %lld-%lld\n", line->name, line->base,
            line->percent,
            kf_service_component_of(line->service, KF_SERVICE_PREDICTOR)->storage_uri,
            (long long)line->rule.min, (long long)line->rule.max);
    }
    ck_assert_str_eq(kf__buf_text(&buf), expected);
    kf__buf_finish(&buf);
    kf__lines_finish(&lines);
    kf_service_free(service);
}

#define STANDARD(predictor, canaries)                                                  \
    ANNOTATED("serving.kserve.io/deploymentMode: Standard",                            \
        "  predictor: {" predictor "}\n  canary:\n" canaries)
#define MODEL(uri)                                                                     \
    "model: {modelFormat: {name: tensorflow}, storageUri: 's3://test/" uri "'}"
#define CANARY(name, percent, uri)                                                     \
    "  - {trafficPercent: " percent ", predictor: {name: " name ", " MODEL(uri) "}}\n"

START_TEST(replicas_of_kserve)
{
    plans(STANDARD("minReplicas: 4, " MODEL("v1"), CANARY("v2", "25", "v2")), &none,
        ":iris-predictor 100% s3://test/v1 3-0\n"
        "v2:iris-v2-predictor 25% s3://test/v2 1-1\n");
    plans(STANDARD("minReplicas: 4, " MODEL("v1"), CANARY("v2", "50", "v2")), &none,
        ":iris-predictor 100% s3://test/v1 2-0\n"
        "v2:iris-v2-predictor 50% s3://test/v2 2-2\n");
    plans(STANDARD("minReplicas: 4, " MODEL("v1"),
              CANARY("v2", "25", "v2") CANARY("v3", "25", "v3")),
        &none,
        ":iris-predictor 100% s3://test/v1 2-0\n"
        "v2:iris-v2-predictor 25% s3://test/v2 1-1\n"
        "v3:iris-v3-predictor 25% s3://test/v3 1-1\n");
}
END_TEST

/* One replica stays; where nothing says how many there are, there is one, and none is
 * taken from it; a canary without traffic has none. */
START_TEST(replicas_at_the_edges)
{
    plans(STANDARD("minReplicas: 1, " MODEL("v1"), CANARY("v2", "100", "v2")), &none,
        ":iris-predictor 100% s3://test/v1 1-0\n"
        "v2:iris-v2-predictor 100% s3://test/v2 1-1\n");
    plans(STANDARD("maxReplicas: 5, " MODEL("v1"),
              CANARY("v2", "1", "v2") CANARY("v3", "0", "v3")),
        &none,
        ":iris-predictor 100% s3://test/v1 1-5\n"
        "v2:iris-v2-predictor 1% s3://test/v2 1-1\n"
        "v3:iris-v3-predictor 0% s3://test/v3 0-0\n");
    plans(STANDARD("minReplicas: 3, " MODEL("v1"),
              "  - {trafficPercent: 0, predictor: {name: v2, minReplicas: 2, " MODEL(
                  "v2") "}}\n"),
        &none,
        ":iris-predictor 100% s3://test/v1 1-0\n"
        "v2:iris-v2-predictor 0% s3://test/v2 2-2\n");
}
END_TEST

/* What was promoted has the replicas of the stable predictor, and the others stay. */
START_TEST(promoted_and_rolled_back)
{
    static const char *const text =
        STANDARD("name: v1, minReplicas: 4, maxReplicas: 9, " MODEL("v1"),
            CANARY("v2", "25", "v2") CANARY("v3", "25", "v3"));
    char name[] = "v3";
    kf_override promoted = {.is_given = true, .percent = -1, .promoted = name};
    kf_override back = {.is_given = true, .percent = 0};
    plans(text, &promoted,
        "v3:iris-v3-predictor 25% s3://test/v3 3-9\n"
        "v2:iris-v2-predictor 25% s3://test/v2 1-1\n");
    plans(text, &back, "v1:iris-v1-predictor 100% s3://test/v1 4-9\n");
}
END_TEST

START_TEST(percent_of_the_latest)
{
    static const struct {
        const char *text;
        kf_override override;
        int canary;
        bool tags_latest;
    } rows[] = {
        {PREDICTOR("canaryTrafficPercent: 10, " SKLEARN), {0}, 10, false},
        {PREDICTOR("canaryTrafficPercent: 10, " SKLEARN), {true, KF__NO_CANARY, NULL},
            KF__NO_CANARY, false},
        {PREDICTOR("canaryTrafficPercent: 10, " SKLEARN), {true, 0, NULL}, 0, false},
        {PREDICTOR(SKLEARN), {0}, KF__NO_CANARY, false},
        /* Without Knative nothing heeds it. */
        {ANNOTATED("serving.kserve.io/deploymentMode: Standard",
             "  predictor: {canaryTrafficPercent: 10, " SKLEARN "}\n"),
            {0}, KF__NO_CANARY, false},
        {ANNOTATED("serving.kserve.io/enable-tag-routing: 'true'",
             "  predictor: {" SKLEARN "}\n"),
            {0}, KF__NO_CANARY, true},
        {ANNOTATED("serving.kserve.io/enable-tag-routing: 'true'",
             "  predictor: {annotations: {serving.kserve.io/enable-tag-routing: "
             "'no'}, " SKLEARN "}\n"),
            {0}, KF__NO_CANARY, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        kf_service *service = load(rows[i].text);
        kf_lines lines;
        ck_ok(kf__lines_make(service, KF_SERVICE_PREDICTOR, &rows[i].override, &lines));
        ck_assert_msg(lines.canary == rows[i].canary, "%zu: %d", i, lines.canary);
        ck_assert_msg(lines.tags_latest == rows[i].tags_latest, "%zu", i);
        kf__lines_finish(&lines);
        kf_service_free(service);
    }
}
END_TEST

KF_TEST_MAIN("serving/lines", replicas_of_kserve, replicas_at_the_edges,
    promoted_and_rolled_back, percent_of_the_latest)
