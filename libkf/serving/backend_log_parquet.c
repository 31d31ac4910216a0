/* SPDX-License-Identifier: Apache-2.0 */
/* Records as a file of Apache Parquet: one group of rows, a page for each column, plain
 * and without compression. What describes it is in Thrift's compact protocol. */
#include <string.h>

#include "base/mem.h"
#include "serving/backend_log_parts.h"

/* ---- Thrift ---- */

enum { I32 = 5, I64 = 6, BINARY = 8, LIST = 9, STRUCT = 12 };

static void put_number(kf_buf *out, uint64_t value)
{
    for (; value > 127; value >>= 7)
        kf__buf_putc(out, (char)(value & 127) | (char)-128);
    kf__buf_putc(out, (char)value);
}

/* `last`: the field before it in the struct. */
static void put_field(kf_buf *out, int *last, int field, int type)
{
    kf__buf_putc(out, (char)((field - *last) << 4 | type));
    *last = field;
}

static void put_zigzag(kf_buf *out, int64_t value)
{
    put_number(out, (uint64_t)value << 1 ^ (uint64_t)(value >> 63));
}

static void put_int(kf_buf *out, int *last, int field, int type, int64_t value)
{
    put_field(out, last, field, type);
    put_zigzag(out, value);
}

static void put_text(kf_buf *out, const char *text)
{
    put_number(out, strlen(text));
    kf__buf_puts(out, text);
}

static void put_list(kf_buf *out, int *last, int field, int type, size_t count)
{
    put_field(out, last, field, LIST);
    kf__buf_putc(out, (char)((count < 15 ? count : 15) << 4 | (size_t)type));
    if (count >= 15)
        put_number(out, count);
}

static void end_struct(kf_buf *out)
{
    kf__buf_putc(out, '\0');
}

/* ---- the pages ---- */

enum { BOOLEAN = 0, BYTE_ARRAY = 6, PLAIN = 0, RLE = 3, COLUMNS = KF__LOG_TEXTS + 1 };

typedef struct column {
    kf_buf data;
    size_t at; /* Of its page in the file. */
    size_t size;
} column;

static int type_of(size_t index)
{
    return index < KF__LOG_TEXTS ? BYTE_ARRAY : BOOLEAN;
}

static void put_length(kf_buf *out, size_t length)
{
    for (int i = 0; i < 32; i += 8)
        kf__buf_putc(out, (char)(length >> i));
}

static kf_status add_row(
    const kf_log_target *target, const kf_log_event *event, column columns[COLUMNS])
{
    kf_buf record[KF__LOG_TEXTS] = {{0}};
    kf_status status = kf__log_record(target, event, record);
    for (size_t i = 0; i < KF__LOG_TEXTS; i++) {
        put_length(&columns[i].data, record[i].length);
        kf__buf_append(&columns[i].data, kf__buf_text(&record[i]), record[i].length);
        kf__buf_finish(&record[i]);
    }
    return status;
}

/* A bit for each row. */
static void put_bools(kf_buf *out, size_t rows, bool value)
{
    for (size_t i = 0; i < rows; i += 8)
        kf__buf_putc(
            out, value ? (char)(rows - i < 8 ? (1 << (rows - i)) - 1 : 255) : '\0');
}

static void put_page(column *self, size_t rows, kf_buf *out)
{
    int last = 0, inner = 0;
    self->at = out->length;
    put_int(out, &last, 1, I32, 0);
    put_int(out, &last, 2, I32, (int64_t)self->data.length);
    put_int(out, &last, 3, I32, (int64_t)self->data.length);
    put_field(out, &last, 5, STRUCT);
    put_int(out, &inner, 1, I32, (int64_t)rows);
    put_int(out, &inner, 2, I32, PLAIN);
    put_int(out, &inner, 3, I32, RLE);
    put_int(out, &inner, 4, I32, RLE);
    end_struct(out);
    end_struct(out);
    kf__buf_append(out, kf__buf_text(&self->data), self->data.length);
    self->size = out->length - self->at;
}

/* ---- what is said of them ---- */

static void put_schema(kf_buf *out, int *last)
{
    int root = 0;
    put_list(out, last, 2, STRUCT, COLUMNS + 1);
    put_field(out, &root, 4, BINARY);
    put_text(out, "logRecord");
    put_int(out, &root, 5, I32, COLUMNS);
    end_struct(out);
    for (size_t i = 0; i < COLUMNS; i++) {
        int field = 0, logical = 0;
        put_int(out, &field, 1, I32, type_of(i));
        put_int(out, &field, 3, I32, 0);
        put_field(out, &field, 4, BINARY);
        put_text(out, kf__log_columns[i]);
        if (type_of(i) == BYTE_ARRAY) {
            put_int(out, &field, 6, I32, 0);
            put_field(out, &field, 10, STRUCT);
            put_field(out, &logical, 1, STRUCT);
            end_struct(out);
            end_struct(out);
        }
        end_struct(out);
    }
}

static void put_chunk(kf_buf *out, const column *self, size_t index, size_t rows)
{
    int last = 0, field = 0;
    put_int(out, &last, 2, I64, (int64_t)self->at);
    put_field(out, &last, 3, STRUCT);
    put_int(out, &field, 1, I32, type_of(index));
    put_list(out, &field, 2, I32, 1);
    put_zigzag(out, PLAIN);
    put_list(out, &field, 3, BINARY, 1);
    put_text(out, kf__log_columns[index]);
    put_int(out, &field, 4, I32, 0);
    put_int(out, &field, 5, I64, (int64_t)rows);
    put_int(out, &field, 6, I64, (int64_t)self->size);
    put_int(out, &field, 7, I64, (int64_t)self->size);
    put_int(out, &field, 9, I64, (int64_t)self->at);
    end_struct(out);
    end_struct(out);
}

static void put_footer(kf_buf *out, const column columns[COLUMNS], size_t rows)
{
    size_t start = out->length, bytes = 0;
    int last = 0, group = 0;
    for (size_t i = 0; i < COLUMNS; i++)
        bytes += columns[i].size;
    put_int(out, &last, 1, I32, 1);
    put_schema(out, &last);
    put_int(out, &last, 3, I64, (int64_t)rows);
    put_list(out, &last, 4, STRUCT, 1);
    put_list(out, &group, 1, STRUCT, COLUMNS);
    for (size_t i = 0; i < COLUMNS; i++)
        put_chunk(out, &columns[i], i, rows);
    put_int(out, &group, 2, I64, (int64_t)bytes);
    put_int(out, &group, 3, I64, (int64_t)rows);
    end_struct(out);
    put_field(out, &last, 6, BINARY);
    put_text(out, "libkf");
    end_struct(out);
    put_length(out, out->length - start);
}

kf_status kf__log_put_parquet(
    const kf_log_target *target, const kf_log_event *first, kf_buf *out)
{
    column columns[COLUMNS] = {{KF__BUF_INIT, 0, 0}};
    size_t rows = 0;
    kf_status status = KF_OK;
    for (; status == KF_OK && first != NULL; first = first->next, rows++)
        status = add_row(target, first, columns);
    put_bools(&columns[KF__LOG_TEXTS].data, rows, target->options.insecure);
    kf__buf_puts(out, "PAR1");
    for (size_t i = 0; i < COLUMNS; i++) {
        if (columns[i].data.status != KF_OK)
            status = columns[i].data.status;
        put_page(&columns[i], rows, out);
        kf__buf_finish(&columns[i].data);
    }
    put_footer(out, columns, rows);
    kf__buf_puts(out, "PAR1");
    return status != KF_OK ? status : out->status;
}
