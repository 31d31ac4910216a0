/* SPDX-License-Identifier: Apache-2.0 */
#include "json_test.h"

#include "base/gjson.h"

/* What GJSON's own documentation and Katib's conditions make of this. */
static const char document[] =
    "{\"status\": {\"phase\": \"Succeeded\", \"conditions\": ["
    "{\"type\": \"Complete\", \"status\": \"False\", \"n\": 1},"
    "{\"type\": \"Complete\", \"status\": \"True\", \"n\": 2, \"reason\": \"Done\"},"
    "{\"type\": \"Failed\", \"status\": \"False\", \"n\": 3}]},"
    "\"fav.movie\": \"Deer Hunter\", \"children\": [\"Sara\", \"Alex\", \"Jack\"]}";

static void gives_of(const char *text_of_value, const char *path, const char *expected)
{
    kf_value *value = json(text_of_value);
    kf_tree tree = KF__TREE_INIT;
    const kf_value *found = NULL;
    kf_buf text = KF__BUF_INIT;
    ck_ok(kf__gjson_check(path));
    ck_ok(kf__gjson_get(path, value, &tree, &found));
    if (found != NULL)
        kf__put_json(&text, found, KF_JSON_COMPACT);
    ck_assert_str_eq(kf__buf_text(&text), expected);
    kf__buf_finish(&text);
    kf__tree_finish(&tree);
    kf_value_free(value);
}

static void gives(const char *path, const char *expected)
{
    gives_of(document, path, expected);
}

START_TEST(names)
{
    gives("status.phase", "\"Succeeded\"");
    gives("status|phase", "\"Succeeded\"");
    gives("status.nothing", "");
    gives("fav\\.movie", "\"Deer Hunter\"");
    gives("children.1", "\"Alex\"");
    gives("children.3", "");
    gives("child*.2", "\"Jack\"");
    gives("c?ildren.0", "\"Sara\"");
    gives("children.#", "3");
    gives("@this.status.phase", "\"Succeeded\"");
}
END_TEST

START_TEST(queries)
{
    gives("status.conditions.#(type==\"Failed\").n", "3");
    gives("status.conditions.#(type==\"Complete\")#.n", "[1,2]");
    gives("status.conditions.#.type", "[\"Complete\",\"Complete\",\"Failed\"]");
    gives("status.conditions.#(n>1)#.n", "[2,3]");
    gives("status.conditions.#(n<=2)#|#", "2");
    gives("status.conditions.#(n!=2)#.n", "[1,3]");
    gives("status.conditions.#(type%\"Com*\")#.n", "[1,2]");
    gives("status.conditions.#(type!%\"Com*\")#.n", "[3]");
    gives("status.conditions.#(reason).n", "2");
    gives("children.#(==\"Alex\")", "\"Alex\"");
    gives("children.#(%\"*a*\")#", "[\"Sara\",\"Jack\"]");
    gives("status.conditions.#(type==\"None\")#", "[]");
    gives("status.conditions.#(type==\"None\")", "");
    gives("children.#(name==\"x\")#", "[]");
}
END_TEST

/* What gjson 1.18 gives for the same: what is found says how it is compared, with what
 * stands there as text. */
