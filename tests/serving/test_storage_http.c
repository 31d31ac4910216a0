/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/storage.h"

#include "child.h"
#include "storage_test.h"

static struct {
    const char *type;
    const char *headers; /* More of them. */
    const char *tag;
    const char *data;
    size_t size;
    const char *status;
} file;

static void set_up(void)
{
    begin_storage();
    file.type = "application/octet-stream";
    file.headers = "";
    file.tag = "\"one\"";
    file.data = "the model";
    file.size = strlen(file.data);
    file.status = "200 OK";
}

static bool answer_file(int fd, const char *request, int number)
{
    char headers[600], tag[100] = "";
    if (file.tag != NULL)
        (void)snprintf(tag, sizeof tag, "ETag: %s\r\n", file.tag);
    (void)snprintf(headers, sizeof headers, "Content-Type: %s\r\n%s%s", file.type, tag,
        file.headers);
    if (file.tag != NULL &&
        strcmp(request_header(request, "If-None-Match"), file.tag) == 0)
        return reply_text(fd, "304 Not Modified", tag, "");
    return reply_with(fd, file.status, headers, file.data, file.size);
}

START_TEST(one_file)
{
    serve_with(answer_file);
    ck_ok(fetch(server_url("/models/model%20a.joblib?sig=abc"), NULL));
    check_file(in_model("model a.joblib"), "the model");
    ck_assert_int_eq(count_in(fetched), 1);
    ck_assert_int_eq(count_in(in_folder("home/models/partial")), 0);
    ck_assert_ptr_nonnull(
        strstr(request_number(0), "GET /models/model%20a.joblib?sig=abc HTTP"));
}
END_TEST

START_TEST(asks_whether_it_changed)
{
    char *first;
    serve_with(answer_file);
    ck_ok(fetch(server_url("/model.joblib"), NULL));
    first = kf__strdup(fetched);
    ck_ok(fetch(server_url("/model.joblib"), NULL));
    ck_assert_str_eq(fetched, first);
    ck_assert_str_eq(request_header(request_number(1), "If-None-Match"), "\"one\"");
    server_change(file.tag = "\"two\"");
    server_change(file.data = "another model");
    server_change(file.size = strlen(file.data));
    ck_ok(fetch(server_url("/model.joblib"), NULL));
    ck_assert_str_ne(fetched, first);
    check_file(in_model("model.joblib"), "another model");
    ck_assert(kf__is_folder(first));
    kf__free(first);
}
END_TEST

/* A URL that is signed for a while is a secret, also in what is noted of it. */
START_TEST(queries_are_noted_nowhere)
{
    kf_buf out = KF__BUF_INIT;
    int code = -1;
    serve_with(answer_file);
    ck_ok(fetch(server_url("/model.joblib?sig=Secret1"), NULL));
    server_change(file.type = "text/html"; file.tag = NULL);
    ck_fails(
        fetch(server_url("/model.joblib?sig=Secret1"), NULL), KF_EDOCUMENT, "/model");
    ck_assert_ptr_null(strstr(kf_last_error()->message, "Secret1"));
    ck_ok(kf__process_run(&OPTIONS(.argv = ARGV("grep", "-r", "Secret1", test_folder)),
        20000, &out, &code));
    ck_assert_str_eq(kf__buf_text(&out), "");
    ck_assert_int_eq(code, 1);
    kf__buf_finish(&out);
}
END_TEST

START_TEST(without_asking)
{
    serve_with(answer_file);
    ck_ok(FETCH(server_url("/model.joblib"), .policy = KF_STORAGE_CACHED));
    ck_ok(FETCH(server_url("/model.joblib"), .policy = KF_STORAGE_CACHED));
    ck_assert_int_eq(requests_served(), 1);
}
END_TEST

START_TEST(a_server_without_names_of_versions)
{
    file.tag = NULL;
    serve_with(answer_file);
    ck_ok(fetch(server_url("/model.joblib"), NULL));
    char *first = kf__strdup(fetched);
    ck_ok(fetch(server_url("/model.joblib"), NULL));
    ck_assert_str_eq(fetched, first);
    ck_assert_int_eq(requests_served(), 2);
    kf__free(first);
}
END_TEST

