/* SPDX-License-Identifier: Apache-2.0 */
/* Expected answers are what cmd/router/main.go of KServe 0.20 gives. */
#include "serving/backend_graph.h"

#include "base/clock.h"
#include "call_test.h"
#include "io/json.h"

/* A service answers "echo" with its path and what it was sent, the others by name. */
static test_backend held;
static size_t asked;

static void put_headers(kf_call *call)
{
    for (size_t i = 0; i < call->header_count; i++)
        kf__buf_printf(
            &call->reply.body, "%s=%s;", call->headers[i].name, call->headers[i].value);
    call->reply.content_type = "text/x-headers";
}

/* Until the call's time is over, then as a gate answers. */
static void wait_for(kf_call *call)
{
    ck_assert(call->deadline_ns != 0);
    while (kf__monotonic_ns() < call->deadline_ns)
        kf__sleep_ms(1);
    kf__buf_puts(&call->reply.body, "{\"error\":\"late\"}");
}

static void reply_serve(kf_backend *self, kf_call *call)
{
    const char *name = call->path;
    (void)self;
    asked++;
    ck_assert_str_eq(call->method, "POST");
    ck_assert_ptr_nonnull(kf__call_header(call, "content-type"));
    if (strcmp(name, "echo") == 0)
        kf__buf_append(&call->reply.body, call->body, call->body_length);
    else if (strcmp(name, "two") == 0)
        kf__buf_puts(&call->reply.body, "{\"predictions\":[2],\"n\":1}");
    else if (strcmp(name, "bad") == 0)
        kf__buf_puts(&call->reply.body, "{\"error\":\"bad\"}");
    else if (strcmp(name, "headers") == 0)
        put_headers(call);
    else if (strcmp(name, "late") == 0)
        wait_for(call);
    else
        kf__buf_puts(&call->reply.body, name);
    call->reply.status = strcmp(name, "bad") == 0    ? 503
                         : strcmp(name, "late") == 0 ? 504
                         : strcmp(name, "gone") == 0 ? 0
                                                     : 200;
    call->done(call);
}

static kf_backend *find(
    void *payload, const char *service, const char *url, kf_call *call)
{
    static const kf_backend_table table = {reply_serve, test_backend_free};
    static kf_backend reply = {&table};
    (void)payload;
    call->path = service != NULL ? service : url;
    if (strcmp(call->path, "held") == 0)
        return &held.backend;
    if (strcmp(call->path, "missing") == 0) {
        (void)kf__fail(KF_ENOENT, NULL, "there is no service 'missing'");
        return NULL;
    }
    return &reply;
}

static kf_backend *make_with(const char *nodes, const char *more, const char *propagate)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *spec;
    kf_backend *graph;
    char text[4096];
    (void)snprintf(text, sizeof text, "{%s\"nodes\":{%s}}", more, nodes);
    ck_ok(kf__json_read(&tree, text, strlen(text), &spec));
    ck_ok(kf__backend_graph(spec, propagate, find, NULL, &graph));
    kf__tree_finish(&tree);
    return graph;
}

static kf_backend *make(const char *nodes)
{
    return make_with(nodes, "", NULL);
}

static void is_answer(const test_call *made, int status, const char *body)
{
    ck_assert_int_eq(made->done, 1);
    ck_assert_str_eq(kf__buf_text(&made->call.reply.body), body);
    ck_assert_int_eq(made->call.reply.status, status);
}

static void answers_with(const char *nodes, const char *more, const char *input,
    int status, const char *body)
{
    kf_backend *graph = make_with(nodes, more, NULL);
    test_call made;
    test_call_init(&made, "/any", input);
    kf__serve(graph, &made.call);
    is_answer(&made, status, body);
    test_call_finish(&made);
    kf__backend_free(graph);
}

static void answers(const char *nodes, const char *input, int status, const char *body)
{
    answers_with(nodes, "", input, status, body);
}

