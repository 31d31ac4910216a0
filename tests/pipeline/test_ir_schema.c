/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/ir_schema.h"

#include "kf_test.h"

#include <string.h>

#include "base/buf.h"
#include "io/file.h"

/* tests/golden/ir_schema.txt lists the fields of the descriptors in kfp and
 * kfp-kubernetes, one a line: message, name in the .proto, name in JSON, type, shape,
 * oneof, message or values. */

static const char *const types[] = {"STRING", "BOOL", "INT32", "INT64", "DOUBLE",
    "DURATION", "STRUCT", "VALUE", "ENUM", "MESSAGE"};
static const char *const shapes[] = {"ONE", "LIST", "MAP"};

typedef struct listing {
    kf_buf lines;
    const kf_ir_message *seen[200];
    size_t count;
} listing;

static void put_target(kf_buf *out, const kf_ir_field *field)
{
    if (field->message != NULL)
        kf__buf_puts(out, field->message->name);
    for (size_t i = 0; field->names != NULL && field->names->values[i] != NULL; i++)
        kf__buf_printf(out, "%s%s", i > 0 ? "," : "", field->names->values[i]);
    if (field->message == NULL && field->names == NULL)
        kf__buf_putc(out, '-');
}

/* Depth first, as the file lists them; `name` is how the .proto spells the field. */
static void list_message(listing *self, const kf_ir_message *message)
{
    for (size_t i = 0; i < self->count; i++) {
        if (self->seen[i] == message)
            return;
    }
    for (const kf_ir_field *field = message->fields; field->name != NULL; field++) {
        if (field->message != NULL)
            list_message(self, field->message);
    }
    self->seen[self->count++] = message;
    for (const kf_ir_field *field = message->fields; field->name != NULL; field++) {
        kf__buf_printf(&self->lines, "%s %s %s %s %d ", message->name, field->name,
            types[field->type], shapes[field->shape], field->choice);
        put_target(&self->lines, field);
        kf__buf_putc(&self->lines, '\n');
    }
}

/* The next line of the text, terminated; NULL at the end. */
static char *next_line(char **rest)
{
    char *line = *rest;
    char *end = strchr(line, '\n');
    if (end == NULL)
        return NULL;
    *end = '\0';
    *rest = end + 1;
    return line;
}

START_TEST(same_as_kfp)
{
    kf_buf golden = KF__BUF_INIT;
    kf_buf expected = KF__BUF_INIT;
    listing self = {0};
    ck_ok(kf__file_read(KF_TEST_GOLDEN "/ir_schema.txt", 1 << 20, &golden));
    size_t fields = 0;
    char *text = golden.data;
    for (char *line; (line = next_line(&text)) != NULL;) {
        char message[100];
        char name[100];
        char rest[300];
        ck_assert_int_eq(sscanf(line, "%99s %99s %299[^\n]", message, name, rest), 3);
        kf__buf_printf(&expected, "%s %s\n", message, rest);
        fields++;
    }
    list_message(&self, &kf__ir_pipeline_spec);
    list_message(&self, &kf__ir_platform_spec);
    list_message(&self, &kf__ir_kubernetes_executor_config);
    ck_assert_str_eq(kf__buf_text(&self.lines), kf__buf_text(&expected));
    ck_assert_uint_gt(fields, 200);
    kf__buf_finish(&self.lines);
    kf__buf_finish(&expected);
    kf__buf_finish(&golden);
}
END_TEST

static const kf_ir_message *find_message(const listing *self, const char *name)
{
    for (size_t i = 0; i < self->count; i++) {
        if (strcmp(self->seen[i]->name, name) == 0)
            return self->seen[i];
    }
    return NULL;
}

START_TEST(names_of_fields)
{
    kf_buf golden = KF__BUF_INIT;
    listing self = {0};
    list_message(&self, &kf__ir_pipeline_spec);
    list_message(&self, &kf__ir_platform_spec);
    list_message(&self, &kf__ir_kubernetes_executor_config);
    ck_ok(kf__file_read(KF_TEST_GOLDEN "/ir_schema.txt", 1 << 20, &golden));
    char *text = golden.data;
    for (char *line; (line = next_line(&text)) != NULL;) {
        char message[100];
        char snake[100];
        char camel[100];
        ck_assert_int_eq(sscanf(line, "%99s %99s %99s", message, snake, camel), 3);
        const kf_ir_message *found = find_message(&self, message);
        ck_assert_msg(found != NULL, "%s", message);
        const kf_ir_field *field = kf__ir_field(found, camel);
        ck_assert_msg(field != NULL && strcmp(field->name, camel) == 0, "%s", line);
        ck_assert_msg(kf__ir_field(found, snake) == field, "%s", line);
    }
    ck_assert_ptr_null(kf__ir_field(&kf__ir_pipeline_spec, "pipeline_Info"));
    ck_assert_ptr_null(kf__ir_field(&kf__ir_pipeline_spec, "pipelineinfo"));
    ck_assert_ptr_null(kf__ir_field(&kf__ir_pipeline_spec, "pipeline_infos"));
    ck_assert_ptr_null(kf__ir_field(&kf__ir_pipeline_spec, ""));
    kf__buf_finish(&self.lines);
    kf__buf_finish(&golden);
}
END_TEST

KF_TEST_MAIN("ir_schema", same_as_kfp, names_of_fields)
