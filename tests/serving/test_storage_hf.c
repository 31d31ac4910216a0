/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/storage.h"

#include "storage_test.h"

static char endpoint[64];
static const char *settings[4];
static const char *listing;

/* "a" is in git, "big" in large file storage elsewhere: localhost stands for that. */
static bool answer_hub(int fd, const char *request, int number)
{
    char headers[100];
    if (strncmp(request, "GET /api/models/owner/model/revision/main?blobs=true ", 53) ==
        0)
        return reply_text(fd, "200 OK", "", listing);
    if (strncmp(request, "GET /owner/model/resolve/c0ffee/sub/a%20b ", 42) == 0)
        return reply_text(fd, "200 OK", "", "text");
    (void)snprintf(
        headers, sizeof headers, "Location: http://localhost:%d/lfs\r\n", server.port);
    if (strncmp(request, "GET /owner/model/resolve/c0ffee/big.bin ", 40) == 0)
        return reply_text(fd, "302 Found", headers, "");
    if (strncmp(request, "GET /lfs ", 9) == 0 &&
        *request_header(request, "Authorization") == '\0')
        return reply_text(fd, "200 OK", "", "abc");
    if (strstr(request, "/secret/") != NULL)
        return reply_text(fd, "401 Unauthorized", "", "");
    if (strstr(request, "/gated/") != NULL)
        return reply_text(fd, "403 Forbidden", "", "");
    return reply_text(fd, "404 Not Found", "", "");
}

static void set_up(void)
{
    begin_storage();
    serve_with(answer_hub);
    (void)snprintf(endpoint, sizeof endpoint, "HF_ENDPOINT=%s", server_url(""));
    settings[0] = endpoint;
    settings[1] = "HF_TOKEN=hf_abc";
    /* The SHA-256 of "abc", by FIPS 180-4. */
    listing =
        "{\"sha\": \"c0ffee\", \"siblings\": ["
        "{\"rfilename\": \"sub/a b\", \"size\": 4, \"blobId\": \"1\"},"
        "{\"rfilename\": \"big.bin\", \"size\": 3, \"blobId\": \"2\", \"lfs\":"
        "{\"sha256\": \"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f2"
        "0015ad\"}}]}";
}

static kf_status get(const char *uri)
{
    return FETCH(uri, .env = settings);
}

START_TEST(a_model)
{
    ck_ok(get("hf://owner/model"));
    check_file(in_model("sub/a b"), "text");
    check_file(in_model("big.bin"), "abc");
    ck_assert_str_eq(
        request_header(request_number(0), "Authorization"), "Bearer hf_abc");
    int before = requests_served();
    ck_ok(get("hf://owner/model"));
    ck_assert_int_eq(requests_served(), before + 1);
}
END_TEST

START_TEST(patterns)
{
    static const char *const allow[] = {"*.bin", NULL};
    ck_ok(FETCH("hf://owner/model:main", .env = settings, .allow = allow));
    ck_assert_int_eq(count_in(fetched), 1);
}
END_TEST

START_TEST(faults)
{
    static const char *const uris[] = {"hf://owner", "hf://", "hf:///model",
        "hf://owner/", "hf://owner/model/more", "hf://../model", "hf://owner/.",
        "hf://owner/model: a"};
    for (size_t i = 0; i < sizeof uris / sizeof *uris; i++)
        ck_fails(get(uris[i]), KF_EINVAL, "expected hf://owner/model");
    ck_fails(get("hf://owner/other"), KF_ENOENT,
        "hf://owner/other: the hub has no such model, revision or file (status 404); a "
        "model");
    ck_fails(get("hf://owner/secret"), KF_EIO,
        "no such model, or does not show it (status 401); a model that is not for "
        "everybody needs HF_TOKEN");
    ck_fails(get("hf://owner/gated"), KF_EIO, "denies access (status 403)");
    server_change(listing = "{\"sha\": \"c0ffee\"}");
    ck_fails(get("hf://owner/model"), KF_EDOCUMENT, "no files");
    server_change(listing = "{\"sha\": \"../x\", \"siblings\": []}");
    ck_fails(get("hf://owner/model"), KF_EDOCUMENT, "no commit");
    listing =
        "{\"sha\": \"c0ffee\", \"siblings\": [{\"rfilename\": \"../../victim\"}]}";
    ck_fails(get("hf://owner/model"), KF_EDOCUMENT, "no path below a folder");
    server_change(
        listing = "{\"sha\": \"c0ffee\", \"siblings\": [{\"rfilename\": \"big.bin\","
                  "\"lfs\": {\"sha256\": \"00\"}}]}");
    ck_fails(get("hf://owner/model"), KF_EDOCUMENT, "SHA-256");
}
END_TEST

KF_TEST_MAIN_WITH("storage_hf", set_up, end_storage, a_model, patterns, faults)