#define ROOT(type, steps) "\"root\":{\"routerType\":\"" type "\",\"steps\":[" steps "]}"
#define NODE(name, type, steps)                                                        \
    ",\"" name "\":{\"routerType\":\"" type "\",\"steps\":[" steps "]}"
#define S(name) "{\"serviceName\":\"" name "\"}"
#define INPUT "{\"instances\":[1]}"
#define FAILED(cause)                                                                  \
    "{\"error\":\"Failed to process request\",\"cause\":\"" cause "\"}"

START_TEST(sequence)
{
    answers(ROOT("Sequence", S("two") "," S("echo")), INPUT, 200, INPUT);
    answers(
        ROOT("Sequence", S("two") ",{\"serviceName\":\"echo\",\"data\":\"$response\"}"),
        INPUT, 200, "{\"predictions\":[2],\"n\":1}");
    answers(ROOT("Sequence", "{\"serviceName\":\"echo\",\"data\":\"$response\"}"),
        INPUT, 200, INPUT);
    answers(ROOT("Sequence", S("bad") "," S("echo")), INPUT, 200, INPUT);
    answers(ROOT("Sequence",
                "{\"serviceName\":\"bad\",\"dependency\":\"Hard\"}," S("echo")),
        INPUT, 503, "{\"error\":\"bad\"}");
    answers(ROOT("Sequence", S("two") ",{\"serviceUrl\":\"echo\",\"condition\":\"n\"}"),
        INPUT, 200, INPUT);
    answers(ROOT("Sequence", S("two") ",{\"serviceUrl\":\"echo\",\"condition\":\"m\"}"),
        INPUT, 200, "{\"predictions\":[2],\"n\":1}");
    answers(ROOT("Sequence", "{\"serviceUrl\":\"echo\",\"condition\":\"n\"}"), INPUT,
        500, FAILED("invalid response"));
    answers(ROOT("Sequence", S("missing")), INPUT, 500,
        FAILED("there is no service 'missing'"));
    answers(ROOT("Sequence", S("gone") "," S("echo")), INPUT, 500, FAILED("gone"));
    answers(ROOT("Sequence", ""), INPUT, 500, FAILED("the node has no steps"));
}
END_TEST

#define MAPS(name) "{\"serviceUrl\":\"" name "\",\"mapPredictionsToInstances\":true}"
#define MAPS_RESPONSE(name)                                                            \
    "{\"serviceUrl\":\"" name "\",\"mapPredictionsToInstances\":true,"                 \
    "\"data\":\"$response\"}"

