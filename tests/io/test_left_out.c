/* SPDX-License-Identifier: Apache-2.0 */
/* A build without a library says which package it lacks. */
#include "io/archive.h"
#include "io/grpc_server.h"
#include "io/http_client.h"

#include "folder.h"

START_TEST(says_what_is_left_out)
{
#ifndef KF_WITH_HTTP_CLIENT
    kf_http_client *client = NULL;
    ck_fails(kf__http_client_new(&client), KF_EUNSUPPORTED, "libcurl4-openssl-dev");
    ck_assert_ptr_null(client);
#endif
#ifndef KF_WITH_HTTP2
    kf_grpc_server *server = NULL;
    ck_fails(kf__grpc_server_start(&(kf_grpc_server_options){0}, &server),
        KF_EUNSUPPORTED, "libnghttp2-dev");
    ck_assert_ptr_null(server);
#endif
#ifndef KF_WITH_ARCHIVE
    ck_fails(kf__archive_unpack(in_folder("a.tar"), in_folder("b"), NULL),
        KF_EUNSUPPORTED, "libarchive-dev");
    ck_fails(kf__archive_gunzip(in_folder("a.gz"), in_folder("b"), NULL),
        KF_EUNSUPPORTED, "libarchive-dev");
    ck_assert(!kf__file_exists(in_folder("b")));
#endif
}
END_TEST

KF_TEST_MAIN_WITH(
    "left_out", make_test_folder, remove_test_folder, says_what_is_left_out)
