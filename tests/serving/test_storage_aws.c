/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/storage_job.h"

#include "storage_test.h"

static kf_storage_job job;
static const char *access_key, *secret_key, *session_token, *region;

static void set_up(void)
{
    begin_storage();
    ck_ok(kf__make_folders(in_folder(".aws")));
}

static void tear_down(void)
{
    kf__storage_job_finish(&job);
    end_storage();
}

static kf_status find(const char *const *env)
{
    kf_storage_options options = {.env = env};
    kf__storage_job_finish(&job);
    access_key = secret_key = session_token = region = NULL;
    ck_ok(kf__storage_job_begin(&job, "s3://b/m", &options));
    kf_status status =
        kf__storage_aws_keys(&job, &access_key, &secret_key, &session_token);
    if (status == KF_OK)
        status = kf__storage_aws_region(&job, &region);
    job.options = NULL;
    return status;
}

static const char *const nothing[] = {NULL};

START_TEST(no_files)
{
    ck_ok(find(nothing));
    ck_assert_ptr_null(access_key);
    ck_assert_ptr_null(secret_key);
    ck_assert_ptr_null(session_token);
    ck_assert_ptr_null(region);
}
END_TEST

START_TEST(profiles)
{
    static const char *const work[] = {"AWS_PROFILE=work", NULL};
    static const char *const other[] = {"AWS_PROFILE=other", NULL};
    put_file(in_folder(".aws/credentials"), "# of mine\n"
                                            "[default]\n"
                                            "aws_access_key_id = one\r\n"
                                            "aws_secret_access_key=a=b/c+d==\n"
                                            "\n"
                                            "[ work ]\n"
                                            "s3 =\n"
                                            "  aws_access_key_id = nested\n"
                                            "aws_access_key_id = two\n"
                                            "#aws_session_token = no\n"
                                            "aws_session_token\t= token \n"
                                            "aws_secret_access_key = e\n");
    put_file(in_folder(".aws/config"), "[default]\nregion = eu-west-1\n"
                                       "[profile work]\noutput = json\n"
                                       "region = us-west-2");
    ck_ok(find(nothing));
    ck_assert_str_eq(access_key, "one");
    ck_assert_str_eq(secret_key, "a=b/c+d==");
    ck_assert_ptr_null(session_token);
    ck_assert_str_eq(region, "eu-west-1");
    ck_ok(find(work));
    ck_assert_str_eq(access_key, "two");
    ck_assert_str_eq(secret_key, "e");
    ck_assert_str_eq(session_token, "token");
    ck_assert_str_eq(region, "us-west-2");
    ck_ok(find(other));
    ck_assert_ptr_null(access_key);
    ck_assert_ptr_null(region);
}
END_TEST

START_TEST(other_places)
{
    char setting[300];
    const char *const env[] = {setting, NULL};
    (void)snprintf(
        setting, sizeof setting, "AWS_SHARED_CREDENTIALS_FILE=%s", in_folder("keys"));
    ck_fails(find(env), KF_ENOENT, "keys");
    put_file(
        in_folder("keys"), "[default]\naws_access_key_id = three\n[]\n[\n=\n[default");
    ck_ok(find(env));
    ck_assert_str_eq(access_key, "three");
    ck_assert_ptr_null(secret_key);
}
END_TEST

KF_TEST_MAIN_WITH("storage_aws", set_up, tear_down, no_files, profiles, other_places)
