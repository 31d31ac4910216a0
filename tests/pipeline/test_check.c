/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/check.h"

#include "kf_edit.h"

#include <string.h>

#include "base/mem.h"
#include "io/file.h"

/* A pipeline with a task of every kind: a container, an importer, a condition, a loop, a nested
 * pipeline, an exit task. Nothing is wrong with it. */
static char *sound;

static kf_report *check_text(const char *text)
{
    kf_document document = {0};
    kf_report *report;
    ck_ok(kf__report_new(&report));
    ck_ok(kf__document_read(text, strlen(text), report, &document));
    ck_ok(kf__document_check(&document, report));
    kf__document_finish(&document);
    return report;
}

/* The text lives in a file as it is long; it is read once per test process. */
static void setup(void)
{
    kf_buf text = KF__BUF_INIT;
    if (sound != NULL)
        return;
    ck_ok(kf__file_read(KF_TEST_GOLDEN "/sound.yaml", 1 << 20, &text));
    ck_ok(kf__buf_take(&text, &sound));
}

static void print_report(const kf_report *report)
{
    for (size_t i = 0; i < kf_report_count(report); i++) {
        const kf_finding *finding = kf_report_at(report, i);
        fprintf(stderr, "%d:%d %s: %s [%s]\n", finding->line, finding->column,
            kf_status_name(finding->code), finding->message, finding->where);
    }
}

START_TEST(nothing_to_find)
{
    setup();
    kf_report *report = check_text(sound);
    print_report(report);
    ck_assert_uint_eq(kf_report_count(report), 0);
    kf_report_free(report);
}
END_TEST

typedef struct edit {
    const char *from;
    const char *to;
    kf_severity severity;
    kf_status code;
    const char *message;
    const char *where;
} edit;

/* The edit makes this finding, and no other one but for what is unused because of it. */
static void check_edits(const edit *edits, size_t count)
{
    setup();
    for (size_t i = 0; i < count; i++) {
        const edit *one = &edits[i];
        char *text = kf_edited(sound, one->from, one->to);
        kf_report *report = check_text(text);
        size_t count_of_edit = kf_report_count(report);
        if (count_of_edit == 2 &&
            strstr(kf_report_at(report, 1)->message, " uses the ") != NULL)
            count_of_edit = 1;
        if (count_of_edit != 1)
            print_report(report);
        ck_assert_msg(count_of_edit == 1, "%s: %zu findings", one->to, count_of_edit);
        const kf_finding *finding = kf_report_at(report, 0);
        ck_assert_msg(strstr(finding->message, one->message) != NULL, "%s: %s", one->to,
            finding->message);
        ck_assert_str_eq(finding->where, one->where);
        ck_assert_msg(finding->severity == one->severity && finding->code == one->code,
            "%s: %s", one->to, kf_status_name(finding->code));
        ck_assert_int_gt(finding->line, 0);
        kf_report_free(report);
        kf_text_free(text);
    }
}
#define CHECK_EDITS(edits) check_edits(edits, sizeof edits / sizeof *edits)
#define ERROR KF_SEVERITY_ERROR
#define WARNING KF_SEVERITY_WARNING

