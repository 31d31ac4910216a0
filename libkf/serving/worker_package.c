/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/worker_package.h"

#include "base/digest.h"
#include "base/error.h"
#include "io/file.h"
#include "serving/worker_source.h"

const char kf__worker_program[] =
    "import sys\n"
    "folder = sys.argv.pop(1)\n"
    "try:\n"
    "    import kf.serving\n"
    "except ImportError:\n"
    "    for name in [name for name in sys.modules if name.split('.')[0] == 'kf']:\n"
    "        del sys.modules[name]\n"
    "    sys.path.insert(1, folder)\n"
    "from kf.serving import _worker\n"
    "sys.exit(_worker.main())\n";

static kf_status put_files(const char *folder)
{
    kf_status status = KF_OK;
    kf_buf path = KF__BUF_INIT;
    for (const kf_worker_file *file = kf__worker_files;
         file->name != NULL && status == KF_OK; file++) {
        kf__buf_truncate(&path, 0);
        kf__buf_printf(&path, "%s/%s", folder, file->name);
        status = path.status;
        if (status == KF_OK)
            status = kf__make_parent_folders(path.data);
        if (status == KF_OK && !kf__file_exists(path.data))
            status = kf__file_write(path.data, file->text, file->length);
    }
    kf__buf_finish(&path);
    return status;
}

/* A folder whose name comes from what is in it, so that it never changes. */
kf_status kf__worker_package(const char *home, kf_buf *folder)
{
    char digest[65];
    kf_sha256 sha;
    kf__sha256_init(&sha);
    for (const kf_worker_file *file = kf__worker_files; file->name != NULL; file++)
        kf__sha256_update(&sha, file->text, file->length);
    kf__sha256_hex(&sha, digest);
    size_t at = folder->length;
    kf__buf_printf(folder, "%s/runtime/serving-%.16s", home, digest);
    KF__TRY(folder->status);
    return put_files(folder->data + at);
}
