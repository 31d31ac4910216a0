/* SPDX-License-Identifier: Apache-2.0 */
/* Every function that takes a structure of options reads as much of it as its `size` says,
 * and refuses one that does not say. */
#include "kf_test.h"

#include <kf.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char home[] = "/tmp/kf-api-XXXXXX";
static kf_store *store;
static kf_component *component;
static kf_pipeline *pipeline;
static kf_task_id task;

static void setup(void)
{
    ck_assert_ptr_nonnull(mkdtemp(home));
    ck_assert_int_eq(setenv("KF_HOME", home, 1), 0);
    ck_ok(kf_store_open(home, &store));
    ck_ok(kf_component_new("step", &component));
    ck_ok(kf_component_set_call(component, "step"));
    ck_ok(kf_pipeline_new("steps", NULL, &pipeline));
    ck_ok(kf_pipeline_add_task(pipeline, component, NULL, &task));
}

static void teardown(void)
{
    char command[64];
    kf_pipeline_free(pipeline);
    kf_component_free(component);
    kf_store_free(store);
    (void)snprintf(command, sizeof command, "rm -rf %s", home);
    ck_assert_int_eq(system(command), 0);
    (void)snprintf(home, sizeof home, "/tmp/kf-api-XXXXXX");
}

static kf_status add_input(const void *options)
{
    return kf_component_add_input(component, "a", KF_TYPE_STRING, options);
}

static kf_status add_input_artifact(const void *options)
{
    return kf_component_add_input_artifact(component, "b", NULL, options);
}

static kf_status add_output(const void *options)
{
    return kf_component_add_output(component, "a", KF_TYPE_STRING, options);
}

static kf_status add_output_artifact(const void *options)
{
    return kf_component_add_output_artifact(component, "b", NULL, options);
}

static kf_status set_python(const void *options)
{
    return kf_component_set_python(component, options);
}

static kf_status set_importer(const void *options)
{
    return kf_component_set_importer(component, options);
}

static kf_status new_pipeline(const void *options)
{
    kf_pipeline *other = NULL;
    kf_status status = kf_pipeline_new("other", options, &other);
    kf_pipeline_free(other);
    return status;
}

static kf_status pipeline_input(const void *options)
{
    kf_channel_id channel;
    return kf_pipeline_add_input(pipeline, "a", KF_TYPE_STRING, options, &channel);
}

static kf_status pipeline_input_artifact(const void *options)
{
    kf_channel_id channel;
    return kf_pipeline_add_input_artifact(pipeline, "b", NULL, options, &channel);
}

static kf_status pipeline_output(const void *options)
{
    return kf_pipeline_add_output(pipeline, "a", KF_TYPE_STRING, options);
}

static kf_status pipeline_output_artifact(const void *options)
{
    return kf_pipeline_add_output_artifact(pipeline, "b", NULL, options);
}

static kf_status set_retry(const void *options)
{
    return kf_pipeline_set_retry(pipeline, task, options);
}

static kf_status begin_loop(const void *options)
{
    kf_group_id group;
    kf_value *items = NULL;
    ck_ok(kf_value_parse("[1]", 3, &items));
    kf_status status =
        kf_pipeline_begin_loop(pipeline, (kf_operand){.value = items}, options, &group);
    kf_value_free(items);
    if (status == KF_OK) {
        kf_task_id inner;
        kf_component *step = NULL;
        ck_ok(kf_component_new("inner", &step));
        ck_ok(kf_component_set_call(step, "step"));
        ck_ok(kf_pipeline_add_task(pipeline, step, NULL, &inner));
        ck_ok(kf_pipeline_end(pipeline));
        kf_component_free(step);
    }
    return status;
}

static kf_status write_text(const void *options)
{
    char *text = NULL;
    kf_status status = kf_pipeline_write(pipeline, options, &text);
    kf_text_free(text);
    return status;
}