START_TEST(references)
{
    static const edit edits[] = {
        {"{name: comp-use}\n        dependent", "{name: comp-usr}\n        dependent",
            ERROR, KF_ENOENT,
            "there is no component 'comp-usr'; did you mean 'comp-use'?",
            "root.dag.tasks.use.componentRef.name"},
        {"{name: comp-use}\n        dependent", "{}\n        dependent", ERROR,
            KF_EMISSING, "componentRef.name is missing",
            "root.dag.tasks.use.componentRef.name"},
        {"executorLabel: exec-use", "executorLabel: exec-usr", ERROR, KF_ENOENT,
            "there is no executor 'exec-usr'; did you mean 'exec-use'?",
            "components.comp-use.executorLabel"},
        {"producerTask: make, outputParameterKey: items",
            "producerTask: maje, outputParameterKey: items", ERROR, KF_ENOENT,
            "there is no task 'maje'; did you mean 'make'?",
            "root.dag.tasks.loop.inputs.parameters.items.taskOutputParameter."
            "producerTask"},
        {"producerTask: make, outputParameterKey: items",
            "producerTask: make, outputParameterKey: itmes", ERROR, KF_ENOENT,
            "'itmes' is no output of task 'make': no such parameter; did you mean "
            "'items'?",
            "root.dag.tasks.loop.inputs.parameters.items.taskOutputParameter."
            "outputParameterKey"},
        {"producerTask: make, outputParameterKey: items",
            "producerTask: make, outputParameterKey: data", ERROR, KF_ENOENT,
            "the output 'data' of task 'make' is no parameter",
            "root.dag.tasks.loop.inputs.parameters.items.taskOutputParameter."
            "outputParameterKey"},
        {"producerTask: make, outputParameterKey: items",
            "producerTask: use-2, outputParameterKey: items", ERROR, KF_ESCOPE,
            "the task 'use-2' is not in this dag but in that of component comp-loop",
            "root.dag.tasks.loop.inputs.parameters.items.taskOutputParameter."
            "producerTask"},
        {"componentInputParameter: count", "componentInputParameter: cout", ERROR,
            KF_ENOENT,
            "'cout' is no input of the pipeline: no such parameter; did you mean "
            "'count'?",
            "root.dag.tasks.make.inputs.parameters.n.componentInputParameter"},
        {"{componentInputArtifact: data}", "{componentInputArtifact: item}", ERROR,
            KF_ENOENT, "the input 'item' of component comp-loop is no artifact",
            "components.comp-loop.dag.tasks.use-2.inputs.artifacts.data."
            "componentInputArtifact"},
        {"dependentTasks: [loop]", "dependentTasks: [loop, lop]", ERROR, KF_ENOENT,
            "there is no task 'lop'", "root.dag.tasks.exit.dependentTasks[1]"},
        {"{producerSubtask: make, outputArtifactKey: data}",
            "{producerSubtask: make, outputArtifactKey: date}", ERROR, KF_ENOENT,
            "'date' is no output artifact of task 'make'; did you mean 'data'?",
            "root.dag.outputs.artifacts.data.artifactSelectors[0].outputArtifactKey"},
        {"{producerSubtask: make, outputArtifactKey: data}",
            "{outputArtifactKey: data}", ERROR, KF_EMISSING, "not named",
            "root.dag.outputs.artifacts.data.artifactSelectors[0].producerSubtask"},
    };
    CHECK_EDITS(edits);
}
END_TEST

START_TEST(inputs)
{
    static const edit edits[] = {
        {"            n: {componentInputParameter: count}\n", "", ERROR, KF_EMISSING,
            "the required input 'n' of component 'comp-make' is not given",
            "root.dag.tasks.make.inputs.parameters"},
        {"            rate: {runtimeValue", "            raet: {runtimeValue", ERROR,
            KF_ENOENT,
            "'raet' is no input of component 'comp-make': no such parameter; did you "
            "mean "
            "'rate'?",
            "root.dag.tasks.make.inputs.parameters.raet"},
        {"            pipelinechannel--cpu: {componentInputParameter: cpu}\n", "",
            ERROR, KF_EMISSING, "'exec-make' reads the input 'pipelinechannel--cpu'",
            "root.dag.tasks.make.inputs.parameters"},
        {"n: {componentInputParameter: count}", "n: {}", ERROR, KF_EMISSING,
            "comes from nowhere", "root.dag.tasks.make.inputs.parameters.n"},
        {"data: {componentInputArtifact: data}", "data: {}", ERROR, KF_EMISSING,
            "comes from nowhere",
            "components.comp-loop.dag.tasks.use-2.inputs.artifacts.data"},
        {"rate: {runtimeValue: {constant: 1.0}}", "rate: {runtimeValue: {}}", ERROR,
            KF_EMISSING, "the value is missing",
            "root.dag.tasks.make.inputs.parameters.rate.runtimeValue"},
        {"{{$.inputs.parameters['pipelinechannel--t']}}",
            "{{$.inputs.parameters['pipelinechannel--x']}}", ERROR, KF_ENOENT,
            "the constant reads 'pipelinechannel--x'",
            "root.dag.tasks.use.inputs.parameters.text"},
        {"constant: me", "constant: [me, {a: \"{{$.inputs.parameters['zz']}}\"}]",
            ERROR, KF_ETYPE, "the constant is a LIST, and the input takes a STRING",
            "root.dag.tasks.exit.inputs.parameters.user.runtimeValue.constant"},
    };
    check_edits(edits, sizeof edits / sizeof *edits - 1);
    char *text = kf_edited(sound, edits[7].from, edits[7].to);
    kf_report *report = check_text(text);
    ck_assert_uint_eq(kf_report_count(report), 2);
    ck_assert_str_eq(kf_report_at(report, 0)->where, edits[7].where);
    ck_assert_ptr_nonnull(strstr(kf_report_at(report, 1)->message, "'zz'"));
    kf_report_free(report);
    kf_text_free(text);
}
END_TEST

