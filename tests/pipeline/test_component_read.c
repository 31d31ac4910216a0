/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/component_read.h"

#include "kf_edit.h"

#include <string.h>

#include "base/mem.h"
#include "io/file.h"

static kf_status load(const char *text, kf_component **out)
{
    return kf_component_load(text, strlen(text), out);
}

static char *read_file(const char *name, const char *extension)
{
    kf_buf path = KF__BUF_INIT;
    kf_buf text = KF__BUF_INIT;
    char *out;
    kf__buf_printf(&path, KF_TEST_GOLDEN "/components/%s.%s", name, extension);
    ck_ok(kf__file_read(kf__buf_text(&path), 1 << 20, &text));
    ck_ok(kf__buf_take(&text, &out));
    kf__buf_finish(&path);
    return out;
}

/* ---- a component as KFP's compiler writes it ---- */

static void put_io(kf_tree *tree, kf_value *definitions, const kf_io *io, bool input)
{
    bool is_parameter = io->type != KF_TYPE_NONE;
    kf_value *group =
        kf__put_struct(tree, definitions, is_parameter ? "parameters" : "artifacts");
    kf_value *definition = kf__put_struct(tree, group, io->name);
    if (is_parameter) {
        kf__put_text(tree, definition, "parameterType", kf_type_name(io->type));
    } else {
        kf_value *type = kf__put_struct(tree, definition, "artifactType");
        kf__put_text(tree, type, "schemaTitle", io->schema_title);
        kf__put_text(tree, type, "schemaVersion", io->schema_version);
    }
    if (input && io->optional)
        kf__put_bool(tree, definition, "isOptional", true);
    if (io->default_value != NULL)
        kf__put(
            tree, definition, "defaultValue", kf__tree_copy(tree, io->default_value));
}

static void put_list(
    kf_tree *tree, kf_value *object, const char *name, const kf_value *list)
{
    if (list != NULL)
        kf__put(tree, object, name, kf__tree_copy(tree, list));
}

static kf_value *compiled(kf_tree *tree, const kf_component *component)
{
    const kf_component_body *body = component->body;
    kf_value *result = kf__tree_struct(tree);
    kf_value *spec = kf__put_struct(tree, result, "component");
    kf_value *container = kf__put_struct(tree, result, "container");
    for (size_t i = 0; i < kf_component_input_count(component); i++)
        put_io(tree, kf__put_struct(tree, spec, "inputDefinitions"),
            kf_component_input(component, i), true);
    for (size_t i = 0; i < kf_component_output_count(component); i++)
        put_io(tree, kf__put_struct(tree, spec, "outputDefinitions"),
            kf_component_output(component, i), false);
    kf__put_text(tree, container, "image", body->image);
    put_list(tree, container, "command", body->command);
    put_list(tree, container, "args", body->args);
    put_list(tree, container, "env", body->env);
    kf__put_text(tree, result, "name", kf_component_name(component));
    const char *description = kf_component_description(component);
    kf__put_ref(tree, result, "description",
        description != NULL ? kf__tree_string(tree, description) : kf__tree_null(tree));
    ck_ok(kf__tree_status(tree));
    return result;
}

static void check_golden(const char *name)
{
    char *text = read_file(name, "yaml");
    char *json = read_file(name, "json");
    kf_component *component;
    kf_value *expected;
    kf_tree tree = KF__TREE_INIT;
    kf_status status = load(text, &component);
    ck_assert_msg(status == KF_OK, "%s: %s", name, kf_last_error()->message);
    ck_ok(kf_value_parse(json, strlen(json), &expected));
    kf_value *found = compiled(&tree, component);
    if (!kf_value_equal(found, expected)) {
        char *given;
        ck_ok(kf_value_write(found, KF_JSON_INDENTED, &given));
        ck_abort_msg("%s: %s", name, given);
    }
    kf__tree_finish(&tree);
    kf_value_free(expected);
    kf_component_free(component);
    kf_text_free(json);
    kf_text_free(text);
}