static kf_status save(const void *options)
{
    char path[64];
    (void)snprintf(path, sizeof path, "%s/pipeline.yaml", home);
    return kf_pipeline_save(pipeline, path, options);
}

static kf_status spec(const void *options)
{
    kf_value *value = NULL;
    kf_status status = kf_pipeline_spec(pipeline, options, &value);
    kf_value_free(value);
    return status;
}

static kf_status platform_spec(const void *options)
{
    kf_value *value = NULL;
    kf_status status = kf_pipeline_platform_spec(pipeline, options, &value);
    kf_value_free(value);
    return status;
}

static kf_status list_runs(const void *options)
{
    kf_value *value = NULL;
    kf_status status = kf_store_runs(store, options, &value);
    kf_value_free(value);
    return status;
}

static kf_status run(const void *options)
{
    kf_run *started = NULL;
    kf_status status = kf_run_start(store, pipeline, options, &started);
    kf_run_free(started);
    return status;
}

static kf_status resume(const void *options)
{
    kf_run *started = NULL;
    return kf_run_resume(store, "none", options, &started);
}

static kf_status ephemeral_volume(const void *options)
{
    return kf_kubernetes_add_ephemeral_volume(pipeline, task, options);
}

static kf_status pvc(const void *options)
{
    kf_task_id made;
    return kf_kubernetes_create_pvc(pipeline, options, &made);
}

static kf_status toleration(const void *options)
{
    return kf_kubernetes_add_toleration(pipeline, task, options);
}

static kf_status security(const void *options)
{
    return kf_kubernetes_set_security_context(pipeline, task, options);
}

static kf_status init_container(const void *options)
{
    return kf_kubernetes_add_init_container(pipeline, task, options);
}

static kf_space *space_of_one(void)
{
    kf_space *space;
    ck_ok(kf_space_new(&space));
    ck_ok(kf_space_add_double(space, "x", 0, 1, 0, KF_UNIFORM));
    return space;
}

static kf_status study(const void *options)
{
    kf_space *space = space_of_one();
    kf_study *made = NULL;
    kf_status status = kf_study_new(space, options, &made);
    kf_study_free(made);
    kf_space_free(space);
    return status;
}

static kf_status new_experiment(const void *options)
{
    kf_space *space = space_of_one();
    kf_experiment *made = NULL;
    kf_status status = kf_experiment_new(space, options, &made);
    kf_experiment_free(made);
    kf_space_free(space);
    return status;
}

static kf_status write_experiment(const void *options)
{
    kf_space *space = space_of_one();
    kf_experiment *made = NULL;
    char *text = NULL;
    ck_ok(kf_experiment_new(space, NULL, &made));
    kf_status status = kf_experiment_write(made, options, &text);
    kf_text_free(text);
    kf_experiment_free(made);
    kf_space_free(space);
    return status;
}

static const char service_text[] = "apiVersion: v1\nkind: Secret\n";

static kf_status write_service(const void *options)
{
    kf_service *service = NULL;
    char *text = NULL;
    ck_ok(kf_service_load(service_text, sizeof service_text - 1, &service));
    kf_status status = kf_service_write(service, options, &text);
    kf_text_free(text);
    kf_service_free(service);
    return status;
}

static kf_status write_services(const void *options)
{
    kf_services *services = NULL;
    char *text = NULL;
    ck_ok(kf_services_load(service_text, sizeof service_text - 1, &services));
    kf_status status = kf_services_write(services, options, &text);
    kf_text_free(text);
    kf_services_free(services);
    return status;
}

static kf_status select_runtime(const void *options)
{
    static const char text[] =
        "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\n"
        "spec: {predictor: {sklearn: {}}}\n";
    kf_service *service = NULL;
    kf_service_runtime *made = NULL;
    ck_ok(kf_service_load(text, sizeof text - 1, &service));
    kf_status status = kf_service_runtime_select(service, NULL, options, &made);
    kf_service_runtime_free(made);
    kf_service_free(service);
    return status;
}