START_TEST(by_time)
{
    file.tag = NULL;
    file.headers = "Last-Modified: Wed, 21 Oct 2015 07:28:00 GMT\r\n";
    serve_with(answer_file);
    ck_ok(fetch(server_url("/model.joblib"), NULL));
    ck_ok(fetch(server_url("/model.joblib"), NULL));
    ck_assert_str_eq(request_header(request_number(1), "If-Modified-Since"),
        "Wed, 21 Oct 2015 07:28:00 GMT");
}
END_TEST

START_TEST(types_of_content)
{
    static const struct {
        const char *path;
        const char *type;
    } refused[] = {{"/model.joblib", "text/html"}, {"/model.json", "application/json"},
        {"/model.joblib", ""}, {"/model.zip", "application/octet-stream"},
        {"/model.tar", "application/zip"}, {"/model.tgz", "application/octet-stream"},
        {"/model.json.gz", "application/gzip"}};
    serve_with(answer_file);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        server_change(file.type = refused[i].type);
        ck_fails(
            fetch(server_url(refused[i].path), NULL), KF_EDOCUMENT, "content type");
    }
    ck_assert_int_eq(count_in(in_folder("home/models/trees")), 0);
    server_change(file.type = "application/octet-stream; charset=binary");
    ck_ok(fetch(server_url("/model.joblib"), NULL));
}
END_TEST

/* Written by Python into the test's folder, and served from there. */
static void pack(const char *script)
{
    static kf_buf data;
    char text[1000];
    (void)snprintf(text, sizeof text,
        "import gzip,io,os,tarfile,zipfile\nos.chdir('%s')\n%s", test_folder, script);
    ck_assert_int_eq(run(&OPTIONS(.argv = ARGV("python3", "-c", text)), ""), 0);
    server_change(kf__buf_finish(&data);
                  ck_ok(kf__file_read(in_folder("packed"), 1 << 20, &data));
                  file.data = data.data; file.size = data.length);
}

START_TEST(archives)
{
    static const char tar[] = "with tarfile.open('packed', 'w:gz') as tar:\n"
                              "    info = tarfile.TarInfo('sub/model.json')\n"
                              "    info.size = 2\n"
                              "    tar.addfile(info, io.BytesIO(b'{}'))\n";
    serve_with(answer_file);
    pack(tar);
    server_change(file.type = "application/x-gzip");
    ck_ok(fetch(server_url("/model.tar.gz"), NULL));
    check_file(in_model("sub/model.json"), "{}");
    ck_assert_int_eq(count_in(fetched), 1);
    pack("with zipfile.ZipFile('packed', 'w') as zip: zip.writestr('a', 'b')\n");
    server_change(file.type = "application/zip");
    ck_ok(fetch(server_url("/model.zip"), NULL));
    check_file(in_model("a"), "b");
    ck_ok(fetch(server_url("/download?file=model.zip"), NULL));
    check_file(in_model("a"), "b");
    pack("with gzip.open('packed', 'w') as file: file.write(b'{}')\n");
    server_change(file.type = "application/octet-stream");
    ck_ok(fetch(server_url("/model.json.gz"), NULL));
    check_file(in_model("model.json"), "{}");
    ck_assert_int_eq(count_in(fetched), 1);
}
END_TEST

START_TEST(hostile_archives)
{
    put_file(in_folder("victim"), "untouched");
    serve_with(answer_file);
    pack("with zipfile.ZipFile('packed', 'w') as zip:\n"
         "    zip.writestr('../../../../../victim', 'hostile')\n");
    server_change(file.type = "application/zip");
    ck_fails(fetch(server_url("/model.zip"), NULL), KF_EDOCUMENT, "leads out");
    ck_assert_ptr_nonnull(strstr(kf_last_error()->message, "/model.zip\": "));
    check_file(in_folder("victim"), "untouched");
    ck_assert_int_eq(count_in(in_folder("home/models/trees")), 0);
    ck_assert_int_eq(count_in(in_folder("home/models/records")), 1); /* The lock. */
}
END_TEST

/* printf "the model" | openssl md5 -binary | base64, and the same with one bit changed. */
#define MD5 "a5DOsACxyrldqjxdi9X5ew=="
#define OTHER_MD5 "b5DOsACxyrldqjxdi9X5ew=="

