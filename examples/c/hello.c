/* SPDX-License-Identifier: Apache-2.0 */
/* The smallest pipeline, the twin of examples/python/hello.py: a C function is its one step.
 *     cc hello.c -o hello $(pkg-config --cflags --libs libkf) && ./hello Ada */
#include <kf.h>
#include <stdio.h>

static int greet(kf_call *call, void *payload)
{
    char text[200];
    kf_value *greeting = NULL;
    snprintf(text, sizeof text, "Hello, %s!", kf_value_string(kf_call_input(call, "name")));
    int failed = kf_value_new_string(text, &greeting) ||
        kf_call_set_output(call, "greeting", greeting);
    kf_value_free(greeting);
    return failed;
}

static int build(kf_component *component)
{
    return kf_component_add_input(component, "name", KF_TYPE_STRING, NULL) ||
        kf_component_add_output(component, "greeting", KF_TYPE_STRING, NULL) ||
        kf_component_set_call(component, "greet");
}

int main(int argc, char **argv)
{
    const kf_function function = {"greet", greet, NULL};
    kf_component *component = NULL;
    kf_pipeline *pipeline = NULL;
    kf_store *store = NULL;
    kf_run *run = NULL;
    kf_value *arguments = NULL, *greeting = NULL;
    int failed = kf_component_new("greet", &component) || build(component) ||
        kf_pipeline_from_component(component, &pipeline) ||
        kf_value_new(KF_KIND_STRUCT, &arguments) ||
        kf_value_set_string(arguments, "name", argc > 1 ? argv[1] : "World") ||
        kf_store_open(NULL, &store) ||
        kf_run_start(store, pipeline, KF_OPTIONS(kf_run_options, .arguments = arguments,
            .functions = &function, .function_count = 1), &run) ||
        kf_run_wait(run, -1) || kf_run_output(run, "greeting", &greeting);
    if (failed)
        fprintf(stderr, "%s\n", kf_last_error()->message);
    else
        printf("%s\n", kf_value_string(greeting));
    kf_value_free(greeting);
    kf_run_free(run);
    kf_store_free(store);
    kf_value_free(arguments);
    kf_pipeline_free(pipeline);
    kf_component_free(component);
    return failed;
}
