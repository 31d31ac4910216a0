/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/expr.h"

#include "kf_test.h"

#include <string.h>

#include "base/mem.h"

static const char parameters[] =
    "{\"i\": 3, \"d\": 0.25, \"whole\": 3.0, \"s\": \"heads\", \"t\": true, \"n\": "
    "\"7\", "
    "\"quote\": \"it's\", \"big\": 9007199254740993, \"list\": [1, \"a\", {\"k\": 2}], "
    "\"map\": {\"a\": {\"b\": [5]}}, \"none\": null, \"json\": \"{\\\"a\\\": [1, "
    "2]}\"}";

static kf_value *inputs;

static void setup(void)
{
    if (inputs == NULL)
        ck_ok(kf_value_parse(parameters, strlen(parameters), &inputs));
}

static kf_status evaluate(const char *text, kf_tree *tree, kf_value **out)
{
    kf_expr *expr;
    kf_status status = kf__expr_parse(text, strlen(text), &expr);
    if (status != KF_OK)
        return status;
    status = kf__expr_eval(expr, inputs, tree, out);
    kf__expr_free(expr);
    return status;
}

static char *result_of(const char *text)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *value;
    char *json;
    setup();
    kf_status status = evaluate(text, &tree, &value);
    ck_assert_msg(status == KF_OK, "%s: %s", text, kf_last_error()->message);
    ck_ok(kf_value_write(value, KF_JSON_COMPACT, &json));
    kf__tree_finish(&tree);
    return json;
}

static void check_result(const char *text, const char *expected)
{
    char *json = result_of(text);
    ck_assert_msg(
        strcmp(json, expected) == 0, "%s: %s instead of %s", text, json, expected);
    kf_text_free(json);
}

static void check_fault(
    const char *text, kf_status status, const char *message, int column)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *value;
    setup();
    kf_status found = evaluate(text, &tree, &value);
    ck_assert_msg(found == status, "%s: %s: %s", text, kf_status_name(found),
        kf_last_error()->message);
    ck_assert_msg(strstr(kf_last_error()->message, message) != NULL, "%s: %s", text,
        kf_last_error()->message);
    ck_assert_msg(kf_last_error()->column == column, "%s: column %d: %s", text,
        kf_last_error()->column, kf_last_error()->message);
    kf__tree_finish(&tree);
}

typedef struct expectation {
    const char *text;
    const char *result;
} expectation;

static void check_all(const expectation *expected, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_result(expected[i].text, expected[i].result);
}
#define CHECK_ALL(table) check_all(table, sizeof table / sizeof *table)

/* Forms that KFP's compiler writes (pipeline_spec_builder.py), over the parameters
 * above. */
START_TEST(conditions_of_kfp)
{
    static const expectation table[] = {
        {"int(inputs.parameter_values['i']) == 3", "true"},
        {"int(inputs.parameter_values['whole']) == 3", "true"},
        {"int(inputs.parameter_values['i']) > 5", "false"},
        {"inputs.parameter_values['s'] == 'heads'", "true"},
        {"inputs.parameter_values['s'] != 'heads'", "false"},
        {"inputs.parameter_values['t'] == true", "true"},
        {"inputs.parameter_values['d'] < 0.5", "true"},
        {"double(int(inputs.parameter_values['i'])) >= inputs.parameter_values['d']",
            "true"},
        {"inputs.parameter_values['n'] == '7'", "true"},
        {"!(inputs.parameter_values['s'] == 'heads')", "false"},
        {"!(int(inputs.parameter_values['i']) < 2) && "
         "!(int(inputs.parameter_values['i']) > 2)",
            "false"},
        {"int(inputs.parameter_values[\"i\"]) <= int(inputs.parameter_values.whole)",
            "true"},
        {"inputs.parameter_values['i'] == 3", "true"},
        {"inputs.parameter_values['quote'] == 'it\\'s'", "true"},
        {"inputs.parameter_values['quote'] == \"it's\"", "true"},
    };
    CHECK_ALL(table);
}
END_TEST

