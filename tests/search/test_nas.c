/* SPDX-License-Identifier: Apache-2.0 */
/* Searches for architectures: nasConfig, enas, darts. */
#include "study_test.h"

#include "search/nas.h"

/* As Katib's examples: sizes as text, one operation with two parameters, one without. */
static const char config_text[] =
    "{\"graphConfig\": {\"numLayers\": 3, \"inputSizes\": [32, 32, 3], "
    "\"outputSizes\": [10]},"
    " \"operations\": ["
    "  {\"operationType\": \"convolution\", \"parameters\": ["
    "   {\"name\": \"filter_size\", \"parameterType\": \"categorical\","
    "    \"feasibleSpace\": {\"list\": [\"3\", \"5\"]}},"
    "   {\"name\": \"num_filter\", \"parameterType\": \"int\","
    "    \"feasibleSpace\": {\"min\": \"32\", \"max\": \"64\", \"step\": \"32\"}}]},"
    "  {\"operationType\": \"skip_connection\"}]}";

static kf_value *config;
static kf_space *space;
static kf_study *study;

static void setup(void)
{
    config = json(config_text);
    space = new_space();
    study = NULL;
}

static void teardown(void)
{
    kf_study_free(study);
    kf_space_free(space);
    kf_value_free(config);
}

static kf_status open_as(const char *algorithm, const char *settings)
{
    kf_value *given = json(settings);
    kf_status status = kf_study_new(space,
        KF_OPTIONS(kf_study_options, .algorithm = algorithm, .settings = given,
            .nas_config = config, .seed = 1),
        &study);
    kf_value_free(given);
    return status;
}

START_TEST(operations)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *all,
        *expected = json(
            "[{\"opt_id\": 0, \"opt_type\": \"convolution\","
            "  \"opt_params\": {\"filter_size\": \"3\", \"num_filter\": \"32\"}},"
            " {\"opt_id\": 1, \"opt_type\": \"convolution\","
            "  \"opt_params\": {\"filter_size\": \"3\", \"num_filter\": \"64\"}},"
            " {\"opt_id\": 2, \"opt_type\": \"convolution\","
            "  \"opt_params\": {\"filter_size\": \"5\", \"num_filter\": \"32\"}},"
            " {\"opt_id\": 3, \"opt_type\": \"convolution\","
            "  \"opt_params\": {\"filter_size\": \"5\", \"num_filter\": \"64\"}},"
            " {\"opt_id\": 4, \"opt_type\": \"skip_connection\", \"opt_params\": {}}]");
    ck_ok(kf__nas_operations(config, &tree, &all));
    ck_assert(kf_value_equal(all, expected));
    kf_value_free(expected);
    kf__tree_finish(&tree);
}
END_TEST

static void refused(const char *text, kf_status status, const char *message)
{
    kf_value_free(config);
    config = json(text);
    ck_fails(open_as("enas", "{}"), status, message);
}

START_TEST(refuses)
{
    refused("{}", KF_EMISSING, "numLayers");
    refused("{\"graphConfig\": {\"numLayers\": 0}}", KF_EINVAL, "from 1");
    refused("{\"graphConfig\": {\"numLayers\": 2}}", KF_EMISSING, "operations");
    refused("{\"graphConfig\": {\"numLayers\": 2}, \"operations\": [{}]}", KF_EMISSING,
        "operationType");
    refused(
        "{\"graphConfig\": {\"numLayers\": 2}, \"operations\": [{\"operationType\": "
        "\"c\", \"parameters\": [{\"name\": \"x\", \"parameterType\": \"double\","
        " \"feasibleSpace\": {\"min\": 1, \"max\": 2}}]}]}",
        KF_EMISSING, "step");
    kf_value_free(config);
    config = NULL;
    ck_ok(kf_space_add_double(space, "x", 0, 1, 0, KF_UNIFORM));
    ck_fails(open_as("enas", "{}"), KF_EUNSUPPORTED, "nasConfig");
    ck_fails(open_as("darts", "{}"), KF_EUNSUPPORTED, "nasConfig");
}
END_TEST

/* The text of a parameter, with " for ', as JSON. */
static kf_value *parsed(int64_t number, const char *name)
{
    char text[4096];
    (void)snprintf(text, sizeof text, "%s",
        kf_value_string(kf_value_get(kf_study_trial(study, number)->params, name)));
    for (char *at = text; *at != '\0'; at++)
        if (*at == '\'')
            *at = '"';
    return json(text);
}

