/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/placeholder.h"

#include "kf_test.h"

#include <string.h>

#include "base/mem.h"
#include "io/file.h"

/* The executor input and the expectations are those of KFP's
 * kfp/local/placeholder_utils_test.py. */
#define ROOT "/foo/bar/my-pipeline-2023-10-10-13-32-59-420710"
#define INPUT_ARTIFACT "{\"artifacts\": " INPUT_ARTIFACTS "}"
#define INPUT_ARTIFACTS                                                                \
    "[{\"name\": \"in_a\", \"type\": {\"schemaTitle\": "                               \
    "\"system.Dataset\", "                                                             \
    "\"schemaVersion\": \"0.0.1\"}, \"uri\": \"" ROOT "/upstream-comp/in_a\", "        \
    "\"metadata\": {\"foo\": {\"bar\": \"baz\"}}}]"
static const char executor_input[] =
    "{\"inputs\": {\"parameterValues\": {\"boolean\": false, \"dictionary\": {\"foo\": "
    "\"bar\"}, \"text\": \"it's\", \"whole\": 3.0, \"number\": 0.5, \"large\": 1e20, "
    "\"list\": [1, 2.0, \"x\"], \"int\": 7, \"nothing\": null, \"nested\": {\"a\": "
    "[{\"b\": "
    "\"deep\"}]}}, \"artifacts\": {\"in_a\": " INPUT_ARTIFACT
    ", \"remote\": {\"artifacts\": [{\"uri\": \"gs://b/k\"}]}, "
    "\"custom\": {\"artifacts\": [{\"uri\": \"s3://b/k\", \"customPath\": \"/c\"}]}, "
    "\"two\": {\"artifacts\": [{\"name\": \"a\", \"uri\": \"/a\"}, {\"name\": \"b\", "
    "\"uri\": \"/b\", \"metadata\": {\"k\": 1}}]}, \"none\": {\"artifacts\": []}}}, "
    "\"outputs\": {\"parameters\": {\"Output\": {\"outputFile\": \"" ROOT
    "/comp/Output\"}}, \"artifacts\": {\"out_a\": {\"artifacts\": [{\"name\": "
    "\"out_a\", "
    "\"uri\": \"" ROOT
    "/comp/out_a\", \"metadata\": {\"foo\": {\"bar\": \"baz\"}}}]}}, "
    "\"outputFile\": \"" ROOT "/comp/executor_output.json\"}}";
static const char variable_values[] =
    "{\"pipeline_job_name\": \"my-pipeline-2023-10-10-13-32-59-420710\", "
    "\"pipeline_job_uuid\": \"123456789\", \"pipeline_task_name\": \"comp\", "
    "\"pipeline_task_uuid\": \"987654321\", \"pipeline_root\": \"" ROOT "\"}";

static kf_placeholders self;

static void setup(void)
{
    kf_value *value;
    if (self.executor_input != NULL)
        return;
    ck_ok(kf_value_parse(executor_input, strlen(executor_input), &value));
    self.executor_input = value;
    ck_ok(kf_value_parse(variable_values, strlen(variable_values), &value));
    self.variables = value;
}

static void check_text(const char *text, const char *expected)
{
    kf_buf buf = KF__BUF_INIT;
    setup();
    kf_status status = kf__placeholders_expand(&self, text, &buf);
    ck_assert_msg(status == KF_OK, "%s: %s", text, kf_last_error()->message);
    ck_assert_str_eq(kf__buf_text(&buf), expected);
    kf__buf_finish(&buf);
}

static void check_fault(const char *text, kf_status status, const char *message)
{
    kf_buf buf = KF__BUF_INIT;
    setup();
    ck_fails(kf__placeholders_expand(&self, text, &buf), status, message);
    kf__buf_finish(&buf);
}

START_TEST(constant_placeholders)
{
    check_text("{{$.outputs.output_file}}", ROOT "/comp/executor_output.json");
    check_text("{{$.outputMetadataUri}}", ROOT "/comp/executor_output.json");
    check_text("{{$.outputs.output_metadata_uri}}", ROOT "/comp/executor_output.json");
    check_text("{{$.pipeline_job_name}}", "my-pipeline-2023-10-10-13-32-59-420710");
    check_text("{{$.pipeline_job_uuid}}", "123456789");
    check_text("{{$.pipeline_task_name}}", "comp");
    check_text("{{$.pipeline_task_uuid}}", "987654321");
    check_text("{{$.pipeline_root}}", ROOT);
    check_text("{{$.pipeline_job_name}}/{{$.pipeline_task_name}}",
        "my-pipeline-2023-10-10-13-32-59-420710/comp");
    check_text("{{$.pipeline_root}}/foo/bar", ROOT "/foo/bar");
}
END_TEST