/* The conformance rules of the CEL specification that concern this subset. */
START_TEST(operators)
{
    static const expectation table[] = {
        {"1 + 2 * 3", "7"},
        {"(1 + 2) * 3", "9"},
        {"7 / 2", "3"},
        {"-7 / 2", "-3"},
        {"-7 % 3", "-1"},
        {"7.0 / 2.0", "3.5"},
        {"-(2.5)", "-2.5"},
        {"'a' + 'b' + 'c'", "\"abc\""},
        {"[1] + [2, 'x']", "[1,2,\"x\"]"},
        {"1 == 1.0", "true"},
        {"1 < 1.5", "true"},
        {"2 > 1.5", "true"},
        {"'a' < 'b'", "true"},
        {"'a' < 'ab'", "true"},
        {"false < true", "true"},
        {"2 in [1, 2]", "true"},
        {"'z' in ['x']", "false"},
        {"'s' in inputs.parameter_values", "true"},
        {"'zz' in inputs.parameter_values", "false"},
        {"1 in inputs.parameter_values['list']", "true"},
        {"true ? 1 : 2", "1"},
        {"false ? 1 : true ? 2 : 3", "2"},
        {"!true || true", "true"},
        {"1 < 2 == true", "true"},
        {"[1, 2][1]", "2"},
        {"inputs.parameter_values['list'][2].k", "2"},
        {"inputs.parameter_values.map.a['b'][0]", "5"},
        {"null == null", "true"},
        {"inputs.parameter_values.none == null", "true"},
        {"inputs.parameter_values.s == 1", "false"},
        {"[1, 2.0] == [1.0, 2]", "true"},
        {"9223372036854775807", "9223372036854775807"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"0x1F", "31"},
        {"1e3", "1000.0"},
        {".5", "0.5"},
        {"1 // a remark", "1"},
    };
    CHECK_ALL(table);
}
END_TEST

START_TEST(strings)
{
    static const expectation table[] = {
        {"'a\\n\\t\\\\\\'\\\"'", "\"a\\n\\t\\\\'\\\"\""},
        {"'\\x41\\u00e9\\U0001F600\\101'", "\"A\303\251\360\237\230\200A\""},
        {"r'a\\n'", "\"a\\\\n\""},
        {"'''it's\n\"x\"'''", "\"it's\\n\\\"x\\\"\""},
        {"\"\"", "\"\""},
        {"size('\303\251a')", "2"},
    };
    CHECK_ALL(table);
}
END_TEST

START_TEST(functions)
{
    static const expectation table[] = {
        {"int('42')", "42"},
        {"int(3.99)", "3"},
        {"int(-3.99)", "-3"},
        {"double('0.5')", "0.5"},
        {"double(2)", "2.0"},
        {"string(12)", "\"12\""},
        {"string(true)", "\"true\""},
        {"string(0.5)", "\"0.5\""},
        {"string(3.0)", "\"3\""},
        {"string(1000000.0)", "\"1e+06\""},
        {"string(0.00001)", "\"1e-05\""},
        {"string(0.0001)", "\"0.0001\""},
        {"string(123456.5)", "\"123456.5\""},
        {"string(1.5e300)", "\"1.5e+300\""},
        {"string(-2.0)", "\"-2\""},
        {"string(0.0)", "\"0\""},
        {"string(100.0)", "\"100\""},
        {"bool('true')", "true"},
        {"bool('F')", "false"},
        {"size([1, 2, 3])", "3"},
        {"size(inputs.parameter_values['map'])", "1"},
        {"has(inputs.parameter_values.s)", "true"},
        {"has(inputs.parameter_values.zz)", "false"},
        {"has(inputs.parameter_values.map.zz)", "false"},
        {"parseJson('{\"a\": {\"b\": 1}}')[\"a\"].b", "1"},
        {"parseJson(inputs.parameter_values['json'])['a'][1] == 2", "true"},
    };
    CHECK_ALL(table);
}
END_TEST

/* An integer parameter keeps its 64 bits where a double would lose them. */
START_TEST(wide_integers)
{
    check_result("inputs.parameter_values['big'] == 9007199254740993", "true");
    check_result("inputs.parameter_values['big'] == 9007199254740992.0", "false");
    check_result("inputs.parameter_values['big'] > 9007199254740992.0", "true");
    check_result("int(inputs.parameter_values['big'])", "9007199254740993");
}
END_TEST

/* CEL: && and || make up for an error where the other side decides. */
START_TEST(absorbs_errors)
{
    check_result("1 / 0 == 1 && false", "false");
    check_result("false && 1 / 0 == 1", "false");
    check_result("1 / 0 == 1 || true", "true");
    check_result("inputs.parameter_values['zz'] == 1 || true || 1 / 0 == 1", "true");
    check_fault("1 / 0 == 1 && true", KF_ETYPE, "division by zero", 3);
    check_fault(
        "false || inputs.parameter_values.zz", KF_EMISSING, "'zz' has no value", 33);
    kf_clear_error();
    check_result("1 / 0 == 1 || true", "true");
    ck_assert_int_eq(kf_last_error()->code, KF_OK);
}
END_TEST