/* tests/golden/components: what KFP 2.17 makes of component YAML of the first version. */
START_TEST(same_as_kfp)
{
    static const char *const names[] = {"plain", "types", "artifacts", "names", "if",
        "concat", "executor", "minimal", "no-args", "script"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        check_golden(names[i]);
}
END_TEST

START_TEST(descriptions)
{
    char *text = read_file("executor", "yaml");
    kf_component *component;
    ck_ok(load(text, &component));
    ck_assert_str_eq(kf_component_input(component, 0)->description, "About it.");
    ck_assert_str_eq(kf_component_output(component, 0)->description, "What comes out.");
    kf_component_free(component);
    kf_text_free(text);
}
END_TEST

/* ---- what is refused ---- */

static const char v1[] = "name: c\n"
                         "inputs:\n"
                         "- {name: In, type: Integer, default: '3'}\n"
                         "outputs:\n"
                         "- {name: Out, type: String}\n"
                         "implementation:\n"
                         "  container:\n"
                         "    image: i\n"
                         "    command: [run, {inputValue: In}, {outputPath: Out}]\n"
                         "    env: {A: b}\n";

static void check_fault(
    const char *from, const char *to, const char *message, const char *where, int line)
{
    char *text = kf_edited(v1, from, to);
    kf_component *component;
    ck_fails(load(text, &component), KF_EDOCUMENT, message);
    ck_assert_str_eq(kf_last_error()->where, where);
    ck_assert_msg(
        kf_last_error()->line == line, "%s: line %d", message, kf_last_error()->line);
    kf_text_free(text);
}

START_TEST(faults)
{
    check_fault(
        "inputs:", "input:", "no field 'input'; did you mean 'inputs'?", "input", 3);
    check_fault("name: c\n", "name: [c]\n", "text expected", "name", 1);
    check_fault("name: c\n", "name: '!'\n", "no letter and no digit", "name", 1);
    check_fault("type: Integer", "typ: Integer", "an input has no field 'typ'",
        "inputs[0].typ", 3);
    check_fault(
        "type: Integer", "type: 3", "the type must be a name", "inputs[0].type", 3);
    check_fault("'3'", "three", "the default is no value of type Integer",
        "inputs[0].default", 3);
    check_fault("'3'", "[3]", "no value of type Integer", "inputs[0].default", 3);
    check_fault("{name: In,", "{name: '!!',", "cannot name an input", "inputs[0]", 3);
    check_fault("{name: In,", "{", "it has no name", "inputs[0]", 3);
    check_fault("inputs:\n", "inputs:\n- {name: in}\n", "already has an input \"in\"",
        "inputs[1]", 4);
    check_fault("inputs:\n", "inputs: {}\nx:\n", "no field 'x'", "x", 4);
    check_fault(
        "outputs:\n", "outputs:\n- {name: Out}\n", "already has", "outputs[1]", 6);
    check_fault("    image: i\n", "", "no image", "implementation.container.image", 8);
    check_fault("    image: i\n", "    image: i\n    fileOutputs: {Out: /tmp/x}\n",
        "{outputPath: name}", "implementation.container.fileOutputs", 9);
    check_fault("    image: i\n", "    image: i\n    resources: {}\n",
        "no field 'resources'", "implementation.container.resources", 9);
    check_fault("  container:", "  graph: {}\n  container:", "compile the pipeline",
        "implementation.graph", 7);
    check_fault(
        "{A: b}", "{A: 1}", "write it in quotes", "implementation.container.env.A", 10);
    check_fault(
        "{A: b}", "{'A=': b}", "without '='", "implementation.container.env['A=']", 10);
    check_fault("[run, {inputValue: In}, {outputPath: Out}]", "run", "a list expected",
        "implementation.container.command", 9);
}
END_TEST

static void check_word(const char *word, const char *message, const char *where)
{
    kf_buf text = KF__BUF_INIT;
    kf_buf place = KF__BUF_INIT;
    kf__buf_printf(&place, "implementation.container.command[1]%s", where);
    char *edited = kf_edited(v1, "{inputValue: In}", word);
    kf_component *component;
    ck_fails(load(edited, &component), KF_EDOCUMENT, message);
    ck_assert_str_eq(kf_last_error()->where, kf__buf_text(&place));
    ck_assert_int_eq(kf_last_error()->line, 9);
    kf_text_free(edited);
    kf__buf_finish(&place);
    kf__buf_finish(&text);
}

START_TEST(words)
{
    check_word("5", "write the word in quotes", "");
    check_word("null", "text or a mapping expected", "");
    check_word("{a: b, c: d}", "a mapping of one name", "");
    check_word("{inputVal: In}", "'inputVal' stands for nothing", ".inputVal");
    check_word("{inputValue: in}", "no input 'in'; did you mean 'In'?", ".inputValue");
    check_word("{inputValue: [In]}", "the name of an input expected", ".inputValue");
    check_word("{outputPath: In}", "no output 'In'", ".outputPath");
    check_word("{concat: x}", "a list expected", ".concat");
    check_word("{concat: [a, {inputUri: x}]}", "no input 'x'", ".concat[1].inputUri");
    check_word(
        "{if: {cond: true, then: a}}", "{isPresent: name of an input}", ".if.cond");
    check_word("{if: {cond: {isPresent: In}}}", "no 'then'", ".if");
    check_word("{if: {cond: {isPresent: In}, then: [a, 1]}}", "quotes", ".if.then[1]");
    check_word("{if: {cond: {isPresent: In}, then: a, els: b}}",
        "an if has no field 'els'; did you mean 'else'?", ".if.els");
    check_word("{concat: [{if: {cond: {isPresent: In}, then: [a]}}]}",
        "cannot have lists", ".concat[0]");
    check_word("{inputMetadata: In}", "stands for nothing", ".inputMetadata");
    check_word("\"a\\0b\"", "NUL character", "");
}
END_TEST

/* KFP's own reader of `ifPresent` fails; this is what it means to make of it. */
START_TEST(if_present)
{
    char *text = kf_edited(v1, "{inputValue: In}",
        "{ifPresent: {inputName: In, then: [a], else: [{inputValue: In}]}}");
    kf_component *component;
    ck_ok(load(text, &component));
    ck_assert_str_eq(kf_value_string(kf_value_at(component->body->command, 1)),
        "{\"IfPresent\": {\"InputName\": \"in\", \"Then\": [\"a\"], \"Else\": "
        "[\"{{$.inputs.parameters['in']}}\"]}}");
    kf_component_free(component);
    kf_text_free(text);
}
END_TEST

/* ---- IR ---- */

static const char ir[] =
    "# PIPELINE DEFINITION\n# Name: my-comp\n# Description: About it.\n"
    "components:\n"
    "  comp-my-comp:\n"
    "    executorLabel: exec-my-comp\n"
    "    inputDefinitions: {parameters: {x: {parameterType: STRING, description: d}}}\n"
    "    outputDefinitions: {artifacts: {m: {artifactType: {schemaTitle: system.Model, "
    "schemaVersion: 0.0.1}}}}\n"
    "deploymentSpec:\n"
    "  executors:\n"
    "    exec-my-comp: {container: {image: i, command: [c], env: [{name: A, value: "
    "b}]}}\n"
    "pipelineInfo: {name: my-comp}\n"
    "root:\n"
    "  dag:\n"
    "    outputs: {artifacts: {m: {artifactSelectors: [{producerSubtask: my-comp, "
    "outputArtifactKey: m}]}}}\n"
    "    tasks:\n"
    "      my-comp:\n"
    "        componentRef: {name: comp-my-comp}\n"
    "        inputs: {parameters: {x: {componentInputParameter: x}}}\n"
    "  inputDefinitions: {parameters: {x: {parameterType: STRING}}}\n"
    "  outputDefinitions: {artifacts: {m: {artifactType: {schemaTitle: system.Model, "
    "schemaVersion: 0.0.1}}}}\n"
    "schemaVersion: 2.1.0\n";

START_TEST(single_component)
{
    kf_component *component;
    ck_ok(load(ir, &component));
    ck_assert_int_eq(component->body->kind, KF__COMPONENT_CONTAINER);
    ck_assert_str_eq(kf_component_name(component), "my-comp");
    ck_assert_str_eq(kf_component_description(component), "About it.");
    ck_assert_str_eq(component->body->image, "i");
    ck_assert_uint_eq(kf_component_input_count(component), 1);
    ck_assert_str_eq(kf_component_input(component, 0)->name, "x");
    ck_assert_str_eq(kf_component_output(component, 0)->schema_title, "system.Model");
    ck_assert_str_eq(kf__get_text(kf_value_at(component->body->env, 0), "value"), "b");
    kf_component_free(component);
}
END_TEST

/* A pipeline whose only task has settings of its own is no single component. */
START_TEST(pipeline)
{
    static const char *const edits[][2] = {
        {"{x: {componentInputParameter: x}}", "{x: {runtimeValue: {constant: y}}}"},
        {"        inputs: ",
            "        retryPolicy: {maxRetryCount: 1}\n        inputs: "},
        {"pipelineInfo: {name: my-comp}", "pipelineInfo: {name: my-pipe}"}};
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        char *text = kf_edited(ir, edits[i][0], edits[i][1]);
        kf_component *component;
        ck_ok(load(text, &component));
        ck_assert_int_eq(component->body->kind, KF__COMPONENT_GRAPH);
        ck_assert_str_eq(kf_component_description(component), "About it.");
        ck_assert_uint_eq(kf_component_input_count(component), 1);
        ck_assert_uint_eq(kf_component_output_count(component), 1);
        kf_component_free(component);
        kf_text_free(text);
    }
}
END_TEST