START_TEST(whole_input)
{
    char *json;
    kf_buf expected = KF__BUF_INIT;
    setup();
    ck_ok(kf_value_write(self.executor_input, KF_JSON_SPACED, &json));
    check_text("{{$}}", json);
    kf__buf_printf(&expected, "a {{$.x}} %sinvalidjson", json);
    check_text("a {{$.x}} {{$}}invalidjson", kf__buf_text(&expected));
    kf__buf_finish(&expected);
    kf_text_free(json);
}
END_TEST

START_TEST(inputs_and_outputs)
{
    check_text("{{$.inputs.parameters[''boolean'']}}", "false");
    check_text("{{$.inputs.parameters[''not_present'']}}", "null");
    check_text(
        "{{$.outputs.artifacts[''out_a''].metadata}}", "{\"foo\": {\"bar\": \"baz\"}}");
    check_text("{{$.outputs.parameters[''Output''].output_file}}", ROOT "/comp/Output");
    check_text("{{$.outputs.artifacts[''out_a''].uri}}", ROOT "/comp/out_a");
    check_text("{{$.outputs.artifacts[''out_a''].path}}", ROOT "/comp/out_a");
    check_text(
        "{{$.outputs.artifacts[''out_a''].metadata[''foo'']}}", "{\"bar\": \"baz\"}");
    check_text(
        "{{$.inputs.artifacts[''in_a''].metadata}}", "{\"foo\": {\"bar\": \"baz\"}}");
    check_text("{{$.inputs.artifacts[''in_a''].uri}}", ROOT "/upstream-comp/in_a");
    check_text("{{$.inputs.artifacts[''in_a''].path}}", ROOT "/upstream-comp/in_a");
    check_text(
        "{{$.inputs.artifacts[''in_a''].metadata[''foo'']}}", "{\"bar\": \"baz\"}");
    check_text("my-prefix-{{$.inputs.parameters[''boolean'']}}-suffix",
        "my-prefix-false-suffix");
    check_text("--param={{$.inputs.parameters[''not_present'']}}", "--param=null");
    check_text("prefix{{$.outputs.parameters[''Output''].output_file}}/suffix",
        "prefix" ROOT "/comp/Output/suffix");
    check_text("prefix{{$.inputs.parameters[''dictionary'']}}suffix",
        "prefix{\"foo\": \"bar\"}suffix");
}
END_TEST

START_TEST(forms_of_names)
{
    check_text("{{$.inputs.parameters['text']}}", "it's");
    check_text("{{$.inputs.parameters[\"text\"]}}", "it's");
    check_text("{{$.inputs.parameters.text}}", "it's");
    check_text("{{$.inputs.artifacts['in_a'].metadata['foo'].bar}}", "baz");
    check_text("{{$.inputs.artifacts['in_a'].metadata['foo']['bar']}}", "baz");
    check_text("{{$.inputs.artifacts['in_a'].name}}", "in_a");
    check_text("{{$.inputs.parameters['nested'].a[0].b}}", "deep");
    check_text("{{$.inputs.parameters['nested']['a']}}", "[{\"b\": \"deep\"}]");
    check_text("{{$.inputs.artifacts['in_a']}}", INPUT_ARTIFACTS);
}
END_TEST

/* KFP's launcher: strconv.FormatFloat(value, 'f', -1, 64) for a number. */
START_TEST(numbers)
{
    check_text("{{$.inputs.parameters['whole']}}", "3");
    check_text("{{$.inputs.parameters['number']}}", "0.5");
    check_text("{{$.inputs.parameters['large']}}", "100000000000000000000");
    check_text("{{$.inputs.parameters['int']}}", "7");
    check_text("{{$.inputs.parameters['list']}}", "[1, 2, \"x\"]");
    check_text("{{$.inputs.parameters['nothing']}}", "null");
}
END_TEST

