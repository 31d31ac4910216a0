/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/storage_sign.h"

#include "base/clock.h"
#include "base/mem.h"
#include "kf_test.h"

/* Amazon's examples of Signature Version 4 for S3: keys, time, requests and signatures
 * are as its documentation gives them. */
static kf_sign example(void)
{
    kf_sign sign = {.access_key = "AKIAIOSFODNN7EXAMPLE",
        .secret_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        .region = "us-east-1",
        .service = "s3"};
    ck_assert(kf__parse_time("2013-05-24T00:00:00Z", &sign.now_ms));
    return sign;
}

static void check(
    const char *url, const char *const *more, const char *names, const char *signature)
{
    kf_sign sign = example();
    kf_http_headers headers = {0};
    char expected[600];
    (void)snprintf(expected, sizeof expected,
        "Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/"
        "us-east-1/s3/aws4_request, SignedHeaders=%s, Signature=%s",
        names, signature);
    ck_ok(kf__sign_v4(&sign, "GET", url, more, &headers));
    ck_assert_uint_eq(headers.count, 3);
    ck_assert_str_eq(headers.items[0], "x-amz-date: 20130524T000000Z");
    ck_assert_str_eq(headers.items[2], expected);
    kf__http_headers_finish(&headers);
}

START_TEST(an_object)
{
    static const char *const more[] = {"range: bytes=0-9", NULL};
    check("https://examplebucket.s3.amazonaws.com/test.txt", more,
        "host;range;x-amz-content-sha256;x-amz-date",
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}
END_TEST

START_TEST(a_query)
{
    check("https://examplebucket.s3.amazonaws.com/?lifecycle", NULL,
        "host;x-amz-content-sha256;x-amz-date",
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
    check("https://examplebucket.s3.amazonaws.com/?prefix=J&max-keys=2", NULL,
        "host;x-amz-content-sha256;x-amz-date",
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}
END_TEST

/* "PUT Object" */
START_TEST(a_body)
{
    static const char *const more[] = {"date: Fri, 24 May 2013 00:00:00 GMT",
        "x-amz-storage-class: REDUCED_REDUNDANCY", NULL};
    kf_sign sign = example();
    kf_http_headers headers = {0};
    sign.body_sha256 =
        "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";
    ck_ok(kf__sign_v4(&sign, "PUT",
        "https://examplebucket.s3.amazonaws.com/test%24file.text", more, &headers));
    ck_assert_str_eq(headers.items[1],
        "x-amz-content-sha256: "
        "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072");
    ck_assert_ptr_nonnull(strstr(headers.items[2],
        "SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class, "
        "Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"));
    kf__http_headers_finish(&headers);
}
END_TEST

START_TEST(a_token_is_signed)
{
    kf_sign sign = example();
    kf_http_headers headers = {0};
    sign.session_token = "token";
    ck_ok(kf__sign_v4(&sign, "GET", "http://a.example/b", NULL, &headers));
    ck_assert_uint_eq(headers.count, 4);
    ck_assert_str_eq(headers.items[2], "x-amz-security-token: token");
    ck_assert_ptr_nonnull(
        strstr(headers.items[3], ";x-amz-date;x-amz-security-token,"));
    kf__http_headers_finish(&headers);
}
END_TEST

static kf_status sign_and_forget(void)
{
    kf_sign sign = example();
    kf_http_headers headers = {0};
    kf_status status =
        kf__sign_v4(&sign, "GET", "http://a.example/b?c=d&a=b", NULL, &headers);
    kf__http_headers_finish(&headers);
    return status;
}

START_TEST(out_of_memory)
{
    ck_survives_nomem(sign_and_forget());
}
END_TEST

KF_TEST_MAIN(
    "storage_sign", an_object, a_query, a_body, a_token_is_signed, out_of_memory)
