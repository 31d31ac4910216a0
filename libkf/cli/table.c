/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "base/vec.h"
#include "cli/cli.h"

typedef struct cell {
    const char *text;
    cli_style style;
    bool right;
} cell;

struct cli_table {
    kf_arena arena;
    size_t columns;
    KF__VEC(cell) cells; /* Headings first. */
};

static void add(cli_table *table, const char *text, cli_style style, bool right)
{
    cell item = {kf__arena_strdup(&table->arena, text ? text : ""), style, right};
    if (item.text)
        (void)kf__vec_push(&table->cells, item);
}

cli_table *cli_table_new(const char *const *headings)
{
    cli_table *table = kf__calloc(1, sizeof *table);
    if (!table)
        return NULL;
    for (; headings[table->columns]; table->columns++)
        add(table, headings[table->columns], CLI_DIM, false);
    return table;
}

void cli_table_cell(cli_table *table, const char *text)
{
    add(table, text, CLI_PLAIN, false);
}

void cli_table_number(cli_table *table, const char *text)
{
    add(table, text, CLI_PLAIN, true);
}

void cli_table_state(cli_table *table, const char *state)
{
    add(table, state, cli_state_style(state), false);
}

static size_t text_columns(const char *text)
{
    size_t columns = 0;
    for (; *text; text++)
        columns += ((unsigned char)*text & 0xC0) != 0x80;
    return columns;
}

static size_t column_width(const cli_table *table, size_t column)
{
    size_t width = 0;
    for (size_t i = column; i < table->cells.count; i += table->columns) {
        size_t columns = text_columns(table->cells.items[i].text);
        width = columns > width ? columns : width;
    }
    return width;
}

void cli_table_print(const cli_table *table, FILE *stream, int indent)
{
    size_t *widths = kf__calloc(table->columns, sizeof *widths);
    if (!widths)
        return;
    for (size_t column = 0; column < table->columns; column++)
        widths[column] = column_width(table, column);
    for (size_t i = 0; i < table->cells.count; i++) {
        const cell *item = &table->cells.items[i];
        size_t column = i % table->columns;
        int padding = (int)(widths[column] - text_columns(item->text));
        bool last = column + 1 == table->columns || i + 1 == table->cells.count;
        if (last && !*item->text) {
            fputc('\n', stream);
            continue;
        }
        bool right = item->right ||
                     (i < table->columns && i + table->columns < table->cells.count &&
                         table->cells.items[i + table->columns].right);
        fprintf(stream, "%*s", (column ? 2 : indent) + (right ? padding : 0), "");
        cli_styled(stream, item->style, "%s", item->text);
        if (last)
            fputc('\n', stream);
        else if (!right)
            fprintf(stream, "%*s", padding, "");
    }
    kf__free(widths);
}

void cli_table_free(cli_table *table)
{
    if (!table)
        return;
    kf__vec_finish(&table->cells);
    kf__arena_finish(&table->arena);
    kf__free(table);
}
