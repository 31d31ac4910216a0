/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/storage_xml.h"

#include "kf_test.h"

/* The events of the text: "(name", "text)name"; or the error. */
static kf_status read_text(const char *text, kf_buf *out)
{
    kf_xml xml;
    kf_xml_kind kind;
    kf_status status;
    kf__xml_begin(&xml, text, strlen(text));
    while ((status = kf__xml_next(&xml, &kind)) == KF_OK && kind != KF_XML_END) {
        if (kind == KF_XML_OPEN)
            kf__buf_printf(out, "(%s", kf__xml_name(&xml, 0));
        else
            kf__buf_printf(
                out, "%s)%s", kf__buf_text(&xml.text), kf__xml_name(&xml, 0));
    }
    kf__xml_finish(&xml);
    return status;
}

static void check(const char *text, const char *events)
{
    kf_buf found = KF__BUF_INIT;
    ck_ok(read_text(text, &found));
    ck_assert_str_eq(kf__buf_text(&found), events);
    kf__buf_finish(&found);
}

START_TEST(elements)
{
    check("<a/>", "(a)a");
    check("<a></a>", "(a)a");
    check("<?xml version='1.0'?>\n<!-- c > --><a b='x>y' c=\"/\"><b>1</b><b />2</a>\n",
        "(a(b1)b(b)b2)a");
    check("<s3:a xmlns:s3='u'><s3:b>t</s3:b ></s3:a>", "(a(bt)b)a");
    check("<a><b>x</b>\n <b>y</b></a >", "(a(bx)b(by)b)a");
}
END_TEST

START_TEST(texts)
{
    check("<a>&amp;&lt;&gt;&quot;&apos;</a>", "(a&<>\"')a");
    check("<a>&#65;&#x42;&#x1F600;&#228;</a>", "(aAB\xf0\x9f\x98\x80\xc3\xa4)a");
    check("<a>x<![CDATA[<&]]>]<!-- no -->y</a>", "(ax<&]y)a");
}
END_TEST

static void check_fault(const char *text, const char *reason)
{
    kf_buf found = KF__BUF_INIT;
    ck_fails(read_text(text, &found), KF_EPARSE, reason);
    kf__buf_finish(&found);
}

START_TEST(faults)
{
    check_fault("", "ends too early");
    check_fault("<a>", "ends too early");
    check_fault("<a><b></a>", "another element");
    check_fault("</a>", "another element");
    check_fault("<a/><b/>", "second root");
    check_fault("text", "outside of the root");
    check_fault("<a/>text", "outside of the root");
    check_fault("<a b='>", "does not end");
    check_fault("<a <b>", "does not end");
    check_fault("<a></a", "does not end");
    check_fault("<>", "without a name");
    check_fault("<a>&none;</a>", "reference");
    check_fault("<a>&#0;</a>", "reference");
    check_fault("<a>&#xd800;</a>", "reference");
    check_fault("<a>&#x110000;</a>", "reference");
    check_fault("<a>&#;</a>", "reference");
    check_fault("<a>& </a>", "reference");
    check_fault("<!DOCTYPE a><a/>", "document type");
    check_fault("<!-- ", "comment");
    check_fault("<?xml", "instruction");
    check_fault("<a><![CDATA[", "CDATA");
    check_fault("<a>\n  <b>\n</a>", "another element");
    ck_assert_int_eq(kf_last_error()->line, 3);
}
END_TEST

START_TEST(ceilings)
{
    kf_buf deep = KF__BUF_INIT, found = KF__BUF_INIT;
    for (int i = 0; i < KF__XML_DEPTH + 1; i++)
        kf__buf_puts(&deep, "<a>");
    ck_fails(read_text(deep.data, &found), KF_ELIMIT, "nested deeper");
    kf__buf_truncate(&deep, 0);
    kf__buf_putc(&deep, '<');
    kf__buf_fill(&deep, 'a', KF__XML_NAME);
    kf__buf_puts(&deep, "/>");
    ck_fails(read_text(deep.data, &found), KF_ELIMIT, "a name");
    kf__buf_finish(&deep);
    kf__buf_finish(&found);
}
END_TEST

KF_TEST_MAIN("storage_xml", elements, texts, faults, ceilings)