static kf_status new_service(const void *options)
{
    kf_service *made = NULL;
    kf_status status = kf_service_new(options, &made);
    kf_service_free(made);
    return status;
}

static kf_status new_graph(const void *options)
{
    kf_service *made = NULL;
    kf_status status = kf_service_new_graph(options, &made);
    kf_service_free(made);
    return status;
}

static kf_status new_runtime(const void *options)
{
    kf_service *made = NULL;
    kf_status status = kf_service_new_runtime(options, &made);
    kf_service_free(made);
    return status;
}

static kf_status tune(const void *options)
{
    kf_space *space = space_of_one();
    kf_experiment *experiment = NULL;
    kf_tune *made = NULL;
    ck_ok(kf_experiment_new(space, NULL, &experiment));
    kf_status status = kf_tune_start(store, experiment, options, &made);
    kf_tune_free(made);
    kf_experiment_free(experiment);
    kf_space_free(space);
    return status;
}

static kf_status tune_again(const void *options)
{
    kf_tune *made = NULL;
    return kf_tune_resume(store, "no-such-experiment", options, &made);
}

static kf_status open_model(const void *options)
{
    kf_model *made = NULL;
    return kf_model_open("/nonexistent/model", options, &made);
}

static kf_status load_model(const void *options)
{
    kf_model *made = NULL;
    return kf_model_load("no model", 8, options, &made);
}

static kf_status new_model(const void *options)
{
    kf_model *made = NULL;
    return kf_model_new(options, NULL, &made);
}

static kf_status predict_nothing(void *self, kf_inference *inference)
{
    (void)self;
    (void)inference;
    return KF_OK;
}

static kf_status explain_rows(const void *options)
{
    kf_model_table table = {.size = sizeof table, .predict = predict_nothing};
    kf_model *made = NULL;
    double row = 0, out[2];
    ck_ok(kf_model_new(&table, NULL, &made));
    kf_status status = kf_model_explain(made, &row, 1, 1, options, out);
    kf_model_free(made);
    return status;
}

static kf_status explain_interactions(const void *options)
{
    kf_model_table table = {.size = sizeof table, .predict = predict_nothing};
    kf_model *made = NULL;
    double row = 0, out[2];
    ck_ok(kf_model_new(&table, NULL, &made));
    kf_status status = kf_model_explain_interactions(made, &row, 1, 1, options, out);
    kf_model_free(made);
    return status;
}

static kf_status start_server(const void *options)
{
    kf_server *made = NULL;
    kf_status status = kf_server_start(options, &made);
    kf_server_free(made);
    return status;
}

