/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/ir_schema.h"

#include <string.h>

/* Whether `name` is the field's name with "_x" for each capital X. */
static bool is_snake_case_of(const char *name, const char *camel)
{
    for (; *camel != '\0'; camel++, name++) {
        if (*camel >= 'A' && *camel <= 'Z') {
            if (*name++ != '_' || *name != *camel - 'A' + 'a')
                return false;
        } else if (*name != *camel) {
            return false;
        }
    }
    return *name == '\0';
}

const kf_ir_field *kf__ir_field(const kf_ir_message *message, const char *name)
{
    for (const kf_ir_field *field = message->fields; field->name != NULL; field++) {
        if (strcmp(field->name, name) == 0)
            return field;
    }
    for (const kf_ir_field *field = message->fields; field->name != NULL; field++) {
        if (is_snake_case_of(name, field->name))
            return field;
    }
    return NULL;
}

int kf__ir_enum_number(const kf_ir_enum *names, const char *name)
{
    for (int i = 0; names->values[i] != NULL; i++) {
        if (strcmp(names->values[i], name) == 0)
            return i;
    }
    return -1;
}