START_TEST(digests_are_compared)
{
    static const char *const good[] = {
        "Content-MD5: " MD5 "\r\n", "X-Goog-Hash: crc32c=AAAAAA==,md5=" MD5 "\r\n"};
    static const char *const bad[] = {"Content-MD5: " OTHER_MD5 "\r\n",
        "X-Goog-Hash: crc32c=AAAAAA==,md5=" OTHER_MD5 "\r\n",
        "Digest: SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\r\n",
        "Repr-Digest: sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:\r\n"};
    serve_with(answer_file);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        server_change(file.headers = bad[i]);
        ck_fails(fetch(server_url("/model.joblib"), NULL), KF_EDOCUMENT,
            "is not what its source says");
    }
    ck_assert_int_eq(count_in(in_folder("home/models/trees")), 0);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        server_change(file.headers = good[i]);
        ck_ok(fetch(server_url("/model.joblib"), NULL));
    }
}
END_TEST

START_TEST(headers_of_the_host)
{
    serve_with(answer_file);
    const char *const env[] = {
        "127.0.0.1-headers={\"X-Key\": \"secret\", \"X-More\": \"b\"}", NULL};
    ck_ok(FETCH(server_url("/model.joblib"), .env = env));
    ck_assert_str_eq(request_header(request_number(0), "X-Key"), "secret");
    ck_assert_str_eq(request_header(request_number(0), "X-More"), "b");
    const char *const other[] = {"localhost-headers={\"X-Key\": \"secret\"}", NULL};
    ck_ok(FETCH(server_url("/model.joblib"), .env = other));
    ck_assert_str_eq(request_header(request_number(1), "X-Key"), "");
    const char *const broken[] = {"127.0.0.1-headers=Key", NULL};
    ck_fails(
        FETCH(server_url("/model.joblib"), .env = broken), KF_EINVAL, "a JSON struct");
    const char *const number[] = {"127.0.0.1-headers={\"X-Key\": 1}", NULL};
    ck_fails(FETCH(server_url("/model.joblib"), .env = number), KF_EINVAL, "a text");
    const char *const smuggled[] = {
        "127.0.0.1-headers={\"X-Key\": \"a\\r\\nX-Other: b\"}", NULL};
    ck_fails(
        FETCH(server_url("/model.joblib"), .env = smuggled), KF_EINVAL, "one line");
}
END_TEST

START_TEST(what_cannot_be_had)
{
    serve_with(answer_file);
    ck_fails(fetch(server_url("/"), NULL), KF_EINVAL, "name of a file");
    ck_fails(fetch(server_url(""), NULL), KF_EINVAL, "name of a file");
    ck_fails(fetch(server_url("/a/.."), NULL), KF_EINVAL, "name of a file");
    ck_fails(fetch(server_url("/a%2Fb/%2e%2e"), NULL), KF_EINVAL, "name of a file");
    server_change(file.status = "404 Not Found");
    ck_fails(fetch(server_url("/model.joblib"), NULL), KF_ENOENT, "404");
    server_change(file.status = "403 Forbidden");
    ck_fails(fetch(server_url("/model.joblib?sig=secret"), NULL), KF_EIO, "-headers");
    ck_assert_ptr_null(strstr(kf_last_error()->message, "secret"));
    server_change(file.status = "304 Not Modified");
    ck_fails(fetch(server_url("/model.joblib"), NULL), KF_EIO, "304");
    server_change(file.status = "206 Part");
    ck_fails(fetch(server_url("/model.joblib"), NULL), KF_EIO, "206");
}
END_TEST

START_TEST(a_source_that_fails)
{
    serve_with(answer_file);
    ck_ok(fetch(server_url("/model.joblib"), NULL));
    char *first = kf__strdup(fetched);
    server_change(file.status = "503 Busy");
    server_change(file.tag = "\"two\"");
    ck_ok(fetch(server_url("/model.joblib"), NULL));
    ck_assert_str_eq(fetched, first);
    ck_fails(fetch(server_url("/other.joblib"), NULL), KF_EIO, "503");
    server_change(file.status = "404 Not Found");
    ck_fails(fetch(server_url("/model.joblib"), NULL), KF_ENOENT, "404");
    kf__free(first);
}
END_TEST

START_TEST(out_of_memory)
{
    serve_with(answer_file);
    ck_survives_nomem(fetch(server_url("/model.joblib"), NULL));
    check_file(in_model("model.joblib"), "the model");
}
END_TEST

KF_TEST_MAIN_WITH("storage_http", set_up, end_storage, one_file,
    asks_whether_it_changed, queries_are_noted_nowhere, without_asking,
    a_server_without_names_of_versions, by_time, types_of_content, archives,
    hostile_archives, digests_are_compared, headers_of_the_host, what_cannot_be_had,
    a_source_that_fails, out_of_memory)
