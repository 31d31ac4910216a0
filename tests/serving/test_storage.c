/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/storage.h"

#include "storage_test.h"

START_TEST(kinds_of_uri)
{
    static const char *const good[] = {"model", "/models/a", "./a", "file:///models/a",
        "pvc://claim/a", "http://host.example/a", "https://host.example/a", "s3://b/a",
        "gs://b/a", "hf://owner/model"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ck_ok(kf__storage_check(good[i]));
    ck_fails(kf__storage_check(""), KF_EINVAL, "empty");
    ck_fails(kf__storage_check("S3://b/a"), KF_EINVAL, "did you mean s3://?");
    ck_fails(kf__storage_check("ftp://host.example/a"), KF_EINVAL, "is no storageUri");
    ck_fails(
        kf__storage_check("htps://host.example/a"), KF_EINVAL, "did you mean http");
}
END_TEST

START_TEST(kinds_that_are_not_read)
{
    static const struct {
        const char *uri;
        const char *what;
    } kinds[] = {{"oci://registry.example/image", "images of a registry"},
        {"oci+native://registry.example/image", "images of a registry"},
        {"hdfs://user/a", "Hadoop"}, {"webhdfs://user/a", "Hadoop"},
        {"modelscope://owner/model", "ModelScope"},
        {"https://account.blob.core.windows.net/container/a", "Azure"},
        {"https://account.file.core.windows.net/share/a", "Azure"},
        {"https://github.com/owner/repository.git", "git repositories"}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        ck_fails(kf__storage_check(kinds[i].uri), KF_EUNSUPPORTED, kinds[i].what);
        ck_fails(FETCH(kinds[i].uri, .home = in_folder("home")), KF_EUNSUPPORTED,
            "s3://, gs:// or hf://");
    }
    ck_ok(kf__storage_check("https://host.example/a.blob.core.windows.net/b"));
}
END_TEST

KF_TEST_MAIN_WITH(
    "storage", begin_storage, end_storage, kinds_of_uri, kinds_that_are_not_read)