START_TEST(never_silent)
{
    check_fault(
        "inputs.parameter_values['zz'] == 'a'", KF_EMISSING, "'zz' has no value", 24);
    check_fault(
        "inputs.parameter_values['s'] < 3", KF_ETYPE, "a string and an integer", 30);
    check_fault("int(inputs.parameter_values['s']) == 3", KF_ETYPE, "'heads'", 1);
    check_fault("int(inputs.parameter_values['t']) == 3", KF_ETYPE, "a boolean", 1);
    check_fault("inputs.parameter_values['i'] + 1 == 4", KF_ETYPE, "int(", 30);
    check_fault("inputs.parameter_values['i'] && true", KF_ETYPE, "a double", 24);
    check_fault("!inputs.parameter_values['s']", KF_ETYPE, "a string", 1);
    check_fault("9223372036854775807 + 1", KF_ETYPE, "64 bits", 21);
    check_fault("-(-9223372036854775807 - 1)", KF_ETYPE, "64 bits", 1);
    check_fault("int(1e300)", KF_ETYPE, "64 bits", 1);
    check_fault("1.0 / 0.0", KF_ETYPE, "finite", 5);
    check_fault("[1][1]", KF_EMISSING, "1 items", 4);
    check_fault("parseJson('{')", KF_EPARSE, "parseJson", 1);
    check_fault("inputs.parameter_values.map.zz", KF_EMISSING, "'zz'", 28);
    check_fault("string_value", KF_EMISSING, "parameter_values", 1);
}
END_TEST

/* What can never agree is refused before it runs. */
START_TEST(static_types)
{
    check_fault("int(inputs.parameter_values['i']) == 'a'", KF_ETYPE,
        "an integer and a string", 35);
    check_fault("1 && true", KF_ETYPE, "an integer", 3);
    check_fault("'a' < 1", KF_ETYPE, "a string and an integer", 5);
    check_fault("1 + 1.0", KF_ETYPE, "an integer and a double", 3);
    check_fault("1.0 % 2.0", KF_ETYPE, "a double", 5);
    check_fault("!1", KF_ETYPE, "an integer", 1);
    check_fault("-'a'", KF_ETYPE, "a string", 1);
    check_fault("1 ? 2 : 3", KF_ETYPE, "an integer", 3);
    check_fault("int(true)", KF_ETYPE, "a boolean", 1);
    check_fault("'a'['b']", KF_ETYPE, "a string", 4);
    check_fault("1 in 'abc'", KF_ETYPE, "a string", 3);
}
END_TEST

START_TEST(malformed)
{
    check_fault("", KF_EPARSE, "the expression ends", 1);
    check_fault("1 +", KF_EPARSE, "the expression ends", 4);
    check_fault("1 2", KF_EPARSE, "an operator expected", 3);
    check_fault("(1", KF_EPARSE, "')' expected", 3);
    check_fault("'a", KF_EPARSE, "does not end", 1);
    check_fault("'a\nb'", KF_EPARSE, "does not end", 1);
    check_fault("'\\q'", KF_EPARSE, "escape", 2);
    check_fault("'\\ud800'", KF_EPARSE, "no character", 2);
    check_fault("a == 1", KF_EPARSE, "unknown name 'a'", 1);
    check_fault("1 = 2", KF_EPARSE, "'=='", 3);
    check_fault("1 & 2", KF_EPARSE, "'&&'", 3);
    check_fault("foo(1)", KF_EPARSE, "unknown function 'foo'", 1);
    check_fault("int(1, 2)", KF_EPARSE, "one argument", 1);
    check_fault("inputs.parameters['x']", KF_EPARSE, ".parameter_values", 1);
    check_fault("has(1)", KF_EPARSE, "has()", 1);
    check_fault("99999999999999999999", KF_EPARSE, "too large", 1);
    check_fault("9223372036854775808", KF_EPARSE, "too large", 1);
    check_fault("1u", KF_EPARSE, "'u'", 2);
    check_fault("1e999", KF_EPARSE, "out of range", 1);
    check_fault("b'x'", KF_EPARSE, "bytes", 1);
    check_fault("1 # 2", KF_EPARSE, "'#'", 3);
    check_fault("inputs.parameter_values['it's']", KF_EPARSE, "quote", 29);
    check_fault("true &&\n1", KF_ETYPE, "an integer", 6);
    ck_assert_int_eq(kf_last_error()->line, 1);
    check_fault("true &&\n ]", KF_EPARSE, "a value expected", 2);
    ck_assert_int_eq(kf_last_error()->line, 2);
}
END_TEST

static char *repeat(
    const char *before, const char *middle, const char *after, size_t times)
{
    kf_buf buf = KF__BUF_INIT;
    char *text;
    for (size_t i = 0; i < times; i++)
        kf__buf_puts(&buf, before);
    kf__buf_puts(&buf, middle);
    for (size_t i = 0; i < times; i++)
        kf__buf_puts(&buf, after);
    ck_ok(kf__buf_take(&buf, &text));
    return text;
}

