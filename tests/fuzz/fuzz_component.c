/* SPDX-License-Identifier: Apache-2.0 */
/* Any text is a component or an error; what is a component can be asked for all it has. */
#include "fuzz.h"

#include <kf/component.h>

#include <string.h>

static void check_io(const kf_io *io)
{
    fuzz_check(io != NULL && io->name != NULL);
    fuzz_check((io->type == KF_TYPE_NONE) == (io->schema_title != NULL));
    if (io->default_value != NULL) {
        char *json;
        fuzz_check(kf_value_write(io->default_value, KF_JSON_COMPACT, &json) == KF_OK);
        kf_text_free(json);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kf_component *component = NULL;
    kf_status status = kf_component_load((const char *)data, size, &component);
    if (status != KF_OK) {
        fuzz_check(status == KF_EPARSE || status == KF_EDOCUMENT ||
                   status == KF_ELIMIT || status == KF_EINVAL);
        fuzz_check(kf_last_error()->message[0] != '\0');
        return 0;
    }
    fuzz_check(strlen(kf_component_name(component)) > 0);
    for (size_t i = 0; i < kf_component_input_count(component); i++)
        check_io(kf_component_input(component, i));
    for (size_t i = 0; i < kf_component_output_count(component); i++)
        check_io(kf_component_output(component, i));
    kf_component_free(component);
    return 0;
}