START_TEST(types)
{
    static const edit edits[] = {
        {"count: {parameterType: NUMBER_INTEGER, defaultValue: 3}",
            "count: {parameterType: STRING}", ERROR, KF_ETYPE,
            "the input 'count' around it is a STRING, and the input takes a "
            "NUMBER_INTEGER",
            "root.dag.tasks.make.inputs.parameters.n"},
        {"n: {parameterType: NUMBER_INTEGER}", "n: {parameterType: NUMBER_DOUBLE}",
            WARNING, KF_ETYPE,
            "is a NUMBER_INTEGER, and the input takes a NUMBER_DOUBLE",
            "root.dag.tasks.make.inputs.parameters.n"},
        {"        items: {parameterType: LIST}\n  comp-use",
            "        items: {parameterType: STRING}\n  comp-use", ERROR, KF_ETYPE,
            "the output 'items' of task 'make' is a STRING, and the input takes a LIST",
            "root.dag.tasks.loop.inputs.parameters.items"},
        {"artifact: {artifactType: {schemaTitle: system.Dataset",
            "artifact: {artifactType: {schemaTitle: system.Model", ERROR, KF_ETYPE,
            "is a system.Model@0.0.1, and the input takes a system.Dataset@0.0.1",
            "root.dag.tasks.use.inputs.artifacts.data"},
        {"artifact: {artifactType: {schemaTitle: system.Dataset, schemaVersion: 0.0.1}",
            "artifact: {isArtifactList: true, artifactType: {schemaTitle: "
            "system.Dataset, "
            "schemaVersion: 0.0.1}",
            ERROR, KF_ETYPE, "is a List[system.Dataset@0.0.1], and",
            "root.dag.tasks.use.inputs.artifacts.data"},
        {"all: {parameterType: LIST}", "all: {parameterType: STRING}", ERROR, KF_ETYPE,
            "the output 'Output' of task 'use-2' is a NUMBER_INTEGER, and is to be "
            "given as a "
            "STRING",
            "components.comp-loop.dag.outputs.parameters.all.valueFromParameter"},
        {"constant: 1.0", "constant: fast", ERROR, KF_ETYPE,
            "the constant is a STRING, and the input takes a NUMBER_DOUBLE",
            "root.dag.tasks.make.inputs.parameters.rate.runtimeValue.constant"},
        {"constant: slow", "constant: medium", ERROR, KF_EINVAL,
            "the constant is none of the literals [\"fast\", \"slow\"]",
            "root.dag.tasks.make.inputs.parameters.mode.runtimeValue.constant"},
        {"defaultValue: fast", "defaultValue: quick", ERROR, KF_EINVAL,
            "the default is none of the literals",
            "components.comp-make.inputDefinitions.parameters.mode.defaultValue"},
        {"literals: [fast, slow]", "literals: [fast, slow, 3]", ERROR, KF_ETYPE,
            "the literal is no STRING",
            "components.comp-make.inputDefinitions.parameters.mode.literals[2]"},
        {"defaultValue: 3", "defaultValue: 3.5", ERROR, KF_ETYPE,
            "the default is a NUMBER_DOUBLE, and the input takes a NUMBER_INTEGER",
            "root.inputDefinitions.parameters.count.defaultValue"},
        {"cpu: {parameterType: STRING}", "cpu: {description: d}", ERROR, KF_EMISSING,
            "no parameterType", "root.inputDefinitions.parameters.cpu"},
        {"Output: {parameterType: NUMBER_INTEGER}", "Output: {}", ERROR, KF_EMISSING,
            "no parameterType",
            "components.comp-use.outputDefinitions.parameters.Output"},
        {"status: {parameterType: TASK_FINAL_STATUS, isOptional: true}",
            "status: {parameterType: STRUCT, isOptional: true}", ERROR, KF_ETYPE,
            "a final status goes to an input of type TASK_FINAL_STATUS, not STRUCT",
            "root.dag.tasks.exit.inputs.parameters.status.taskFinalStatus"},
    };
    CHECK_EDITS(edits);
}
END_TEST

