/* SPDX-License-Identifier: Apache-2.0 */
#include "io/json.h"
#include "model_test.h"
#include "oip_messages.h"
#include "serving/oip.h"

static kf_inference inference;
static kf_buf out;

static void setup(void)
{
    static const int8_t numbers[] = {-1, 5};
    static const int64_t two[] = {2};
    void *data;
    inference = KF__INFERENCE_INIT;
    inference.id = "7";
    out = KF__BUF_INIT;
    ck_ok(kf_inference_add_output(&inference, "o", KF_DATATYPE_INT8, two, 1, &data));
    memcpy(data, numbers, sizeof numbers);
}

static void teardown(void)
{
    kf__inference_finish(&inference);
    kf__buf_finish(&out);
}

static void ck_out(const char *expected, size_t length)
{
    ck_assert_uint_eq(out.length, length);
    ck_assert_mem_eq(out.data, expected, length);
}

static void add_text(void)
{
    static const int64_t one[] = {1};
    ck_ok(kf_inference_add_texts(&inference, "t", one, 1, (const char *[]){"hi"}));
}

static void add_half(void)
{
    static const int64_t one[] = {1, 1};
    void *data;
    ck_ok(kf_inference_add_output(&inference, "h", KF_DATATYPE_FP16, one, 2, &data));
    memcpy(data, "\0\x3c", 2);
}

START_TEST(writes_lists)
{
    add_text();
    ck_ok(kf__oip_write(&inference, "m", false, &out));
    ck_out(OIP_RESPONSE, sizeof OIP_RESPONSE - 1);
}
END_TEST

/* If it is asked for, and if there is a type that lists do not have. */
START_TEST(writes_raw)
{
    add_half();
    for (int raw = 0; raw < 2; raw++) {
        kf__buf_truncate(&out, 0);
        ck_ok(kf__oip_write(&inference, "m", raw, &out));
        ck_out(OIP_RAW_RESPONSE, sizeof OIP_RAW_RESPONSE - 1);
    }
}
END_TEST

START_TEST(writes_what_is_asked_for)
{
    kf_requested_output wanted = {.name = "t"}, none = {.name = "zz"};
    add_text();
    ck_ok(kf__vec_push(&inference.requested, wanted));
    ck_ok(kf__oip_write(&inference, "m", true, &out));
    static const char expected[] = "\x0a\x01m\x1a\x01\x37\x2a\x0d\x0a\x01t\x12\x05"
                                   "BYTES\x1a\x01\x01\x32\x06\x02\0\0\0hi";
    ck_out(expected, sizeof expected - 1);
    ck_ok(kf__vec_push(&inference.requested, none));
    ck_fails(kf__oip_write(&inference, "m", true, &out), KF_EINVAL,
        "Unexpected inference output 'zz' for model 'm'");
}
END_TEST

/* Whatever is read back as it was. */
START_TEST(writes_each_type)
{
    static const int64_t shape[] = {3};
    for (int type = KF_DATATYPE_BOOL; type <= KF_DATATYPE_BF16; type++) {
        if (type == KF_DATATYPE_BYTES || type == KF_DATATYPE_FP16 ||
            type == KF_DATATYPE_BF16)
            continue;
        void *data;
        kf_buf made = KF__BUF_INIT;
        kf_proto_field field = {0};
        kf_inference there = KF__INFERENCE_INIT, back = KF__INFERENCE_INIT;
        kf_oip_request request = {0};
        ck_ok(kf_inference_add_output(&there, "x", (kf_datatype)type, shape, 1, &data));
        size_t size = there.outputs.items[0].size;
        for (size_t i = 0; i < size; i++)
            ((unsigned char *)data)[i] =
                type == KF_DATATYPE_BOOL ? i % 2 : (unsigned char)(199 * i + 77);
        ck_ok(kf__oip_write(&there, "m", false, &made));
        kf_proto from = kf__proto_of(made.data, made.length);
        while (field.number != 5) /* The output, which is made as an input is. */
            ck_assert(kf__proto_read_field(&from, &field));
        kf_buf asked = KF__BUF_INIT;
        kf__proto_put_bytes(&asked, 5, field.data.at, kf__proto_length(field.data));
        ck_ok(kf__oip_read(
            &request, &back.arena, &back.tree, kf__proto_of(asked.data, asked.length)));
        ck_ok(kf__oip_read_tensors(&request, &back));
        ck_assert_mem_eq(back.inputs.items[0].data, data, size);
        kf__buf_finish(&asked);
        kf__buf_finish(&made);
        kf__oip_request_finish(&request);
        kf__inference_finish(&there);
        kf__inference_finish(&back);
    }
}
END_TEST

static void write_of(
    const char *json, kf_status (*write)(const kf_value *metadata, kf_buf *out))
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *value;
    ck_ok(kf__json_read(&tree, json, strlen(json), &value));
    ck_ok(write(value, &out));
    kf__tree_finish(&tree);
}

/* As protobuf writes them. */
START_TEST(writes_metadata)
{
    static const char model[] =
        "\x0a\x01\x6d\x12\x01\x31\x1a\x01\x70\x22\x16\x0a\x01\x69\x12\x04\x46\x50\x33"
        "\x32\x1a\x0b\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x03\x2a\x15\x0a\x01\x6f"
        "\x12\x04\x46\x50\x36\x34\x1a\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
    static const char server[] = "\x0a\x01\x73\x12\x01\x31\x1a\x01\x61\x1a\x01\x62";
    write_of(
        "{\"name\": \"m\", \"versions\": [\"1\"], \"platform\": \"p\", \"inputs\": "
        "[{\"name\": \"i\", \"datatype\": \"FP32\", \"shape\": [-1, 3]}], "
        "\"outputs\": [{\"name\": \"o\", \"datatype\": \"FP64\", \"shape\": "
        "[-1]}]}",
        kf__oip_of_model);
    ck_out(model, sizeof model - 1);
    kf__buf_truncate(&out, 0);
    write_of("{\"name\": \"s\", \"version\": \"1\", \"extensions\": [\"a\", \"b\"]}",
        kf__oip_of_server);
    ck_out(server, sizeof server - 1);
    kf__buf_truncate(&out, 0);
    write_of("{\"name\": \"m\", \"versions\": null, \"platform\": \"\", \"inputs\": "
             "7}",
        kf__oip_of_model);
    ck_out("\x0a\x01\x6d\x1a\x00", 5);
}
END_TEST

KF_TEST_MAIN_WITH("oip_write", setup, teardown, writes_lists, writes_raw,
    writes_what_is_asked_for, writes_each_type, writes_metadata)
