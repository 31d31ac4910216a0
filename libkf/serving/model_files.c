/* SPDX-License-Identifier: Apache-2.0 */
/* Which readers there are, and which file of a folder is the model. */
#include <string.h>

#include "base/mem.h"
#include "io/file.h"
#include "serving/model_lightgbm.h"
#include "serving/model_xgboost.h"

const kf_model_reader *const kf__model_readers[] = {
    &kf__xgboost_reader,
    &kf__lightgbm_reader,
    NULL,
};

kf_status kf__model_file(const char *path, const char *format, char **out)
{
    if (kf__is_folder(path))
        return kf__fail(KF_EUNSUPPORTED, path, "a folder");
    return kf__absolute_path(path, out);
}