START_TEST(names)
{
    static const edit edits[] = {
        {"name: sound-1", "name: Sound", ERROR, KF_EINVAL,
            "Kubeflow refuses the pipeline name 'Sound'", "pipelineInfo.name"},
        {"name: sound-1", "name: -s", ERROR, KF_EINVAL, "refuses", "pipelineInfo.name"},
        {"{name: sound-1}", "{}", ERROR, KF_EMISSING, "no name", "pipelineInfo.name"},
        {"      import:\n", "      Import It:\n", ERROR, KF_ENOENT, "", ""},
        {"Output: {parameterType: NUMBER_INTEGER}", "'a/b': {parameterType: STRING}",
            ERROR, KF_EINVAL, "the name of an output cannot hold '/'", ""},
        {"      cpu: {parameterType: STRING}",
            "      cpu: {parameterType: STRING}\n      '..': {parameterType: STRING}",
            ERROR, KF_EINVAL, "the name of an input cannot be '.' or '..'",
            "root.inputDefinitions.parameters['..']"},
        {"      cpu: {parameterType: STRING}",
            "      cpu: {parameterType: STRING}\n      '': {parameterType: STRING}",
            ERROR, KF_EINVAL, "the name of an input is empty",
            "root.inputDefinitions.parameters['']"},
        {"      cpu: {parameterType: STRING}",
            "      cpu: {parameterType: STRING}\n      \"a\\tb\": {parameterType: "
            "STRING}",
            ERROR, KF_EINVAL, "control character",
            "root.inputDefinitions.parameters['a\tb']"},
        {"    exec-make:\n      container",
            "    exec-more: {container: {image: i}}\n    exec-make:\n      container",
            WARNING, KF_ESTATE, "no component uses the executor 'exec-more'",
            "deploymentSpec.executors.exec-more"},
        {"components:\n", "components:\n  comp-more: {executorLabel: exec-use}\n",
            WARNING, KF_ESTATE, "no task uses the component 'comp-more'",
            "components.comp-more"},
    };
    check_edits(edits, 3);
    check_edits(edits + 5, sizeof edits / sizeof *edits - 5);
    char *text = kf_edited(sound, "      exit:\n", "      Exit It:\n");
    kf_report *report = check_text(text);
    ck_assert_uint_eq(kf_report_count(report), 1);
    ck_assert_ptr_nonnull(
        strstr(kf_report_at(report, 0)->message, "a cluster may refuse"));
    ck_assert_str_eq(kf_report_at(report, 0)->where, "root.dag.tasks['Exit It']");
    kf_report_free(report);
    kf_text_free(text);
}
END_TEST

START_TEST(triggers)
{
    static const edit edits[] = {
        {"inputs.parameter_values['text'] == 'x'",
            "inputs.parameter_values['txt'] == 'x'", ERROR, KF_ENOENT,
            "the condition reads 'txt', which is no input of the task; did you mean "
            "'text'?",
            "root.dag.tasks.use.triggerPolicy.condition"},
        {"inputs.parameter_values['text'] == 'x'",
            "inputs.parameter_values['text'] = 'x'", ERROR, KF_EPARSE,
            "'==' expected (at column 33 of: inputs.parameter_values",
            "root.dag.tasks.use.triggerPolicy.condition"},
        {"inputs.parameter_values['text'] == 'x'", "1 + 1", ERROR, KF_ETYPE,
            "can never be true or false", "root.dag.tasks.use.triggerPolicy.condition"},
        {"user: {runtimeValue: {constant: me}}",
            "user: {taskOutputParameter: {producerTask: make, outputParameterKey: "
            "text}}",
            WARNING, KF_EMISSING, "no default",
            "root.dag.tasks.exit.inputs.parameters.user"},
        {"{strategy: ALL_UPSTREAM_TASKS_COMPLETED}", "{}", WARNING, KF_ESTATE,
            "does not run when that fails",
            "root.dag.tasks.exit.inputs.parameters.status.taskFinalStatus"},
        {"      use:\n        componentRef: {name: comp-use}\n",
            "      import-2:\n        componentRef: {name: comp-import}\n"
            "        inputs: {parameters: {uri: {runtimeValue: {constant: x}}}}\n"
            "        triggerPolicy: {condition: 'true'}\n"
            "      use:\n        componentRef: {name: comp-use}\n",
            WARNING, KF_EUNSUPPORTED, "backend refuses a condition on an importer",
            "root.dag.tasks.import-2.triggerPolicy.condition"},
        {"text: {componentInputParameter: item}",
            "text: {componentInputParameter: item, parameterExpressionSelector: "
            "'parseJson('}",
            ERROR, KF_EPARSE, "at column 11 of: parseJson(",
            "components.comp-loop.dag.tasks.use-2.inputs.parameters.text."
            "parameterExpressionSelector"},
    };
    CHECK_EDITS(edits);
}
END_TEST