START_TEST(other_text)
{
    kf_component *component;
    ck_fails(load("", &component), KF_EDOCUMENT, "empty");
    ck_fails(load("- a\n", &component), KF_EDOCUMENT, "a list");
    ck_fails(load("implementation: [\n", &component), KF_EPARSE, "");
    ck_fails(load("implementation: 3\n", &component), KF_EDOCUMENT, "mapping");
    ck_fails(load("name: c\nimplementation: {}\n", &component), KF_EDOCUMENT,
        "no container");
    char *text = kf_edited(v1, "    env: {A: b}\n", "---\na: 1\n");
    ck_fails(load(text, &component), KF_EDOCUMENT, "one document");
    kf_text_free(text);
    text = kf_edited(ir, "image: i, ", "");
    ck_fails(load(text, &component), KF_EDOCUMENT, "no image");
    kf_text_free(text);
}
END_TEST

static void check_memory(const char *text)
{
    for (long n = 0;; n++) {
        kf_component *component = NULL;
        kf__mem_fail_after(n);
        kf_status status = load(text, &component);
        kf__mem_fail_after(-1);
        kf_component_free(component);
        if (status == KF_OK)
            break;
        ck_assert_int_eq(status, KF_ENOMEM);
        ck_assert_ptr_null(component);
        ck_assert_int_lt(n, 100000);
    }
}

START_TEST(survives_lack_of_memory)
{
    char *text = read_file("concat", "yaml");
    check_memory(text);
    kf_text_free(text);
    text = read_file("types", "yaml");
    check_memory(text);
    kf_text_free(text);
    check_memory(v1);
    check_memory(ir);
    text =
        kf_edited(ir, "pipelineInfo: {name: my-comp}", "pipelineInfo: {name: my-pipe}");
    check_memory(text);
    kf_text_free(text);
}
END_TEST

KF_TEST_MAIN("component_read", same_as_kfp, descriptions, faults, words, if_present,
    single_component, pipeline, other_text, survives_lack_of_memory)