/* mapPredictionsToInstances: what Go's decoder takes for a struct of two lists. */
START_TEST(predictions_become_instances)
{
    static const struct {
        const char *from, *to;
    } rows[] = {
        {"{\"predictions\":[\"test\",\"test2\"]}",
            "{\"instances\":[\"test\",\"test2\"]}"},
        {"{\"Predictions\":[1.5],\"instances\":[2],\"id\":\"a\"}",
            "{\"instances\":[1.5]}"},
        {"{\"predictions\":[1],\"instances\":null}", "{\"instances\":[1]}"},
        {"{\"predictions\":\"1\"}", "{\"predictions\":\"1\"}"},
        {"{\"predictions\":[1],\"instances\":3}",
            "{\"predictions\":[1],\"instances\":3}"},
        {"{\"predictions\":[]}", "{\"predictions\":[]}"},
        {"{\"predictions\":null}", "{\"predictions\":null}"},
        {"[1]", "[1]"},
        {"no JSON", "no JSON"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        answers(ROOT("Sequence", MAPS("echo")), rows[i].from, 200, rows[i].to);
        answers(ROOT("Sequence", S("echo") "," MAPS_RESPONSE("echo")), rows[i].from,
            200, rows[i].to);
    }
    answers(ROOT("Sequence", S("two") "," MAPS_RESPONSE("echo")), INPUT, 200,
        "{\"instances\":[2]}");
    answers(ROOT("Sequence", S("two") "," MAPS("echo")), "{\"predictions\":[7]}", 200,
        "{\"instances\":[7]}");
    answers(ROOT("Sequence",
                S("two") ",{\"serviceUrl\":\"echo\",\"data\":\"$response\","
                         "\"mapPredictionsToInstances\":true,\"condition\":\"n\"}"),
        INPUT, 200, "{\"instances\":[2]}");
}
END_TEST

/* TestInferenceGraphWithCondition of KServe, its answers by echoes and constants. */
START_TEST(nodes_with_conditions)
{
#define ANIMALS                                                                        \
    ROOT("Sequence",                                                                   \
        "{\"nodeName\":\"animal\"},{\"nodeName\":\"breed\",\"condition\":"             \
        "\"predictions.#(label==\\\"dog\\\")\"}")                                      \
    NODE("animal", "Switch",                                                           \
        "{\"serviceUrl\":\"{\\\"predictions\\\":[{\\\"label\\\":\\\"cat\\\"}]}\","     \
        "\"condition\":\"instances.#(modelId==\\\"1\\\")\"},"                          \
        "{\"serviceUrl\":\"{\\\"predictions\\\":[{\\\"label\\\":\\\"dog\\\"}]}\","     \
        "\"condition\":\"instances.#(modelId==\\\"2\\\")\"}")                          \
    NODE("breed", "Ensemble",                                                          \
        "{\"name\":\"model3\",\"serviceUrl\":\"{\\\"label\\\":\\\"beagle\\\"}\"},"     \
        "{\"name\":\"model4\",\"serviceUrl\":\"{\\\"label\\\":\\\"poodle\\\"}\"}")
    answers(ANIMALS, "{\"instances\":[{\"modelId\":\"2\"}]}", 200,
        "{\"model3\":{\"label\":\"beagle\"},\"model4\":{\"label\":\"poodle\"}}");
    answers(ANIMALS, "{\"instances\":[{\"modelId\":\"1\"}]}", 200,
        "{\"predictions\":[{\"label\":\"cat\"}]}");
    answers(ANIMALS, "{\"instances\":[{\"modelId\":\"3\"}]}", 500,
        FAILED("None of the routes matched with the switch condition"));
}
END_TEST

static void passes_on(const char *propagate, const char *expected)
{
    static const kf_header headers[] = {{"Host", "x"}, {"Content-Length", "17"},
        {"authorization", "Bearer Token"}, {"Test-Header-1", "a"},
        {"test-header-2", "b"}, {"TEST-HEADER-1", "c"}, {"X-Other", "d"}};
    kf_backend *graph = make_with(ROOT("Sequence", S("headers")), "", propagate);
    test_call made;
    test_call_init(&made, "/", INPUT);
    made.call.headers = headers;
    made.call.header_count = sizeof headers / sizeof *headers;
    kf__serve(graph, &made.call);
    char whole[512];
    (void)snprintf(whole, sizeof whole,
        "%sContent-Type=application/json;Kf-Graph-Depth=1;", expected);
    is_answer(&made, 200, whole);
    ck_assert_str_eq(made.call.reply.content_type, "text/x-headers");
    test_call_finish(&made);
    kf__backend_free(graph);
}

/* The cases of KServe's TestCallServiceWhen…: names as Go writes them. */
START_TEST(headers_go_along)
{
    passes_on(NULL, "");
    passes_on("", "");
    passes_on(",", "");
    passes_on("X-Other", "X-Other=d;");
    passes_on("X-Other,Authorization", "Authorization=Bearer Token;X-Other=d;");
    passes_on("Test-Header-*,Auth*", "Authorization=Bearer Token;Test-Header-1=a;"
                                     "Test-Header-2=b;Test-Header-1=c;");
    passes_on("Test-Header-[0-9,Auth*", "Authorization=Bearer Token;");
    passes_on("test-header-1", "");
    passes_on("(?i)^test-header-1$", "Test-Header-1=a;Test-Header-1=c;");
    passes_on(".", "Authorization=Bearer Token;Test-Header-1=a;Test-Header-2=b;"
                   "Test-Header-1=c;X-Other=d;");
}
END_TEST

START_TEST(content_type_goes_along)
{
    static const kf_header type = {"content-type", "application/octet-stream"};
    kf_backend *graph = make_with(ROOT("Sequence", S("headers")), "", "^Content-");
    test_call made;
    test_call_init(&made, "/", INPUT);
    made.call.headers = &type;
    made.call.header_count = 1;
    kf__serve(graph, &made.call);
    is_answer(&made, 200, "Content-Type=application/octet-stream;Kf-Graph-Depth=1;");
    test_call_finish(&made);
    kf__backend_free(graph);
}
END_TEST

/* A step that takes too long is a transport error, whatever depends on it; a graph that
 * takes too long has no answer, whatever its steps said. */
START_TEST(timeouts)
{
    static const char step[] = FAILED("the step took too long");
    static const char graph[] = FAILED("the graph took too long");
    static const char late[] = ROOT("Sequence", S("late") "," S("echo"));
    answers_with(late, "\"routerTimeouts\":{\"serviceClient\":1},", INPUT, 500, step);
    answers_with(late, "\"routerTimeouts\":{\"serverWrite\":1},", INPUT, 504, graph);
    answers_with(ROOT("Ensemble", S("late") "," S("echo")),
        "\"timeout\":1,\"routerTimeouts\":{\"serverWrite\":0},", INPUT, 504, graph);
    /* Without any of them 60 seconds. */
    kf_backend *made = make(ROOT("Sequence", S("held")));
    test_call call;
    test_backend_init(&held, "{}", true);
    test_call_init(&call, "/", INPUT);
    int64_t before = kf__monotonic_ns();
    kf__serve(made, &call.call);
    int64_t deadline = held.held[0]->deadline_ns;
    ck_assert_int_ge(deadline, before + 60000000000);
    ck_assert_int_le(deadline, kf__monotonic_ns() + 60000000000);
    test_backend_release(&held);
    is_answer(&call, 200, "{}");
    test_call_finish(&call);
    kf__backend_free(made);
}
END_TEST

START_TEST(switches)
{
#define CHOICE                                                                         \
    "{\"serviceName\":\"two\",\"condition\":\"[@this].#(kind==\\\"a\\\")\"},"          \
    "{\"serviceName\":\"bad\",\"condition\":\"[@this].#(kind==\\\"b\\\")\"}"
    static const char none[] =
        FAILED("None of the routes matched with the switch condition");
    answers(ROOT("Switch", CHOICE), "{\"kind\":\"a\"}", 200,
        "{\"predictions\":[2],\"n\":1}");
    answers(ROOT("Switch", CHOICE), "{\"kind\":\"b\"}", 503, "{\"error\":\"bad\"}");
    answers(ROOT("Switch", CHOICE), "{\"kind\":\"c\"}", 404, none);
    answers(ROOT("Switch", CHOICE), "no JSON", 404, none);
    answers(ROOT("Sequence", "{\"nodeName\":\"n\"}") NODE("n", "Switch", CHOICE),
        "{\"kind\":\"c\"}", 500, none);
}
END_TEST

START_TEST(splitter)
{
    answers(ROOT("Splitter", "{\"serviceName\":\"bad\",\"weight\":0},"
                             "{\"serviceName\":\"echo\",\"weight\":100}"),
        INPUT, 200, INPUT);
    asked = 0;
    for (int i = 0; i < 20; i++)
        answers(ROOT("Splitter", "{\"serviceName\":\"echo\",\"weight\":50},"
                                 "{\"serviceUrl\":\"echo\",\"weight\":50}"),
            INPUT, 200, INPUT);
    ck_assert_uint_eq(asked, 20);
}
END_TEST

START_TEST(ensemble)
{
    answers(ROOT("Ensemble",
                "{\"name\":\"a\",\"serviceName\":\"two\"}," S("echo") "," S("bad")),
        INPUT, 200,
        "{\"a\":{\"predictions\":[2],\"n\":1},\"1\":" INPUT
        ",\"2\":{\"error\":\"bad\"}}");
    answers(
        ROOT("Ensemble", S("two") ",{\"serviceName\":\"bad\",\"dependency\":\"Hard\"}"),
        INPUT, 503, "{\"error\":\"bad\"}");
    answers(ROOT("Ensemble", S("two") "," S("text")), INPUT, 500,
        FAILED("the answer of a step of an Ensemble is no JSON"));
}
END_TEST

/* The steps of an ensemble are all asked before one of them answers. */
START_TEST(answered_later)
{
    kf_backend *graph = make(ROOT("Sequence",
        "{\"nodeName\":\"both\"},{\"serviceName\":\"echo\",\"data\":"
        "\"$response\"}") NODE("both", "Ensemble", S("held") "," S("held")));
    test_call made;
    test_backend_init(&held, "{}", true);
    test_call_init(&made, "/", INPUT);
    kf__serve(graph, &made.call);
    ck_assert_uint_eq(held.count, 2);
    kf__backend_free(graph); /* Requests go on. */
    test_backend_release(&held);
    ck_assert_int_eq(made.done, 0);
    test_backend_release(&held);
    is_answer(&made, 200, "{\"0\":{},\"1\":{}}");
    test_call_finish(&made);
}
END_TEST

START_TEST(circles_end)
{
    static const char many[] = FAILED("the graph has too many steps");
    answers(ROOT("Sequence", "{\"nodeName\":\"root\"}"), INPUT, 500, many);
    answers(ROOT("Ensemble", "{\"nodeName\":\"root\"},{\"nodeName\":\"root\"}"), INPUT,
        500, many);
    kf_backend *graph = make(ROOT("Sequence", S("echo")));
    test_call made;
    kf_header depth = {"kf-graph-depth", "16"};
    test_call_init(&made, "/", INPUT);
    made.call.headers = &depth;
    made.call.header_count = 1;
    kf__serve(graph, &made.call);
    is_answer(&made, 508, "{\"error\":\"graphs lead to each other 16 times\"}");
    test_call_finish(&made);
    kf__backend_free(graph);
}
END_TEST

/* Steps that answer at once do not pile up on the stack. */
START_TEST(long_sequence)
{
    kf_buf nodes = KF__BUF_INIT;
    kf__buf_puts(
        &nodes, "{\"nodes\":{\"root\":{\"routerType\":\"Sequence\",\"steps\":[");
    for (int i = 0; i < 5000; i++)
        kf__buf_puts(&nodes, i > 0 ? "," S("echo") : S("echo"));
    kf__buf_puts(&nodes, "]}}}");
    kf_tree tree = KF__TREE_INIT;
    kf_value *spec;
    kf_backend *graph;
    test_call made;
    ck_ok(kf__json_read(&tree, nodes.data, nodes.length, &spec));
    ck_ok(kf__backend_graph(spec, NULL, find, NULL, &graph));
    asked = 0;
    test_call_init(&made, "/", INPUT);
    kf__serve(graph, &made.call);
    is_answer(&made, 200, INPUT);
    ck_assert_uint_eq(asked, 5000);
    test_call_finish(&made);
    kf__backend_free(graph);
    kf__tree_finish(&tree);
    kf__buf_finish(&nodes);
}
END_TEST

KF_TEST_MAIN("serving/backend_graph", sequence, predictions_become_instances,
    nodes_with_conditions, headers_go_along, content_type_goes_along, timeouts,
    switches, splitter, ensemble, answered_later, circles_end, long_sequence)