START_TEST(loops)
{
    static const edit edits[] = {
        {"itemInput: item,", "itemInput: itme,", ERROR, KF_ENOENT, "", ""},
        {"{inputParameter: items}", "{inputParameter: itms}", ERROR, KF_ENOENT,
            "'itms', which is no input parameter of the task; did you mean 'items'?",
            "root.dag.tasks.loop.parameterIterator.items.inputParameter"},
        {"{inputParameter: items}", "{raw: '[1,'}", ERROR, KF_EDOCUMENT,
            "the items are not valid JSON",
            "root.dag.tasks.loop.parameterIterator.items.raw"},
        {"{inputParameter: items}", "{raw: '{}'}", ERROR, KF_ETYPE, "but no list",
            "root.dag.tasks.loop.parameterIterator.items.raw"},
        {"{inputParameter: items}", "{}", ERROR, KF_EMISSING, "has no items",
            "root.dag.tasks.loop.parameterIterator.items"},
        {"parallelismLimit: 2", "parallelismLimit: -2", ERROR, KF_EINVAL,
            "cannot be negative",
            "root.dag.tasks.loop.iteratorPolicy.parallelismLimit"},
        {"        retryPolicy:",
            "        iteratorPolicy: {parallelismLimit: 1}\n"
            "        retryPolicy:",
            WARNING, KF_ESTATE, "no effect", "root.dag.tasks.make.iteratorPolicy"},
    };
    check_edits(edits + 1, sizeof edits / sizeof *edits - 1);
    char *text = kf_edited(sound, edits[0].from, edits[0].to);
    kf_report *report = check_text(text);
    ck_assert_uint_eq(
        kf_report_count(report), 2); /* And the input `item` has no value. */
    ck_assert_ptr_nonnull(
        strstr(kf_report_at(report, 1)->message, "did you mean 'item"));
    kf_report_free(report);
    kf_text_free(text);
}
END_TEST

START_TEST(settings)
{
    static const edit edits[] = {
        {"maxRetryCount: 2", "maxRetryCount: -2", ERROR, KF_EINVAL, "retries",
            "root.dag.tasks.make.retryPolicy.maxRetryCount"},
        {"backoffFactor: 2.0", "backoffFactor: -1", ERROR, KF_EINVAL, "factor",
            "root.dag.tasks.make.retryPolicy.backoffFactor"},
        {"backoffDuration: 1s", "backoffDuration: -1s", ERROR, KF_EINVAL, "wait",
            "root.dag.tasks.make.retryPolicy.backoffDuration"},
        {"backoffDuration: 1s", "backoffMaxDuration: 7200s", WARNING, KF_ELIMIT,
            "3600s", "root.dag.tasks.make.retryPolicy.backoffMaxDuration"},
        {"enableCache: true", "enableCache: false", WARNING, KF_ESTATE, "cacheKey",
            "root.dag.tasks.make.cachingOptions.cacheKey"},
        {"resourceCpuLimit: 500m", "resourceCpuLimit: 5cores", ERROR, KF_EINVAL,
            "5cores",
            "deploymentSpec.executors.exec-make.container.resources.resourceCpuLimit"},
        {"resourceMemoryLimit: 2Gi", "resourceMemoryRequest: 2GB", ERROR, KF_EINVAL,
            "2GB",
            "deploymentSpec.executors.exec-make.container.resources."
            "resourceMemoryRequest"},
        {"cpuLimit: 0.5", "cpuLimit: -0.5", ERROR, KF_EINVAL, "negative",
            "deploymentSpec.executors.exec-make.container.resources.cpuLimit"},
        {"cpuLimit: 0.5", "accelerator: {resourceCount: many}", ERROR, KF_EINVAL,
            "many",
            "deploymentSpec.executors.exec-make.container.resources.accelerator."
            "resourceCount"},
        {"image: python:3.11", "image: ''", ERROR, KF_EMISSING, "no image",
            "deploymentSpec.executors.exec-make.container.image"},
        {"{name: A, value", "{name: 'A=', value", ERROR, KF_EINVAL, "without '='",
            "deploymentSpec.executors.exec-make.container.env[0].name"},
        {"{container: {image: i, command: [c]}}\n    exec-import",
            "{}\n    exec-import", ERROR, KF_EMISSING,
            "neither a container nor an importer",
            "deploymentSpec.executors.exec-exit"},
        {"{container: {image: i, command: [c]}}\n    exec-import",
            "{resolver: {}}\n    exec-import", WARNING, KF_EUNSUPPORTED, "backend",
            "deploymentSpec.executors.exec-exit"},
    };
    CHECK_EDITS(edits);
}
END_TEST

