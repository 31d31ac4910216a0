/* SPDX-License-Identifier: Apache-2.0 */
/* Which readers there are, and which file of a folder is the model. */
#include <string.h>

#include "io/file.h"
#include "base/mem.h"
#include "serving/model.h"

const kf_model_reader *const kf__model_readers[] = {
    NULL,
};

kf_status kf__model_file(const char *path, const char *format, char **out)
{
    if (kf__is_folder(path))
        return kf__fail(KF_EUNSUPPORTED, path, "a folder");
    return kf__absolute_path(path, out);
}