START_TEST(architectures)
{
    ck_ok(open_as("enas", "{\"controller_hidden_size\": 8}"));
    for (int i = 0; i < 20; i++) {
        int64_t number = ask(study);
        kf_value *layers = parsed(number, "architecture");
        kf_value *network = parsed(number, "nn_config");
        ck_assert_uint_eq(kf_value_length(layers), 3);
        for (size_t layer = 0; layer < 3; layer++) {
            const kf_value *row = kf_value_at(layers, layer);
            char id[16];
            ck_assert_uint_eq(kf_value_length(row), layer + 1);
            (void)snprintf(id, sizeof id, "%d", (int)kf_value_int(kf_value_at(row, 0)));
            const kf_value *operation =
                kf_value_get(kf_value_get(network, "embedding"), id);
            ck_assert_int_eq(kf_value_int(kf_value_get(operation, "opt_id")),
                kf_value_int(kf_value_at(row, 0)));
        }
        ck_assert_int_eq(kf_value_int(kf_value_get(network, "num_layers")), 3);
        ck_assert_uint_eq(kf_value_length(kf_value_get(network, "input_sizes")), 3);
        kf_value_free(layers);
        kf_value_free(network);
        ck_ok(kf_study_tell(study, number, i));
    }
}
END_TEST

/* Rewarded for skip connections, it comes to propose more of them. */
START_TEST(learns)
{
    ck_ok(open_as("enas",
        "{\"controller_hidden_size\": 8, \"controller_train_steps\": 20,"
        " \"controller_learning_rate\": 0.01,"
        " \"controller_baseline_decay\": 0.9}"));
    int early = 0, late = 0;
    for (int i = 0; i < 120; i++) {
        int64_t number = ask(study);
        int skips = 0;
        kf_value *layers = parsed(number, "architecture");
        for (size_t layer = 0; layer < 3; layer++)
            skips += kf_value_int(kf_value_at(kf_value_at(layers, layer), 0)) == 4;
        early += i < 30 ? skips : 0;
        late += i >= 90 ? skips : 0;
        kf_value_free(layers);
        ck_ok(kf_study_tell(study, number, -skips));
    }
    ck_assert_int_gt(late, early + 20); /* Of 90; by chance 18. */
}
END_TEST

/* Each tell counts once, in the order of telling: whoever looks on asks the same. */
START_TEST(same_past_same_architecture)
{
    kf_study *first, *second;
    ck_ok(open_as("enas", "{\"controller_hidden_size\": 8}"));
    first = study;
    ck_ok(open_as("enas", "{\"controller_hidden_size\": 8}"));
    second = study;
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(ask(first), ask(second));
    static const int order[] = {2, 0, 3, 1};
    for (int i = 0; i < 4; i++) {
        ck_ok(kf_study_tell(first, order[i], order[i]));
        ck_ok(kf_study_tell(second, order[i], order[i]));
        int64_t number = ask(first); /* The second one learns all at the end. */
        if (i < 3)
            (void)number;
    }
    for (int i = 0; i < 4; i++)
        (void)ask(second);
    ck_assert(kf_value_equal(
        kf_study_trial(first, 7)->params, kf_study_trial(second, 7)->params));
    kf_study_free(first);
}
END_TEST

START_TEST(darts)
{
    ck_ok(open_as("darts", "{\"batch_size\": \"None\", \"num_epochs\": \"3\"}"));
    int64_t number = ask(study);
    kf_value *given = parsed(number, "algorithm-settings");
    kf_value *names = parsed(number, "search-space");
    kf_value *expected =
        json("[\"convolution_3x3\", \"convolution_5x5\", \"skip_connection\"]");
    ck_assert_int_eq(kf_value_int(kf_value_get(given, "num_epochs")), 3);
    ck_assert_int_eq(kf_value_kind(kf_value_get(given, "batch_size")), KF_KIND_NULL);
    ck_assert_double_eq(kf_value_double(kf_value_get(given, "w_lr")), 0.025);
    ck_assert(kf_value_equal(names, expected));
    ck_assert_str_eq(kf_value_string(kf_value_get(
                         kf_study_trial(study, number)->params, "num-layers")),
        "3");
    kf_value_free(given);
    kf_value_free(names);
    kf_value_free(expected);
}
END_TEST

KF_TEST_MAIN_WITH("nas", setup, teardown, operations, refuses, architectures, learns,
    same_past_same_architecture, darts)
