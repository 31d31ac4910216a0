/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters and arguments of a search beside the inputs of its pipeline. */
#include "space_test.h"

#include "base/buf.h"
#include "search/tune.h"

static const char document[] =
    "pipelineInfo: {name: p}\n"
    "schemaVersion: 2.1.0\n"
    "sdkVersion: kfp-2.17.0\n"
    "root:\n"
    "  dag: {tasks: {}}\n"
    "  inputDefinitions:\n"
    "    artifacts:\n"
    "      data: {artifactType: {schemaTitle: system.Dataset, schemaVersion: 0.0.1}}\n"
    "    parameters:\n"
    "      whole: {parameterType: NUMBER_INTEGER}\n"
    "      real: {parameterType: NUMBER_DOUBLE, defaultValue: 1.0}\n"
    "      text: {parameterType: STRING, isOptional: true}\n"
    "      flag: {parameterType: BOOLEAN, isOptional: true}\n"
    "      list: {parameterType: LIST, isOptional: true}\n"
    "      map: {parameterType: STRUCT, isOptional: true}\n"
    "components: {}\n"
    "deploymentSpec: {executors: {}}\n";

static kf_tune tune;
static kf_space *space;

static void setup(void)
{
    tune = (kf_tune){0};
    ck_ok(kf_pipeline_load(document, sizeof document - 1, &tune.pipeline));
    space = new_space();
}

static void teardown(void)
{
    kf_space_free(space);
    kf_pipeline_free(tune.pipeline);
    kf__tree_finish(&tune.tree);
}

static void give(const char *arguments)
{
    kf_value *given = json(arguments);
    tune.arguments = kf__tree_copy(&tune.tree, given);
    kf_value_free(given);
}

static void check_choices(size_t axis, const char *expected)
{
    kf_buf text = KF__BUF_INIT;
    kf__put_json(&text, space->parameters.items[axis].choices, KF_JSON_COMPACT);
    ck_assert_str_eq(kf__buf_text(&text), expected);
    kf__buf_finish(&text);
}

START_TEST(choices_become_what_inputs_take)
{
    kf_value *sizes = json("[\"32\", \"8\", \"16.0\"]");
    ck_ok(kf_space_add_discrete(space, "whole", sizes));
    kf_value_free(sizes);
    add_categorical(space, "real", "[\"1\", \"2.5\", 3]");
    add_categorical(space, "text", "[\"1\", \"true\", \"[1]\"]");
    add_categorical(space, "flag", "[\"true\", \"False\"]");
    add_categorical(space, "list", "[\"[1, \\\"a\\\"]\", \"[]\"]");
    add_categorical(space, "map", "[\"{\\\"a\\\": [1]}\", {}]");
    give("{\"data\": \"gs://bucket/data\"}");
    ck_ok(kf__tune_fit(&tune, space));
    check_choices(0, "[8,16,32]");
    check_choices(1, "[1.0,2.5,3.0]");
    check_choices(2, "[\"1\",\"true\",\"[1]\"]");
    check_choices(3, "[true,false]");
    check_choices(4, "[[1,\"a\"],[]]");
    check_choices(5, "[{\"a\":[1]},{}]");
}
END_TEST

START_TEST(ranges_of_numbers)
{
    ck_ok(kf_space_add_double(space, "whole", 2, 10, 2, KF_UNIFORM));
    ck_ok(kf_space_add_int(space, "real", 2, 10, 0, KF_UNIFORM));
    ck_ok(kf_space_add_double(space, "text", 2, 10, 0, KF_UNIFORM));
    give("{\"data\": \"gs://bucket/data\"}");
    ck_ok(kf__tune_fit(&tune, space));
}
END_TEST

static void refuses(const char *name, bool whole, kf_status status, const char *message)
{
    kf_space *wrong = new_space();
    if (whole)
        ck_ok(kf_space_add_int(wrong, name, 1, 3, 0, KF_UNIFORM));
    else
        ck_ok(kf_space_add_double(wrong, name, 0.5, 2, 0, KF_UNIFORM));
    ck_fails(kf__tune_fit(&tune, wrong), status, message);
    kf_space_free(wrong);
}

