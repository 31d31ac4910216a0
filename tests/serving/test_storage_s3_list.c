/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/storage_s3_list.h"

#include "base/vec.h"
#include "kf_test.h"

static kf_arena arena;
static kf_s3_page page;

static void tear_down(void)
{
    kf__vec_finish(&page);
    kf__arena_finish(&arena);
}

static kf_status read_page(const char *text)
{
    return kf__s3_read_page(&arena, text, strlen(text), &page);
}

/* The form of the answer is that of Amazon's documentation of ListObjectsV2. */
START_TEST(a_page)
{
    ck_ok(
        read_page("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                  "<ListBucketResult xmlns=\"http://s3.example.com/doc/2006-03-01/\">\n"
                  "  <Name>b</Name><Prefix>m/</Prefix><KeyCount>2</KeyCount>\n"
                  "  <MaxKeys>2</MaxKeys><IsTruncated>true</IsTruncated>\n"
                  "  <Contents>\n    <Key>m/a &amp; b</Key>\n"
                  "    <LastModified>2009-10-12T17:50:30.000Z</LastModified>\n"
                  "    <ETag>&quot;fba9dede5f27731c9771645a39863328&quot;</ETag>\n"
                  "    <Size>434234</Size><StorageClass>STANDARD</StorageClass>\n"
                  "    <Owner><ID>x</ID><DisplayName>y</DisplayName></Owner>\n"
                  "  </Contents>\n"
                  "  <Contents><Key>m/c</Key><Size>0</Size></Contents>\n"
                  "  <CommonPrefixes><Prefix>m/d/</Prefix></CommonPrefixes>\n"
                  "  <NextContinuationToken>1ueGcx==</NextContinuationToken>\n"
                  "</ListBucketResult>"));
    ck_assert_uint_eq(page.count, 2);
    ck_assert_str_eq(page.items[0].key, "m/a & b");
    ck_assert_str_eq(page.items[0].etag, "\"fba9dede5f27731c9771645a39863328\"");
    ck_assert_int_eq(page.items[0].size, 434234);
    ck_assert_str_eq(page.items[1].key, "m/c");
    ck_assert_ptr_null(page.items[1].etag);
    ck_assert_str_eq(page.next, "1ueGcx==");
}
END_TEST

START_TEST(the_last_page)
{
    ck_ok(read_page("<ListBucketResult><IsTruncated>false</IsTruncated>"
                    "<NextContinuationToken>x</NextContinuationToken>"
                    "</ListBucketResult>"));
    ck_assert_uint_eq(page.count, 0);
    ck_assert_ptr_null(page.next);
}
END_TEST

START_TEST(faults)
{
    ck_fails(read_page("<Error/>"), KF_EDOCUMENT, "found \"Error\"");
    ck_fails(read_page("no"), KF_EPARSE, "XML");
    ck_fails(read_page("<ListBucketResult><Contents><Key>a</Key></Contents>"
                       "</ListBucketResult>"),
        KF_EDOCUMENT, "without key or size");
    ck_fails(read_page("<ListBucketResult><Contents><Key/><Size>1</Size></Contents>"
                       "</ListBucketResult>"),
        KF_EDOCUMENT, "without key or size");
    ck_fails(
        read_page("<ListBucketResult><Contents><Key>a</Key><Size>-1</Size></Contents>"
                  "</ListBucketResult>"),
        KF_EDOCUMENT, "size \"-1\"");
    ck_fails(read_page("<ListBucketResult><Contents><Key>\xff</Key></Contents>"
                       "</ListBucketResult>"),
        KF_EDOCUMENT, "UTF-8");
    ck_fails(read_page("<ListBucketResult><IsTruncated>true</IsTruncated>"
                       "</ListBucketResult>"),
        KF_EDOCUMENT, "does not say where");
}
END_TEST

START_TEST(why_there_is_none)
{
    kf_s3_fault fault;
    const char *text =
        "<Error><Code>NoSuchBucket</Code><Message>The specified bucket "
        "does not exist</Message><Region>eu-west-1</Region><Other/></Error>";
    kf__s3_read_fault(text, strlen(text), &fault);
    ck_assert_str_eq(fault.code, "NoSuchBucket");
    ck_assert_str_eq(fault.region, "eu-west-1");
    ck_assert_str_eq(fault.message, "The specified bucket does not exist");
    kf__s3_read_fault("<html>", 6, &fault);
    ck_assert_str_eq(fault.code, "");
    kf__s3_read_fault("", 0, &fault);
    ck_assert_str_eq(fault.message, "");
}
END_TEST

KF_TEST_MAIN_WITH("storage_s3_list", NULL, tear_down, a_page, the_last_page, faults,
    why_there_is_none)