START_TEST(placeholders)
{
    static const edit edits[] = {
        {"[make, \"{{$.inputs.parameters['n']}}\"]",
            "[make, \"{{$.inputs.parameters['m']}}\"]", ERROR, KF_ENOENT,
            "the component has no such input parameter",
            "deploymentSpec.executors.exec-make.container.command[1]"},
        {"[make, \"{{$.inputs.parameters['n']}}\"]",
            "[make, \"{{$.outputs.parameters['data'].output_file}}\"]", ERROR, KF_ETYPE,
            "it is an artifact",
            "deploymentSpec.executors.exec-make.container.command[1]"},
        {"[make, \"{{$.inputs.parameters['n']}}\"]",
            "[make, \"{{$.inputs.parameter['n']}}\"]", WARNING, KF_EDOCUMENT,
            "none of KFP's placeholders",
            "deploymentSpec.executors.exec-make.container.command[1]"},
        {"\"InputName\": \"rate\"", "\"InputName\": \"rats\"", ERROR, KF_ENOENT,
            "did you mean 'rate'?",
            "deploymentSpec.executors.exec-make.container.args[1]"},
        {"\"InputName\": \"rate\"", "\"InputNam\": \"rate\"", ERROR, KF_EDOCUMENT,
            "malformed placeholder",
            "deploymentSpec.executors.exec-make.container.args[1]"},
        {"artifactUri: {runtimeParameter: uri}", "artifactUri: {runtimeParameter: url}",
            ERROR, KF_ENOENT, "no input parameter 'url'; did you mean 'uri'?",
            "deploymentSpec.executors.exec-import.importer.artifactUri."
            "runtimeParameter"},
        {"artifactUri: {runtimeParameter: uri}", "artifactUri: {constant: 3}", ERROR,
            KF_ETYPE, "text",
            "deploymentSpec.executors.exec-import.importer.artifactUri.constant"},
        {"artifactUri: {runtimeParameter: uri}", "artifactUri: {}", ERROR, KF_EMISSING,
            "artifactUri", "deploymentSpec.executors.exec-import.importer.artifactUri"},
        {"{from: \"{{$.inputs.parameters['uri']}}\"}",
            "{from: [\"{{$.inputs.parameters['url']}}\"]}", ERROR, KF_ENOENT,
            "did you mean 'uri'?",
            "deploymentSpec.executors.exec-import.importer.metadata.from[0]"},
    };
    CHECK_EDITS(edits);
}
END_TEST

START_TEST(platforms)
{
    static const edit edits[] = {
        {"        exec-make:\n          secretAsEnv",
            "        exec-mae: {}\n        exec-make:\n          secretAsEnv", WARNING,
            KF_ENOENT, "did you mean 'exec-make'?",
            "platforms.kubernetes.deploymentSpec.executors.exec-mae"},
        {"{componentInputParameter: cpu}}\n    pipelineConfig",
            "{componentInputParameter: gpu}}\n    pipelineConfig", ERROR, KF_ENOENT,
            "reads 'gpu', which is no input parameter around it; did you mean 'cpu'?",
            "platforms.kubernetes.deploymentSpec.executors.exec-make.secretAsEnv[0]."
            "secretNameParameter.componentInputParameter"},
        {"{componentInputParameter: cpu}}\n    pipelineConfig",
            "{taskOutputParameter: {producerTask: us, outputParameterKey: Output}}}\n  "
            "  "
            "pipelineConfig",
            ERROR, KF_ENOENT, "there is no task 'us'",
            "platforms.kubernetes.deploymentSpec.executors.exec-make.secretAsEnv[0]."
            "secretNameParameter.taskOutputParameter.producerTask"},
        {"{componentInputParameter: cpu}}\n    pipelineConfig",
            "{taskOutputParameter: {producerTask: use, outputParameterKey: "
            "Oputput}}}\n    "
            "pipelineConfig",
            ERROR, KF_ENOENT, "did you mean 'Output'?",
            "platforms.kubernetes.deploymentSpec.executors.exec-make.secretAsEnv[0]."
            "secretNameParameter.taskOutputParameter.outputParameterKey"},
        {"resourceTtlOnCompletion: 10", "resourceTtlOnCompletion: -1", ERROR, KF_EINVAL,
            "negative", "platforms.kubernetes.pipelineConfig.resourceTtlOnCompletion"},
        {"secretAsEnv:", "secretAsEnvs:", ERROR, KF_EDOCUMENT,
            "did you mean 'secretAsEnv'?",
            "platforms.kubernetes.deploymentSpec.executors.exec-make.secretAsEnvs"},
        {"importer:\n", "importer:\n        downloadToWorkspace: true\n", ERROR,
            KF_EMISSING, "no workspace", "deploymentSpec.executors.exec-import"},
    };
    CHECK_EDITS(edits);
    char *text = kf_edited(
        sound, "importer:\n", "importer:\n        downloadToWorkspace: true\n");
    char *fixed =
        kf_edited(text, "resourceTtlOnCompletion: 10", "workspace: {size: 1Gi}");
    kf_report *report = check_text(fixed);
    ck_assert_uint_eq(kf_report_count(report), 0);
    kf_report_free(report);
    kf_text_free(fixed);
    kf_text_free(text);
}
END_TEST