/* The lint compares the names with those of the headers. */
static const struct {
    const char *name;
    kf_status (*call)(const void *options);
    kf_status of_nothing; /* What comes of options that say nothing. */
} functions[] = {
    {"kf_component_add_input", add_input, KF_OK},
    {"kf_component_add_input_artifact", add_input_artifact, KF_OK},
    {"kf_component_add_output", add_output, KF_OK},
    {"kf_component_add_output_artifact", add_output_artifact, KF_OK},
    {"kf_component_set_python", set_python, KF_EMISSING},
    {"kf_component_set_importer", set_importer, KF_OK},
    {"kf_pipeline_new", new_pipeline, KF_OK},
    {"kf_pipeline_set_retry", set_retry, KF_OK},
    {"kf_pipeline_begin_loop", begin_loop, KF_OK},
    {"kf_pipeline_write", write_text, KF_OK},
    {"kf_pipeline_save", save, KF_OK},
    {"kf_pipeline_spec", spec, KF_OK},
    {"kf_pipeline_platform_spec", platform_spec, KF_OK},
    {"kf_store_runs", list_runs, KF_OK},
    {"kf_run_start", run, KF_OK},
    {"kf_run_resume", resume, KF_ENOENT},
    {"kf_study_new", study, KF_OK},
    {"kf_experiment_new", new_experiment, KF_OK},
    {"kf_experiment_write", write_experiment, KF_OK},
    {"kf_service_new", new_service, KF_EMISSING},
    {"kf_service_new_graph", new_graph, KF_OK},
    {"kf_service_new_runtime", new_runtime, KF_OK},
    {"kf_service_runtime_select", select_runtime, KF_OK},
    {"kf_service_write", write_service, KF_OK},
    {"kf_services_write", write_services, KF_OK},
    {"kf_tune_start", tune, KF_EMISSING},
    {"kf_tune_resume", tune_again, KF_ENOENT},
    {"kf_model_open", open_model, KF_ENOENT},
    {"kf_model_load", load_model, KF_EPARSE},
    {"kf_model_new", new_model, KF_EMISSING},
    {"kf_model_explain", explain_rows, KF_EUNSUPPORTED},
    {"kf_model_explain_interactions", explain_interactions, KF_EUNSUPPORTED},
    {"kf_server_start", start_server, KF_OK},
    {"kf_kubernetes_add_ephemeral_volume", ephemeral_volume, KF_EMISSING},
    {"kf_kubernetes_create_pvc", pvc, KF_EMISSING},
    {"kf_kubernetes_add_toleration", toleration, KF_OK},
    {"kf_kubernetes_set_security_context", security, KF_EINVAL},
    {"kf_kubernetes_add_init_container", init_container, KF_EMISSING},
    /* Last: a pipeline that does not give its outputs is not written, and one with inputs
     * wants them. */
    {"kf_pipeline_add_input", pipeline_input, KF_OK},
    {"kf_pipeline_add_input_artifact", pipeline_input_artifact, KF_OK},
    {"kf_pipeline_add_output", pipeline_output, KF_OK},
    {"kf_pipeline_add_output_artifact", pipeline_output_artifact, KF_OK},
};
enum { COUNT = sizeof functions / sizeof *functions };

/* A structure of a program so old that it had no field at all: what follows it in memory
 * is not the library's to read. */
START_TEST(what_the_size_leaves_out_is_not_read)
{
    union {
        size_t size;
        unsigned char bytes[1024];
    } options;
    for (size_t i = 0; i < COUNT; i++) {
        memset(&options, 0xA5, sizeof options);
        options.size = sizeof options.size;
        kf_status status = functions[i].call(&options);
        ck_assert_msg(status == functions[i].of_nothing, "%s: %s: %s",
            functions[i].name, kf_status_name(status), kf_last_error()->message);
    }
}
END_TEST

/* A structure of a program for a libkf to come, with fields that this one does not know. */
START_TEST(what_the_library_does_not_know_is_left_out)
{
    union {
        size_t size;
        unsigned char bytes[1024];
    } options;
    for (size_t i = 0; i < COUNT; i++) {
        memset(&options, 0, sizeof options);
        memset(options.bytes + 512, 0xA5, 512);
        options.size = sizeof options;
        kf_status status = functions[i].call(&options);
        ck_assert_msg(status == functions[i].of_nothing, "%s: %s: %s",
            functions[i].name, kf_status_name(status), kf_last_error()->message);
    }
}
END_TEST

static int outcome_without_size(size_t index)
{
    static const unsigned char options[1024];
    int status = 0;
    pid_t child = fork();
    if (child == 0)
        _exit(functions[index].call(options) == KF_EINVAL ? 1 : 2);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return status;
}

START_TEST(a_size_of_0_is_a_fault_of_the_program)
{
    for (size_t i = 0; i < COUNT; i++) {
        int status = outcome_without_size(i);
#ifdef NDEBUG
        ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 1, "%s: %d",
            functions[i].name, status);
#else
        ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "%s: %d",
            functions[i].name, status);
#endif
    }
}
END_TEST

KF_TEST_MAIN_WITH("options", setup, teardown, what_the_size_leaves_out_is_not_read,
    what_the_library_does_not_know_is_left_out, a_size_of_0_is_a_fault_of_the_program)
