/* SPDX-License-Identifier: Apache-2.0 */
/* Expected answers are what cmd/router/main.go of KServe 0.20 gives. */
#include "serving/backend_graph.h"

#include "call_test.h"
#include "io/json.h"

/* A service answers "echo" with its path and what it was sent, the others by name. */
static test_backend held;
static size_t asked;

static void reply_serve(kf_backend *self, kf_call *call)
{
    const char *name = call->path;
    (void)self;
    asked++;
    ck_assert_str_eq(call->method, "POST");
    ck_assert_str_eq(kf__call_header(call, "content-type"), "application/json");
    if (strcmp(name, "echo") == 0)
        kf__buf_append(&call->reply.body, call->body, call->body_length);
    else if (strcmp(name, "two") == 0)
        kf__buf_puts(&call->reply.body, "{\"predictions\":[2],\"n\":1}");
    else if (strcmp(name, "bad") == 0)
        kf__buf_puts(&call->reply.body, "{\"error\":\"bad\"}");
    else
        kf__buf_puts(&call->reply.body, name);
    call->reply.status = strcmp(name, "bad") == 0    ? 503
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

static kf_backend *make(const char *nodes)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *spec;
    kf_backend *graph;
    char text[4096];
    (void)snprintf(text, sizeof text, "{\"nodes\":{%s}}", nodes);
    ck_ok(kf__json_read(&tree, text, strlen(text), &spec));
    ck_ok(kf__backend_graph(spec, find, NULL, &graph));
    kf__tree_finish(&tree);
    return graph;
}

static void is_answer(const test_call *made, int status, const char *body)
{
    ck_assert_int_eq(made->done, 1);
    ck_assert_str_eq(kf__buf_text(&made->call.reply.body), body);
    ck_assert_int_eq(made->call.reply.status, status);
}

static void answers(const char *nodes, const char *input, int status, const char *body)
{
    kf_backend *graph = make(nodes);
    test_call made;
    test_call_init(&made, "/any", input);
    kf__serve(graph, &made.call);
    is_answer(&made, status, body);
    test_call_finish(&made);
    kf__backend_free(graph);
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
        INPUT, 200, "{\"instances\":[2],\"n\":1}");
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
    ck_ok(kf__backend_graph(spec, find, NULL, &graph));
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

KF_TEST_MAIN("serving/backend_graph", sequence, switches, splitter, ensemble,
    answered_later, circles_end, long_sequence)