START_TEST(paths)
{
    check_text("{{$.inputs.artifacts['remote'].path}}", "/gcs/b/k");
    check_text("{{$.inputs.artifacts['remote'].uri}}", "gs://b/k");
    check_text("{{$.inputs.artifacts['custom'].path}}", "/c");
    static const struct {
        const char *uri;
        const char *path;
    } table[] = {{"gs://b/k", "/gcs/b/k"}, {"s3://b/k", "/s3/b/k"},
        {"minio://b/k", "/minio/b/k"}, {"oci://r/i:1", "/oci/r_i:1/models"},
        {"file:///tmp/x", "/tmp/x"}, {"/tmp/x", "/tmp/x"}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        kf_value *artifact;
        kf_buf path = KF__BUF_INIT;
        ck_ok(kf_value_new(KF_KIND_STRUCT, &artifact));
        ck_ok(kf_value_set_string(artifact, "uri", table[i].uri));
        kf__put_artifact_path(&path, artifact);
        ck_assert_str_eq(kf__buf_text(&path), table[i].path);
        kf__buf_finish(&path);
        kf_value_free(artifact);
    }
}
END_TEST

START_TEST(escapes)
{
    kf_value *value;
    kf_value *input;
    kf_buf buf = KF__BUF_INIT;
    static const char json[] =
        "{\"inputs\": {\"parameterValues\": {\"s\": \"a\\\"b\\\\\"}}}";
    ck_ok(kf_value_parse(json, strlen(json), &input));
    kf_placeholders small = {.executor_input = input};
    ck_ok(kf__placeholders_expand(
        &small, "{{$.inputs.parameters['s'].json_escape[1]}}", &buf));
    ck_assert_str_eq(kf__buf_text(&buf), "a\\\"b\\\\");
    kf__buf_truncate(&buf, 0);
    kf__buf_puts(&buf, "\"");
    ck_ok(kf__placeholders_expand(&small, "{{$.json_escape[1]}}\"", &buf));
    ck_ok(kf_value_parse(kf__buf_text(&buf), buf.length, &value));
    kf_value *inner;
    ck_ok(kf_value_parse(kf_value_string(value), kf_value_length(value), &inner));
    ck_assert(kf_value_equal(inner, input));
    kf__buf_finish(&buf);
    kf_value_free(inner);
    kf_value_free(value);
    kf_value_free(input);
}
END_TEST

/* What is none of KFP's placeholders stays, as the launcher leaves it. */
START_TEST(several_artifacts_are_a_list_of_objects)
{
    check_text("--in={{$.inputs.artifacts['two']}}",
        "--in=[{\"name\": \"a\", \"uri\": \"/a\"}, {\"name\": \"b\", \"uri\": \"/b\", "
        "\"metadata\": {\"k\": 1}}]");
    check_text("{{$.inputs.artifacts['none']}}", "[]");
    check_text("{{$.inputs.artifacts['two'].uri}}", "/a");
}
END_TEST

