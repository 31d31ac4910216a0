/* SPDX-License-Identifier: Apache-2.0 */
#include "space_test.h"

#include "base/mem.h"
#include "search/metric.h"

static kf_buf seen;

/* "loss=0.5" or "loss=?(nan)", with "@nanoseconds" where there is a time. */
static kf_status record(void *payload, const kf_metric_record *one)
{
    kf__buf_printf(&seen, "%s=", one->name);
    if (isnan(one->value))
        kf__buf_printf(&seen, "?(%s)", one->text);
    else
        kf__buf_printf(&seen, "%g", one->value);
    if (one->time_ns != KF__NO_TIME)
        kf__buf_printf(&seen, "@%lld", (long long)one->time_ns);
    kf__buf_puts(&seen, "\n");
    return KF_OK;
}

static void note(void *payload, int64_t line, const char *message)
{
    kf__buf_printf(&seen, "line %lld: %.60s\n", (long long)line, message);
}

static void teardown(void)
{
    kf__buf_finish(&seen);
}

static const char *const names[] = {"loss", "accuracy", "val-loss"};

static kf_metric_parser *new_parser(kf_metric_format format, const char *filters)
{
    kf_metric_parser *parser = NULL;
    kf_value *list = filters == NULL ? NULL : json(filters);
    kf_metric_parser_options options = {.format = format,
        .filters = list,
        .names = names,
        .name_count = 3,
        .sink = record,
        .note = note};
    ck_ok(kf__metric_parser_new(&options, &parser));
    kf_value_free(list);
    return parser;
}

/* In pieces of some size: what is found must not depend on it. */
static void check_pieces(kf_metric_format format, const char *filters, const char *text,
    size_t length, size_t piece, const char *expected)
{
    kf_metric_parser *parser = new_parser(format, filters);
    kf__buf_truncate(&seen, 0);
    for (size_t at = 0; at < length; at += piece)
        ck_ok(kf__metric_parser_feed(
            parser, text + at, length - at < piece ? length - at : piece));
    ck_ok(kf__metric_parser_finish(parser));
    ck_assert_str_eq(kf__buf_text(&seen), expected);
    kf__metric_parser_free(parser);
}

static void gives(kf_metric_format format, const char *filters, const char *text,
    const char *expected)
{
    size_t length = strlen(text);
    check_pieces(format, filters, text, length, length + 1, expected);
    check_pieces(format, filters, text, length, 1, expected);
    check_pieces(format, filters, text, length, 7, expected);
}

#define TEXT KF__METRIC_TEXT, NULL

START_TEST(default_filter)
{
    gives(TEXT, "epoch 1: loss=0.5, accuracy = 0.9\n", "loss=0.5\naccuracy=0.9\n");
    gives(TEXT, "loss=0.5", "loss=0.5\n");
    gives(TEXT, "val-loss=1e-3\nval-loss=-2.5E+2 loss=.5\n",
        "val-loss=0.001\nval-loss=-250\nloss=0.5\n");
    gives(TEXT, "loss=nan\nloss=inf\nloss=abc\n", "loss=?()\nloss=?()\nloss=?()\n");
    gives(TEXT, "losses=1 xloss=2 loss: 3\n", "");
    gives(TEXT, "", "");
    gives(
        TEXT, "loss=1\r\nloss=2\rloss=3\n\nloss=4", "loss=1\nloss=2\nloss=3\nloss=4\n");
}
END_TEST

START_TEST(timestamps)
{
    gives(TEXT, "2023-11-14T22:13:20.123456789Z loss=0.5\n",
        "loss=0.5@1700000000123456789\n");
    gives(TEXT, "  2023-11-14T22:13:20Z accuracy=1 loss=0.5\n",
        "accuracy=1@1700000000000000000\nloss=0.5@1700000000000000000\n");
    gives(TEXT, "at 2023-11-14T22:13:20Z loss=0.5\n", "loss=0.5\n");
}
END_TEST

START_TEST(several_filters)
{
    gives(KF__METRIC_TEXT,
        "[\"{metricName: ([\\\\w|-]+), metricValue: ((-?\\\\d+)(\\\\.\\\\d+)?)}\", "
        "\"(\\\\w+): (\\\\S*)\"]",
        "{metricName: loss, metricValue: 0.25}\nloss: nan accuracy: 1.5\n",
        "loss=0.25\nloss=?(nan)\naccuracy=1.5\n");
    /* A group that takes no part is nothing, blanks around a value do not count. */
    gives(KF__METRIC_TEXT, "[\"(loss)(?:=( *\\\\d* *))?\"]", "loss= 7 ;\nloss\n",
        "loss=7\nloss=?()\n");
}
END_TEST

START_TEST(text_in_values)
{
    gives(KF__METRIC_TEXT, "[\"([\\\\w-]+)=(Genotype.*)\"]",
        "loss=Genotype(normal=[('skip', 1)])\n",
        "loss=?(Genotype(normal=[('skip', 1)]))\n");
}
END_TEST

START_TEST(bytes_that_are_no_text)
{
    static const char bytes[] = "\xff\xfe loss=1 \xc3\nl\0ss=2 loss=3\n\xe2\x82 loss=4";
    for (size_t piece = 1; piece < sizeof bytes; piece++)
        check_pieces(KF__METRIC_TEXT, NULL, bytes, sizeof bytes - 1, piece,
            "loss=1\nloss=3\nloss=4\n");
}
END_TEST