START_TEST(outputs)
{
    static const edit edits[] = {
        {"  outputDefinitions:\n    artifacts:\n      data: {artifactType: "
         "{schemaTitle: "
         "system.Dataset, schemaVersion: 0.0.1}}\nschemaVersion",
            "schemaVersion", ERROR, KF_ENOENT,
            "not declared in outputDefinitions.artifacts",
            "root.dag.outputs.artifacts.data"},
        {"    outputs:\n      artifacts:\n        data: {artifactSelectors: "
         "[{producerSubtask: "
         "make, outputArtifactKey: data}]}\n",
            "", ERROR, KF_EMISSING, "declared and never given",
            "root.dag.outputs.artifacts.data"},
        {"{valueFromParameter: {producerSubtask: use-2, outputParameterKey: Output}}",
            "{valueFromOneof: {}}", ERROR, KF_EMISSING, "comes from nowhere", ""},
    };
    check_edits(edits, 2);
    char *text = kf_edited(sound, edits[2].from, edits[2].to);
    kf_report *report = check_text(text);
    ck_assert_uint_eq(kf_report_count(report), 1);
    ck_assert_ptr_nonnull(strstr(kf_report_at(report, 0)->message, edits[2].message));
    kf_report_free(report);
    kf_text_free(text);
}
END_TEST

START_TEST(cycles)
{
    static const edit edits[] = {
        {"inputs: {parameters: {uri: {runtimeValue: {constant: 'gs://b'}}}}",
            "dependentTasks: [exit]\n        inputs: {parameters: {uri: "
            "{taskOutputParameter: "
            "{producerTask: use, outputParameterKey: Output}, "
            "parameterExpressionSelector: "
            "string_value}}}",
            ERROR, KF_ECYCLE, "use → import → use", "root.dag.tasks.import"},
        {"dependentTasks: [loop]", "dependentTasks: [exit]", ERROR, KF_ECYCLE,
            "the task waits for itself", "root.dag.tasks.exit"},
    };
    CHECK_EDITS(edits);
    char *text = kf_edited(sound, "            n: {componentInputParameter: count}\n",
        "            n: {taskOutputParameter: {producerTask: "
        "loop, outputParameterKey: all}, "
        "parameterExpressionSelector: 'list_value[0]'}\n");
    kf_report *report = check_text(text);
    ck_assert_uint_eq(kf_report_count(report), 1);
    ck_assert_ptr_nonnull(
        strstr(kf_report_at(report, 0)->message, "loop → make → loop"));
    kf_report_free(report);
    kf_text_free(text);
}
END_TEST

START_TEST(recursion)
{
    setup();
    char *text = kf_edited(sound, "        use-2:\n",
        "        again: {componentRef: {name: comp-loop}, inputs: {artifacts: "
        "{data: {componentInputArtifact: data}}, parameters: {items: "
        "{componentInputParameter: items}, item: "
        "{componentInputParameter: item}}}}\n        use-2:\n");
    kf_report *report = check_text(text);
    ck_assert_uint_eq(kf_report_count(report), 1);
    ck_assert_int_eq(kf_report_at(report, 0)->code, KF_ECYCLE);
    ck_assert_str_eq(kf_report_at(report, 0)->where, "components.comp-loop");
    kf_report_free(report);
    kf_text_free(text);
}
END_TEST

static char *nested(int depth)
{
    kf_buf buf = KF__BUF_INIT;
    char *text;
    kf__buf_puts(&buf, "components:\n");
    for (int i = 0; i < depth; i++)
        kf__buf_printf(&buf,
            "  comp-%d: {dag: {tasks: {t: {componentRef: {name: comp-%d}}}}}\n", i,
            i + 1);
    kf__buf_printf(&buf,
        "  comp-%d: {executorLabel: e}\n"
        "deploymentSpec: {executors: {e: {container: {image: i}}}}\n"
        "pipelineInfo: {name: p}\nschemaVersion: 2.1.0\n"
        "root: {dag: {tasks: {t: {componentRef: {name: comp-0}}}}}\n",
        depth);
    ck_ok(kf__buf_take(&buf, &text));
    return text;
}