START_TEST(kinds)
{
    static const char all[] = "[1,\"1\",10,\"b\",true,false,null,[1],{\"a\":1}]";
    static const char *const rows[][2] = {{"#(==1)#", "[1,\"1\"]"},
        {"#(==\"1\")#", "[1,\"1\"]"}, {"#(!=1)#", "[10,\"b\",true,false]"},
        {"#(>\"a\")#", "[1,10,\"b\"]"}, {"#(<2)#", "[1,\"1\"]"},
        {"#(==true)#", "[true]"}, {"#(!=true)#", "[1,\"1\",10,\"b\",false]"},
        {"#(>=false)#", "[1,10,true]"}, {"#(<true)#", "[\"1\",\"b\",false]"},
        {"#(==null)#", "[]"}, {"#(%1*)#", "[\"1\"]"}, {"#(!%1*)#", "[\"b\"]"},
        {"#(>x)#", "[1,10]"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        gives_of(all, rows[i][0], rows[i][1]);
}
END_TEST

/* Of the names that fit, the first that leads somewhere. */
START_TEST(names_that_fit)
{
    static const char some[] = "{\"x\":\"text\",\"y\":{\"k\":1},\"z\":[{\"k\":2}]}";
    gives_of(some, "*.k", "1");
    gives_of(some, "*.0.k", "2");
    gives_of(some, "*.#", "1");
    gives_of(some, "*|k", "");
    gives_of(some, "*.n", "");
    gives_of(some, "?", "\"text\"");
    gives_of("{\"\xc3\xa9\":5}", "?", "5");
    gives_of("{\"\xc3\xa9\":5}", "??", "");
    gives_of("{\"a\xc3\xa9z\":5}", "a?z", "5");
}
END_TEST

static bool holds(const char *path, const char *status, const char **reason)
{
    static kf_tree tree;
    kf__tree_finish(&tree);
    kf_value *value = json(status);
    bool result;
    const kf_value *match;
    ck_ok(kf__gjson_holds(path, value, &tree, &result, &match));
    const char *text = kf__get_text(match, "reason");
    *reason = text == NULL ? NULL : kf__arena_strdup(&tree.arena, text);
    kf_value_free(value);
    return result;
}

START_TEST(conditions_of_katib)
{
    const char *reason;
    static const char job[] =
        "status.conditions.#(type==\"Complete\")#|#(status==\"True\")#";
    static const char argo[] = "status.[@this].#(phase==\"Succeeded\")#";
    ck_assert(holds(job, document, &reason));
    ck_assert_str_eq(reason, "Done");
    ck_assert(!holds("status.conditions.#(type==\"Failed\")#|#(status==\"True\")#",
        document, &reason));
    ck_assert(!holds(job, "{}", &reason));
    ck_assert(holds(argo, document, &reason));
    ck_assert(!holds(argo, "{\"status\": {\"phase\": \"Running\"}}", &reason));
    ck_assert(holds("status", document, &reason));
    ck_assert(!holds("status.phase", document, &reason));
    ck_assert_ptr_null(reason);
    (void)holds("status", "{}", &reason);
}
END_TEST

START_TEST(bad_paths)
{
    ck_fails(
        kf__gjson_check(""), KF_EPARSE, "column 1 of the path '': expected a name");
    ck_fails(kf__gjson_check("a..b"), KF_EPARSE, "column 3 of the path 'a..b'");
    ck_fails(kf__gjson_check("a."), KF_EPARSE, "column 3 of the path 'a.'");
    ck_fails(kf__gjson_check("a.#(b==\"x\""), KF_EPARSE, "a bracket is not closed");
    ck_fails(kf__gjson_check("a.#(b==\"x)#"), KF_EPARSE, "a quote is not closed");
    ck_fails(kf__gjson_check("a.#()#"), KF_EPARSE, "the query is empty");
    ck_fails(kf__gjson_check("a.#(b==)#"), KF_EPARSE, "a value to compare with");
    ck_fails(kf__gjson_check("a.#(b==\"x\")x"), KF_EPARSE, "expected '.' or '|'");
    ck_fails(kf__gjson_check("[a.b"), KF_EPARSE, "a bracket is not closed");
    ck_fails(kf__gjson_check("a.@reverse"), KF_EUNSUPPORTED, "no modifier but @this");
    ck_fails(kf__gjson_check("{a,b}"), KF_EUNSUPPORTED, "does not make objects");
    ck_fails(kf__gjson_check("a.#(b==~true)"), KF_EUNSUPPORTED, "'~'");
    ck_assert_int_eq(kf_last_error()->code, KF_EUNSUPPORTED);
}
END_TEST

START_TEST(deep_path)
{
    char path[1000] = "";
    for (int i = 0; i < 300; i++)
        path[i] = '[';
    for (int i = 300; i < 600; i++)
        path[i] = ']';
    ck_fails(kf__gjson_check(path), KF_ELIMIT, "within each other");
}
END_TEST

KF_TEST_MAIN("base/gjson", names, queries, kinds, names_that_fit, conditions_of_katib,
    bad_paths, deep_path)