START_TEST(long_lines)
{
    enum { LENGTH = 300000 };
    char *text = kf__alloc(LENGTH + 1);
    memset(text, ' ', LENGTH);
    text[LENGTH] = '\0';
    memcpy(text, "loss=1", 6);
    memcpy(text + 200000, "loss=2", 6);
    memcpy(text + LENGTH - 8, "\nloss=3\n", 8);
    gives(TEXT, text,
        "line 1: the line is longer than 16 KiB: the rest of it is not read\n"
        "loss=1\nloss=3\n");
    kf__free(text);
}
END_TEST

START_TEST(explosions)
{
    kf_buf text = KF__BUF_INIT, expected = KF__BUF_INIT;
    for (int i = 0; i < 25; i++)
        kf__buf_puts(&text, "loss aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\n");
    for (int i = 1; i < 20; i++)
        kf__buf_printf(&expected,
            "line %d: a filter takes too many steps on this line, which it leaves \n",
            i);
    kf__buf_puts(&expected,
        "line 20: a filter takes too many steps on this line and many before i\n");
    kf_metric_parser *parser = new_parser(KF__METRIC_TEXT, "[\"(loss) ((a*)*[bc])\"]");
    ck_ok(kf__metric_parser_feed(parser, text.data, text.length));
    ck_ok(kf__metric_parser_finish(parser));
    ck_assert_str_eq(kf__buf_text(&seen), kf__buf_text(&expected));
    kf__metric_parser_free(parser);
    kf__buf_finish(&text);
    kf__buf_finish(&expected);
}
END_TEST

#define JSON KF__METRIC_JSON, NULL

START_TEST(json_lines)
{
    gives(JSON,
        "{\"loss\": \"0.5\", \"timestamp\": \"2023-11-14T22:13:20.5Z\", \"epoch\": 1}\n"
        "{\"accuracy\": 0.75, \"loss\": 2, \"timestamp\": 1700000000.5}\n",
        "loss=0.5@1700000000500000000\n"
        "loss=2@1700000000500000000\n"
        "accuracy=0.75@1700000000500000000\n");
    gives(JSON, "{\"loss\": \"0.5\", \"timestamp\": \"1700000000.25\"}\n",
        "loss=0.5@1700000000250000000\n");
    gives(JSON, "{\"loss\": 1, \"timestamp\": \"yesterday\"}\n{\"loss\": 2}\n",
        "loss=1\nloss=2\n");
    gives(JSON, "{\"loss\": true}\n{\"loss\": [1]}\n{\"loss\": \"nan\"}\n",
        "loss=?(true)\nloss=?([1])\nloss=?(nan)\n");
}
END_TEST

START_TEST(numbers_that_python_writes)
{
    gives(JSON,
        "{\"loss\": NaN, \"accuracy\": 1}\n{\"loss\": -Infinity}\n"
        "{\"loss\": Infinity, \"x\": \"NaN \\\" NaN\", \"accuracy\": 2}\n",
        "loss=?()\naccuracy=1\nloss=?(null)\nloss=?(null)\naccuracy=2\n");
}
END_TEST

START_TEST(bad_json)
{
    gives(JSON, "loss 1\n[\"loss\"]\n{\"loss\": 1}\n{\"loss\": 1\n",
        "line 1: not valid JSON: invalid token near 'loss'\n"
        "line 2: the line is no JSON object\n"
        "loss=1\n"
        "line 4: not valid JSON: '}' expected near end of file\n");
}
END_TEST

static kf_status stop(void *payload, const kf_metric_record *one)
{
    return KF_ECANCELED;
}

START_TEST(sinks_that_stop)
{
    kf_metric_parser *parser = NULL;
    kf_metric_parser_options options = {.names = names, .name_count = 1, .sink = stop};
    ck_ok(kf__metric_parser_new(&options, &parser));
    ck_assert_int_eq(kf__metric_parser_feed(parser, "loss=1\n", 7), KF_ECANCELED);
    kf__metric_parser_free(parser);
}
END_TEST

START_TEST(bad_filters)
{
    kf_metric_parser *parser = NULL;
    kf_value *one = json("[\"(a)\"]"), *bad = json("[\"(a)(\"]");
    kf_metric_parser_options options = {
        .filters = one, .names = names, .name_count = 1, .sink = record};
    ck_fails(kf__metric_parser_new(&options, &parser), KF_EINVAL, "needs two groups");
    options.filters = bad;
    ck_fails(kf__metric_parser_new(&options, &parser), KF_EPARSE, "column");
    kf_value_free(one);
    kf_value_free(bad);
}
END_TEST

static kf_status parse(kf_metric_format format, const char *text)
{
    kf_metric_parser *parser = NULL;
    kf_metric_parser_options options = {
        .format = format, .names = names, .name_count = 3, .sink = record};
    kf__buf_finish(&seen);
    kf_status status = kf__metric_parser_new(&options, &parser);
    if (status == KF_OK)
        status = kf__metric_parser_feed(parser, text, strlen(text));
    if (status == KF_OK)
        status = kf__metric_parser_finish(parser);
    kf__metric_parser_free(parser);
    return status == KF_OK ? seen.status : status;
}

START_TEST(out_of_memory)
{
    ck_survives_nomem(parse(KF__METRIC_TEXT, "loss=1 accuracy=2\nloss=3"));
    ck_survives_nomem(parse(KF__METRIC_JSON, "{\"loss\": 1, \"accuracy\": [2]}"));
}
END_TEST

KF_TEST_MAIN_WITH("search/metric_text", NULL, teardown, default_filter, timestamps,
    several_filters, text_in_values, bytes_that_are_no_text, long_lines, explosions,
    json_lines, numbers_that_python_writes, bad_json, sinks_that_stop, bad_filters,
    out_of_memory)