START_TEST(other_text)
{
    static const char *const texts[] = {"", "plain", "{{", "{{$", "{{$.x", "{{ $.x }}",
        "{{$.Values.image}}", "{{$.inputs}}", "{{$.inputs.parameters}}",
        "{{$.inputs.parameters[]}}", "{{$.inputs.parameters['x'}}", "{{$x}}",
        "{{$.inputs.parameters['a'].json_escape}}", "{{$.inputs.parameters['a']..b}}",
        "{{inputs.parameters['a']}}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        check_text(texts[i], texts[i]);
    check_text("{{$.a {{$.pipeline_task_name}}", "{{$.a comp");
    check_text("{{$.pipeline_task_name}}}", "comp}");
}
END_TEST

START_TEST(unknown_names)
{
    check_fault("{{$.inputs.artifacts['zz'].uri}}", KF_ENOENT,
        "['zz'].uri}}: there is no input");
    check_fault(
        "{{$.inputs.artifacts['none'].uri}}", KF_ENOENT, "artifact in the list");
    check_fault("{{$.outputs.artifacts['zz'].uri}}", KF_ENOENT, "output artifact");
    check_fault(
        "{{$.outputs.parameters['zz'].output_file}}", KF_ENOENT, "output parameter");
    check_fault("{{$.outputs.parameters['Output'].path}}", KF_ENOENT, ".output_file");
    check_fault("{{$.inputs.artifacts['in_a'].zz}}", KF_ENOENT, "such member");
    check_fault("{{$.inputs.parameters['dictionary'].zz}}", KF_ENOENT, "such member");
    check_fault("{{$.workspace_path}}/x", KF_ENOENT, "workspace");
    check_fault("{{$.pipeline_job_create_time_utc}}", KF_ENOENT, "value for it");
}
END_TEST

START_TEST(value_of_artifact)
{
    char path[] = "/tmp/kf-placeholder-XXXXXX";
    kf_buf json = KF__BUF_INIT;
    kf_buf buf = KF__BUF_INIT;
    kf_value *input;
    ck_assert_int_ge(mkstemp(path), 0);
    ck_ok(kf__file_write(path, "content", 7));
    kf__buf_printf(&json,
        "{\"inputs\": {\"artifacts\": {\"a\": {\"artifacts\": [{\"uri\": \"%s\"}]}}}}",
        path);
    ck_ok(kf_value_parse(kf__buf_text(&json), json.length, &input));
    kf_placeholders small = {.executor_input = input};
    ck_ok(kf__placeholders_expand(&small, "-{{$.inputs.artifacts['a'].value}}-", &buf));
    ck_assert_str_eq(kf__buf_text(&buf), "-content-");
    ck_ok(kf__remove_tree(path));
    ck_fails(kf__placeholders_expand(&small, "{{$.inputs.artifacts['a'].value}}", &buf),
        KF_ENOENT, path);
    kf__buf_finish(&buf);
    kf__buf_finish(&json);
    kf_value_free(input);
}
END_TEST

static kf_status expand_words(
    const char *inputs, const char *const *words, size_t count, char **out)
{
    kf_value *input;
    kf_value *list;
    kf_value *expanded;
    kf_tree tree = KF__TREE_INIT;
    kf_buf json = KF__BUF_INIT;
    kf__buf_printf(&json,
        "{\"inputs\": {\"parameterValues\": {%s, \"input2\": \"two\"}, \"artifacts\": "
        "{\"input2\": {\"artifacts\": [{\"uri\": \"/p\"}]}}}, \"outputs\": "
        "{\"artifacts\": "
        "{\"x\": {\"artifacts\": [{\"uri\": \"/u\"}]}}}}",
        inputs);
    ck_ok(kf_value_parse(kf__buf_text(&json), json.length, &input));
    kf__buf_finish(&json);
    ck_ok(kf_value_new(KF_KIND_LIST, &list));
    for (size_t i = 0; i < count; i++)
        ck_ok(kf_value_add_string(list, words[i]));
    kf_placeholders small = {.executor_input = input};
    kf_status status = kf__placeholders_expand_words(&small, list, &tree, &expanded);
    if (status == KF_OK)
        ck_ok(kf_value_write(expanded, KF_JSON_COMPACT, out));
    kf__tree_finish(&tree);
    kf_value_free(list);
    kf_value_free(input);
    return status;
}

static void check_word(const char *word, const char *inputs, const char *expected)
{
    char *out;
    ck_ok(expand_words(inputs, &word, 1, &out));
    ck_assert_str_eq(out, expected);
    kf_text_free(out);
}

#define ABSENT "\"a\": 1, \"x\": null"
#define X "\"x\": 1"
#define FOO "\"foo\": \"\""

/* KFP: TestResolveStructPlaceholders, with what it leaves in placeholders expanded. */
START_TEST(struct_placeholders)
{
    check_word("{\"Concat\": [\"a\", \"b\", \"c\"]}", ABSENT, "[\"abc\"]");
    check_word(
        "{\"Concat\": [\"prefix\", \"-\", \"{{$.outputs.artifacts[''x''].uri}}\"]}",
        ABSENT, "[\"prefix-/u\"]");
    check_word(
        "{\"Concat\": [\"a\", {\"Concat\": [\"b\", \"c\"]}]}", ABSENT, "[\"abc\"]");
    check_word("{\"IfPresent\": {\"InputName\": \"x\", \"Then\": [\"foo\"], \"Else\": "
               "[\"bar\"]}}",
        ABSENT, "[\"bar\"]");
    check_word("{\"IfPresent\": {\"InputName\": \"x\", \"Then\": [\"foo\"], \"Else\": "
               "[\"bar\"]}}",
        X, "[\"foo\"]");
    check_word("{\"Concat\": [\"a\", {\"Concat\": [\"b\", {\"Concat\": [\"c\", "
               "\"{{$.inputs.parameters[''input2'']}}\"]}]}]}",
        ABSENT, "[\"abctwo\"]");
    check_word(
        "{\"Concat\": [\"a\", {\"Concat\": [\"b\", {\"IfPresent\": {\"InputName\": "
        "\"foo\", \"Then\": \"c\", \"Else\": \"d\"}}]}]}",
        ABSENT, "[\"abd\"]");
    check_word(
        "{\"Concat\": [\"--flag\", {\"Concat\": [\"=\", {\"IfPresent\": "
        "{\"InputName\": \"x\", \"Then\": \"thing\", \"Else\": \"otherwise\"}}]}]}",
        X, "[\"--flag=thing\"]");
    check_word(
        "{\"Concat\": [\"a\", {\"IfPresent\": {\"InputName\": \"foo\", \"Then\": "
        "{\"Concat\": [\"--\", \"flag\", \"{{$.inputs.artifacts['input2'].path}}\"]}, "
        "\"Else\": \"b\"}}, \"c\"]}",
        ABSENT, "[\"abc\"]");
    check_word(
        "{\"Concat\": [\"--flag\", {\"IfPresent\": {\"InputName\": \"foo\", \"Then\": "
        "{\"Concat\": [\"=\", \"{{$.inputs.artifacts['input2'].path}}\"]}, \"Else\": "
        "\"b\"}}, \"-suffix\"]}",
        FOO, "[\"--flag=/p-suffix\"]");
    check_word(
        "{\"Concat\": [\"a-\", {\"IfPresent\": {\"InputName\": \"foo\", \"Then\": "
        "{\"Concat\": [\"--\", \"flag\"]}, \"Else\": "
        "\"{{$.inputs.artifacts['input2'].path}}\"}}, \"-c\"]}",
        ABSENT, "[\"a-/p-c\"]");
    check_word(
        "{\"Concat\": [\"--\", {\"IfPresent\": {\"InputName\": \"foo\", \"Then\": "
        "{\"Concat\": [\"flag\"]}}}, \"=c\"]}",
        FOO, "[\"--flag=c\"]");
    check_word(
        "{\"Concat\": [\"--flag\", {\"IfPresent\": {\"InputName\": \"foo\", \"Then\": "
        "{\"Concat\": [\"=\", \"other\", \"_val\"]}}}, \"=foo\"]}",
        ABSENT, "[\"--flag=foo\"]");
    check_word(
        "{\"IfPresent\": {\"InputName\": \"foo\", \"Then\": {\"Concat\": [\"--\", "
        "\"flag\"]}}}",
        FOO, "[\"--flag\"]");
    check_word(
        "{\"IfPresent\": {\"InputName\": \"foo\", \"Then\": {\"Concat\": [\"--\", "
        "\"flag\"]}}}",
        ABSENT, "[]");
    check_word(
        "{\"IfPresent\": {\"InputName\": \"input2\", \"Then\": [\"a\", {\"IfPresent\": "
        "{\"InputName\": \"x\", \"Then\": [\"no\"]}}, {\"Concat\": [\"b\", \"c\"]}, "
        "\"{{$.inputs.parameters['input2']}}\"]}}",
        ABSENT, "[\"a\",\"bc\",\"two\"]");
}
END_TEST

START_TEST(words)
{
    static const char *const command[] = {"echo", "{\"Concat\":[\"a\",\"b\"]}",
        "{\"IfPresent\": {\"InputName\": \"x\", \"Then\": [\"1\", \"2\"]}}",
        "{\"other\": 1}", "{{$.inputs.parameters['input2']}}"};
    static const char *const bad[] = {"{\"Concat\": [", "{\"Concat\": [1]}",
        "{\"IfPresent\": {\"Then\": \"a\"}}", "{\"IfPresent\": {\"InputName\": \"x\"}}",
        "{\"Concat\": [{\"IfPresent\": {\"InputName\": \"x\", \"Then\": [\"a\"]}}]}",
        "{\"IfPresent\": {\"InputName\": \"x\", \"Then\": [[\"a\"]]}}"};
    char *out;
    ck_ok(expand_words(X, command, 5, &out));
    ck_assert_str_eq(
        out, "[\"echo\",\"ab\",\"1\",\"2\",\"{\\\"other\\\": 1}\",\"two\"]");
    kf_text_free(out);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_fails(
            expand_words(X, &bad[i], 1, &out), KF_EDOCUMENT, "malformed placeholder");
}
END_TEST

START_TEST(values)
{
    static const char constant[] =
        "{\"a\": \"{{$.inputs.parameters['int']}}\", \"b\": "
        "[\"n={{$.inputs.parameters['int']}}"
        "\", true, \"{{$.inputs.parameters['list']}}\"], \"{{$.pipeline_task_name}}\": "
        "\"{{$.inputs.parameters['zz']}}\"}";
    static const char expected[] =
        "{\"a\":7,\"b\":[\"n=7\",true,[1,2.0,\"x\"]],\"comp\":null}";
    kf_value *value;
    kf_value *result;
    kf_tree tree = KF__TREE_INIT;
    char *json;
    setup();
    ck_ok(kf_value_parse(constant, strlen(constant), &value));
    ck_ok(kf__placeholders_expand_value(&self, value, &tree, &result));
    ck_ok(kf_value_write(result, KF_JSON_COMPACT, &json));
    ck_assert_str_eq(json, expected);
    kf_text_free(json);
    kf__tree_finish(&tree);
    kf_value_free(value);
}
END_TEST

static kf_status collect(const kf_placeholder *placeholder, void *payload)
{
    kf_buf *buf = payload;
    kf__buf_printf(buf, "%d:%.*s ", (int)placeholder->kind,
        (int)placeholder->name.length,
        placeholder->name.length > 0 ? placeholder->name.text : "");
    return KF_OK;
}

START_TEST(visits)
{
    kf_buf buf = KF__BUF_INIT;
    ck_ok(kf__placeholders_visit_word(
        "{\"Concat\": [\"{{$.inputs.artifacts['a'].uri}}\", {\"IfPresent\": "
        "{\"InputName\": "
        "\"b\", \"Then\": [\"{{$.outputs.parameters[\\\"c\\\"].output_file}}\"], "
        "\"Else\": "
        "\"{{$.pipeline_root}} {{$.x}}\"}}]}",
        collect, &buf));
    ck_assert_str_eq(kf__buf_text(&buf), "3:a 8:b 4:c 7:pipeline_root 0: ");
    kf__buf_finish(&buf);
}
END_TEST

START_TEST(survives_lack_of_memory)
{
    static const char constant[] =
        "[\"{{$.json_escape[2]}}\", {\"a\": "
        "\"x{{$.inputs.parameters['dictionary']}}\"}, "
        "\"{\\\"Concat\\\": [\\\"{{$.inputs.artifacts['custom'].path}}\\\"]}\"]";
    kf_value *value;
    setup();
    ck_ok(kf_value_parse(constant, strlen(constant), &value));
    kf_value *command;
    ck_ok(kf_value_new(KF_KIND_LIST, &command));
    ck_ok(kf_value_add(command, kf_value_at(value, 0)));
    ck_ok(kf_value_add(command, kf_value_at(value, 2)));
    for (long n = 0;; n++) {
        kf_tree tree = KF__TREE_INIT;
        kf_value *result;
        kf__mem_fail_after(n);
        kf_status status = kf__placeholders_expand_value(&self, value, &tree, &result);
        if (status == KF_OK)
            status = kf__placeholders_expand_words(&self, command, &tree, &result);
        kf__mem_fail_after(-1);
        kf__tree_finish(&tree);
        if (status == KF_OK)
            break;
        ck_assert_int_eq(status, KF_ENOMEM);
        ck_assert_int_lt(n, 10000);
    }
    kf_value_free(command);
    kf_value_free(value);
}
END_TEST

KF_TEST_MAIN("placeholder", constant_placeholders, whole_input, inputs_and_outputs,
    forms_of_names, numbers, paths, escapes, several_artifacts_are_a_list_of_objects,
    other_text, unknown_names, value_of_artifact, struct_placeholders, words, values,
    visits, survives_lack_of_memory)