START_TEST(nesting)
{
    static const struct {
        int depth;
        size_t errors;
    } table[] = {{10, 0}, {60, 0}, {70, 1}, {5000, 1}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char *text = nested(table[i].depth);
        kf_report *report = check_text(text);
        ck_assert_msg(kf_report_errors(report) == table[i].errors, "%d: %zu",
            table[i].depth, kf_report_errors(report));
        if (table[i].errors > 0)
            ck_assert_int_eq(kf_report_at(report, 0)->code, KF_ELIMIT);
        kf_report_free(report);
        kf_text_free(text);
    }
}
END_TEST

START_TEST(size)
{
    setup();
    kf_buf large = KF__BUF_INIT;
    kf__buf_puts(&large, "{container: {image: i, command: [\"");
    kf__buf_fill(&large, 'x', 1 << 20);
    kf__buf_puts(&large, "\"]}}\n    exec-exit");
    char *text = kf_edited(sound,
        "{container: {image: i, command: [c]}}\n    exec-exit", kf__buf_text(&large));
    kf_report *report = check_text(text);
    ck_assert_uint_eq(kf_report_count(report), 1);
    ck_assert_int_eq(kf_report_at(report, 0)->severity, KF_SEVERITY_WARNING);
    ck_assert_ptr_nonnull(strstr(kf_report_at(report, 0)->message, "etcd"));
    kf_report_free(report);
    kf_text_free(text);
    kf__buf_finish(&large);
}
END_TEST

START_TEST(no_root)
{
    kf_report *report = check_text("pipelineInfo: {name: p}\nschemaVersion: 2.1.0\n");
    ck_assert_uint_eq(kf_report_errors(report), 1);
    ck_assert_str_eq(kf_report_at(report, 0)->where, "root");
    kf_report_free(report);
    report = check_text("pipelineInfo: {name: p}\nschemaVersion: 2.1.0\nroot: {}\n");
    ck_assert_uint_eq(kf_report_errors(report), 1);
    kf_report_free(report);
    report = check_text(
        "pipelineInfo: {name: p}\nschemaVersion: 2.1.0\nroot: {dag: {tasks: {}}}\n");
    ck_assert_uint_eq(kf_report_errors(report), 1);
    ck_assert_ptr_nonnull(strstr(kf_report_at(report, 0)->message, "no tasks"));
    kf_report_free(report);
}
END_TEST

/* A document of any shape is checked, whatever is wrong with it. */
START_TEST(any_shape)
{
    static const char *const texts[] = {"root: 1\n", "root: {dag: [1]}\n",
        "root: {dag: {tasks: {a: 1, b: [], c: null, d: {inputs: 3, componentRef: "
        "x}}}}\n",
        "components: [1]\nroot: {dag: {tasks: {a: {componentRef: {name: 3}}}}}\n",
        "components: {a: 1, b: {executorLabel: 3}}\nroot: {dag: {outputs: []}}\n",
        "deploymentSpec: 3\nroot: {}\n",
        "deploymentSpec: {executors: {a: 1, b: []}}\nroot: {}\n",
        "root: {dag: {tasks: {a: {inputs: {parameters: {x: 1, y: {taskOutputParameter: "
        "1}}}, "
        "dependentTasks: {a: 1}, triggerPolicy: 1, retryPolicy: [], parameterIterator: "
        "1}}}}\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        kf_report *report = check_text(texts[i]);
        ck_assert_uint_gt(kf_report_errors(report), 0);
        kf_report_free(report);
    }
}
END_TEST

START_TEST(survives_lack_of_memory)
{
    setup();
    char *text = kf_edited(sound, "constant: slow", "constant: 3");
    kf_document document = {0};
    ck_ok(kf__document_read(text, strlen(text), NULL, &document));
    for (long n = 0;; n++) {
        kf_report *report;
        ck_ok(kf__report_new(&report));
        kf__mem_fail_after(n);
        kf_status status = kf__document_check(&document, report);
        kf__mem_fail_after(-1);
        size_t found = kf_report_count(report);
        kf_report_free(report);
        if (status == KF_OK) {
            ck_assert_uint_eq(found, 1);
            break;
        }
        ck_assert_int_eq(status, KF_ENOMEM);
        ck_assert_int_lt(n, 10000);
    }
    kf__document_finish(&document);
    kf_text_free(text);
}
END_TEST

KF_TEST_MAIN("check", nothing_to_find, references, inputs, types, names, triggers,
    loops, settings, placeholders, platforms, outputs, cycles, recursion, nesting, size,
    no_root, any_shape, survives_lack_of_memory)