static void check_limit(const char *before, const char *middle, const char *after)
{
    char *text = repeat(before, middle, after, 100000);
    kf_expr *expr;
    ck_fails(kf__expr_parse(text, strlen(text), &expr), KF_ELIMIT, "limit");
    kf_text_free(text);
}

START_TEST(limits)
{
    check_limit("(", "1", ")");
    check_limit("!", "true", "");
    check_limit("[", "", "]");
    check_limit("", "1", " + 1");
    check_limit("", "inputs.parameter_values", ".x");
    check_limit("true ? 1 : ", "2", "");
    check_limit("int(", "1", ")");
    char *chain = repeat("true && ", "false", " || false", 20000);
    check_result(chain, "false");
    kf_text_free(chain);
}
END_TEST

START_TEST(names_read)
{
    static const char text[] =
        "inputs.parameter_values['a'] == inputs.parameter_values.b && "
        "inputs.parameter_values['a'] == string(1)";
    kf_expr *expr;
    ck_ok(kf__expr_parse(text, strlen(text), &expr));
    ck_assert_str_eq(kf__expr_input(expr, 0), "a");
    ck_assert_str_eq(kf__expr_input(expr, 1), "b");
    ck_assert_ptr_null(kf__expr_input(expr, 2));
    ck_assert(kf__expr_is_condition(expr));
    kf__expr_free(expr);
    ck_ok(kf__expr_parse("1 + 1", 5, &expr));
    ck_assert(!kf__expr_is_condition(expr));
    bool out;
    ck_fails(kf__expr_condition(expr, inputs, &out), KF_ETYPE, "an integer");
    kf__expr_free(expr);
    kf__expr_free(NULL);
}
END_TEST

static void check_selected(const char *selector, const char *json, const char *expected)
{
    kf_value *value;
    kf_value *found;
    kf_expr *expr;
    char *text;
    kf_tree tree = KF__TREE_INIT;
    ck_ok(kf_value_parse(json, strlen(json), &value));
    ck_ok(kf__expr_parse(selector, strlen(selector), &expr));
    ck_ok(kf__expr_select(expr, value, &tree, &found));
    ck_ok(kf_value_write(found, KF_JSON_COMPACT, &text));
    ck_assert_str_eq(text, expected);
    kf_text_free(text);
    kf__tree_finish(&tree);
    kf__expr_free(expr);
    kf_value_free(value);
}

START_TEST(selectors)
{
    check_selected("parseJson(string_value)[\"a\"]", "{\"a\": 1, \"b\": 2}", "1");
    check_selected(
        "parseJson(string_value)[\"a\"]", "\"{\\\"a\\\": \\\"x\\\"}\"", "\"x\"");
    check_selected("parseJson(string_value)[1]", "[4, 5]", "5");
    check_selected("struct_value.a", "{\"a\": [1]}", "[1]");
    check_selected("string_value", "{\"a\": 1}", "\"{\\\"a\\\":1}\"");
    check_selected("number_value / 2.0", "3", "1.5");
}
END_TEST

START_TEST(conditions)
{
    static const char text[] = "inputs.parameter_values['s'] == 'heads'";
    kf_expr *expr;
    bool out = false;
    setup();
    ck_ok(kf__expr_parse(text, strlen(text), &expr));
    ck_ok(kf__expr_condition(expr, inputs, &out));
    ck_assert(out);
    kf__expr_free(expr);
    ck_ok(kf__expr_parse("inputs.parameter_values.i", 25, &expr));
    ck_fails(kf__expr_condition(expr, inputs, &out), KF_ETYPE, "true or false");
    ck_fails(kf__expr_condition(expr, NULL, &out), KF_EMISSING, "no parameters");
    kf__expr_free(expr);
}
END_TEST

START_TEST(survives_lack_of_memory)
{
    static const char text[] =
        "size(string(parseJson('{\"a\": [1]}').a[0]) + 'x' + 'long text') > 0 && "
        "1 in [1, 2] + [int(inputs.parameter_values['i'])] && 1 / 0 == 1 || true";
    setup();
    for (long n = 0;; n++) {
        kf_tree tree = KF__TREE_INIT;
        kf_value *value;
        kf__mem_fail_after(n);
        kf_status status = evaluate(text, &tree, &value);
        kf__mem_fail_after(-1);
        kf__tree_finish(&tree);
        if (status == KF_OK)
            break;
        ck_assert_int_eq(status, KF_ENOMEM);
        ck_assert_int_eq(kf_last_error()->code, KF_ENOMEM);
        ck_assert_int_lt(n, 10000);
    }
}
END_TEST

KF_TEST_MAIN("expr", conditions_of_kfp, operators, strings, functions, wide_integers,
    absorbs_errors, never_silent, static_types, malformed, limits, names_read,
    selectors, conditions, survives_lack_of_memory)
