/* SPDX-License-Identifier: Apache-2.0 */
#include "check_test.h"

#define CANARIES(stable, canaries)                                                     \
    ANNOTATED(STANDARD, "  predictor: {" stable "}\n  canary:\n" canaries)
#define CANARY(fields)                                                                 \
    "  - {predictor: {name: b, " SKLEARN fields "}, trafficPercent: 10}\n"
#define AT "error spec.canary[0].predictor."

START_TEST(sound)
{
    finds(CANARIES(SKLEARN, CANARY("")), "nothing\n");
    finds(
        CANARIES(SKLEARN ", minReplicas: 3", CANARY(", minReplicas: 3")), "nothing\n");
    finds(CANARIES("containers: [{image: a, env: [{name: STORAGE_URI, value: "
                   "'s3://a'}]}]",
              CANARY("")),
        "nothing\n");
}
END_TEST

START_TEST(modes)
{
    finds(ISVC("  predictor: {" SKLEARN "}\n  canary:\n" CANARY("")),
        "error spec.canary: canaries are for the mode Standard: expected the "
        "annotation "
        "serving.kserve.io/deploymentMode to be Standard; Knative has "
        "canaryTrafficPercent\n");
    finds(CANARIES("containers: [{image: a}]", CANARY("")),
        "error spec.canary: canaries need a stable predictor with a model\n");
}
END_TEST

START_TEST(names)
{
    finds(CANARIES(SKLEARN, "  - {predictor: {" SKLEARN "}, trafficPercent: 10}\n"),
        AT "name: the predictor of a canary needs a name\n");
    finds(CANARIES("name: b, " SKLEARN, CANARY("")),
        AT "name: 'b' is the name of the stable predictor\n");
    finds(CANARIES(SKLEARN, CANARY("") CANARY("")),
        "error spec.canary[1].predictor.name: two canaries are called 'b'\n");
    finds(CANARIES("name: B, " SKLEARN,
              "  - {predictor: {name: b-, " SKLEARN "}, trafficPercent: 10}\n"),
        "error spec.predictor.name: 'B' is no name of a predictor: expected lower-case "
        "letters, digits and '-', a letter first and no '-' last\n" AT
        "name: 'b-' is no name of a predictor: expected lower-case letters, digits and "
        "'-', a letter first and no '-' last\n");
}
END_TEST

START_TEST(shares)
{
    static const char canary[] = CANARIES(SKLEARN,
        "  - {predictor: {name: b, " SKLEARN "}, trafficPercent: X}\n"
        "  - {predictor: {name: c, " SKLEARN "}, trafficPercent: 60}\n");
    static const char *const rows[][2] = {{"40", "nothing\n"},
        {"41", "error spec.canary: the canaries take 101 percent of the traffic: "
               "expected at most 100\n"},
        {"-1",
            "error spec.canary[0].trafficPercent: trafficPercent is -1: expected 0 to "
            "100\n"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *text = kf_edited(canary, "X", rows[i][0]);
        finds(text, rows[i][1]);
        kf_text_free(text);
    }
    finds(CANARIES(SKLEARN, "  - {predictor: {name: b, " SKLEARN "}}\n"),
        "warning spec.canary[0].trafficPercent: trafficPercent is not given, which is "
        "0\n");
}
END_TEST

START_TEST(fixed_replicas)
{
    finds(
        CANARIES(SKLEARN, CANARY(", maxReplicas: 2, scaleTarget: 1, scaleMetric: cpu, "
                                 "autoScaling: {}, workerSpec: {}")),
        AT "maxReplicas: a canary's replicas are fixed: leave maxReplicas out\n" AT
           "scaleTarget: a canary's replicas are fixed: leave scaleTarget out\n" AT
           "scaleMetric: a canary's replicas are fixed: leave scaleMetric out\n" AT
           "autoScaling: a canary's replicas are fixed: leave autoScaling out\n" AT
           "workerSpec: a canary is on one machine: leave workerSpec out\n");
    finds(CANARIES(SKLEARN, CANARY(", minReplicas: 2")),
        AT "minReplicas: minReplicas is 2, more than the stable predictor's, 1\n");
}
END_TEST

/* What the webhook forgets to look at in canaries. */
START_TEST(as_other_predictors)
{
    finds(CANARIES(SKLEARN, "  - {predictor: {name: b}, trafficPercent: 10}\n"),
        "error spec.canary[0].predictor: the predictor has nothing that serves: "
        "expected "
        "a model, or a container called kserve-container\n");
    finds(CANARIES(SKLEARN, "  - {predictor: {name: b, sklearn: {env: [{name: "
                            "PYTHONPATH}]}}, trafficPercent: 10}\n"),
        AT "sklearn.env[0]: PYTHONPATH may not be set: it would change the code that a "
           "server runs\n");
    finds(CANARIES(SKLEARN, CANARY(", storageUris: [{uri: 's3://a', mountPath: /}]")),
        AT "storageUris: storageUris stands beside one storageUri: expected one of the "
           "two\n" AT "storageUris[0].mountPath: mountPath is '/': a model cannot be "
           "mounted over the whole of a container\n");
}
END_TEST

KF_TEST_MAIN("serving/check_canary", sound, modes, names, shares, fixed_replicas,
    as_other_predictors)