START_TEST(what_does_not_fit)
{
    give("{\"data\": \"gs://bucket/data\"}");
    refuses("whole", false, KF_ETYPE,
        "the parameter 'whole' is a double, and the pipeline's input of that name "
        "takes "
        "whole numbers");
    refuses("flag", true, KF_ETYPE,
        "the parameter 'flag' is an int, and the pipeline's input of that name is true "
        "or false: make it categorical");
    refuses("map", true, KF_ETYPE,
        "the parameter 'map' is an int, and the pipeline's input of that name takes no "
        "number");
    refuses("data", true, KF_ETYPE,
        "the pipeline's input 'data' is an artifact, which is no parameter to search");
    refuses("wholes", true, KF_ENOENT,
        "the pipeline has no input 'wholes'; did you mean 'whole'?");
    refuses("rate", true, KF_ENOENT, "the pipeline has no input 'rate'");
    refuses("real", true, KF_EMISSING,
        "the pipeline's input 'whole' has no default: search it, or give it an "
        "argument");
    give("{}");
    refuses("whole", true, KF_EMISSING,
        "the pipeline's input 'data' has no default: search it, or give it an "
        "argument");
    give("{\"whole\": 1, \"data\": \"gs://a\"}");
    refuses("whole", true, KF_EINVAL,
        "'whole' is a parameter of the search, and an argument of every trial");
    give("{\"whole\": \"x\", \"data\": \"gs://a\"}");
    refuses("real", true, KF_ETYPE,
        "'whole' is of type NUMBER_INTEGER and cannot take a string: \"x\"");
    give("{\"tex\": \"x\"}");
    refuses("whole", true, KF_ENOENT,
        "the pipeline has no input 'tex'; did you mean 'text'?");
}
END_TEST

START_TEST(parameters_with_conditions)
{
    add_categorical(space, "text", "[\"a\", \"b\"]");
    ck_ok(kf_space_add_int(space, "whole", 1, 3, 0, KF_UNIFORM));
    add_condition(space, "whole", "text", "[\"a\"]");
    give("{\"data\": \"gs://bucket/data\"}");
    ck_fails(kf__tune_fit(&tune, space), KF_EMISSING,
        "the parameter 'whole' has a condition, and the pipeline's input of that name "
        "has no default to go without it");
}
END_TEST

START_TEST(paths_are_made_absolute)
{
    ck_ok(kf_space_add_int(space, "whole", 1, 3, 0, KF_UNIFORM));
    give("{\"data\": \"here/data.csv\"}");
    ck_ok(kf__tune_fit(&tune, space));
    const char *path = kf__get_text(tune.arguments, "data");
    ck_assert(path[0] == '/' && strstr(path, "/here/data.csv") != NULL);
}
END_TEST

static kf_status fit(void)
{
    kf_space *own = NULL;
    kf_tree tree = KF__TREE_INIT;
    kf_tune copy = {.pipeline = tune.pipeline};
    kf_status status = kf_space_dup(space, &own);
    if (status == KF_OK) {
        copy.arguments = kf__tree_copy(&tree, tune.arguments);
        status = kf__tree_status(&tree);
    }
    if (status == KF_OK)
        status = kf__tune_fit(&copy, own);
    kf_space_free(own);
    kf__tree_finish(&copy.tree);
    kf__tree_finish(&tree);
    return status;
}

START_TEST(survives_lack_of_memory)
{
    add_categorical(space, "whole", "[\"1\", \"2\"]");
    add_categorical(space, "list", "[\"[1, 2]\", \"[]\"]");
    give("{\"data\": \"data.csv\", \"real\": 2}");
    ck_survives_nomem(fit());
}
END_TEST

KF_TEST_MAIN_WITH("search/tune_pipeline", setup, teardown,
    choices_become_what_inputs_take, ranges_of_numbers, what_does_not_fit,
    parameters_with_conditions, paths_are_made_absolute, survives_lack_of_memory)
