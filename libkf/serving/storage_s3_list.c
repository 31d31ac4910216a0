/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/storage_s3_list.h"

#include "base/error.h"
#include "base/text.h"
#include "base/vec.h"
#include "serving/storage_xml.h"

#include <stdio.h>

typedef struct reading {
    kf_xml xml;
    kf_arena *arena;
    kf_s3_page *page;
    kf_s3_object object;
    bool truncated;
} reading;

static kf_status keep(reading *self, const char **out)
{
    const char *text = kf__buf_text(&self->xml.text);
    if (!kf__utf8_valid(text, strlen(text), NULL))
        return kf__fail(
            KF_EDOCUMENT, NULL, "a listing of S3 has text that is no UTF-8");
    *out = kf__arena_strdup(self->arena, text);
    return *out != NULL ? KF_OK : KF_ENOMEM;
}

static kf_status close_in_object(reading *self, const char *name)
{
    if (strcmp(name, "Key") == 0)
        return keep(self, &self->object.key);
    if (strcmp(name, "ETag") == 0)
        return keep(self, &self->object.etag);
    if (strcmp(name, "Size") == 0 &&
        (!kf__parse_int64(kf__buf_text(&self->xml.text), &self->object.size) ||
            self->object.size < 0))
        return kf__fail(KF_EDOCUMENT, NULL, "a listing of S3 has the size \"%.40s\"",
            kf__buf_text(&self->xml.text));
    return KF_OK;
}

static kf_status close_object(reading *self)
{
    if (self->object.key == NULL || *self->object.key == '\0' || self->object.size < 0)
        return kf__fail(
            KF_EDOCUMENT, NULL, "a listing of S3 has an object without key or size");
    return kf__vec_push(self->page, self->object);
}

static kf_status close_element(reading *self)
{
    const char *name = kf__xml_name(&self->xml, 0);
    bool in_object = strcmp(kf__xml_name(&self->xml, 1), "Contents") == 0;
    if (self->xml.depth == 3 && in_object)
        return close_in_object(self, name);
    if (self->xml.depth != 2)
        return KF_OK;
    if (strcmp(name, "Contents") == 0)
        return close_object(self);
    if (strcmp(name, "IsTruncated") == 0)
        self->truncated = strcmp(kf__buf_text(&self->xml.text), "true") == 0;
    if (strcmp(name, "NextContinuationToken") == 0)
        return keep(self, &self->page->next);
    return KF_OK;
}

static kf_status open_element(reading *self)
{
    const char *name = kf__xml_name(&self->xml, 0);
    if (self->xml.depth == 1 && strcmp(name, "ListBucketResult") != 0)
        return kf__fail(KF_EDOCUMENT, NULL,
            "expected a listing of S3 (ListBucketResult), found \"%s\"", name);
    if (self->xml.depth == 2 && strcmp(name, "Contents") == 0)
        self->object = (kf_s3_object){.size = -1};
    return KF_OK;
}

static kf_status read_all(reading *self)
{
    for (;;) {
        kf_xml_kind kind;
        KF__TRY(kf__xml_next(&self->xml, &kind));
        if (kind == KF_XML_END)
            break;
        KF__TRY(kind == KF_XML_OPEN ? open_element(self) : close_element(self));
    }
    if (!self->truncated)
        self->page->next = NULL;
    else if (self->page->next == NULL || *self->page->next == '\0')
        return kf__fail(
            KF_EDOCUMENT, NULL, "a listing of S3 goes on, and does not say where");
    return KF_OK;
}

kf_status kf__s3_read_page(
    kf_arena *arena, const char *text, size_t length, kf_s3_page *out)
{
    reading self = {.arena = arena, .page = out};
    out->count = 0;
    out->next = NULL;
    kf__xml_begin(&self.xml, text, length);
    kf_status status = read_all(&self);
    kf__xml_finish(&self.xml);
    return status;
}

static void take(char *out, size_t size, const char *text)
{
    (void)snprintf(out, size, "%s", text);
    kf__utf8_mend(out, strlen(out));
}

void kf__s3_read_fault(const char *text, size_t length, kf_s3_fault *out)
{
    kf_xml xml;
    kf_xml_kind kind;
    *out = (kf_s3_fault){.code = ""};
    kf__xml_begin(&xml, text, length);
    while (kf__xml_next(&xml, &kind) == KF_OK && kind != KF_XML_END) {
        if (kind != KF_XML_CLOSE || xml.depth != 2 ||
            strcmp(kf__xml_name(&xml, 1), "Error") != 0)
            continue;
        const char *name = kf__xml_name(&xml, 0), *value = kf__buf_text(&xml.text);
        if (strcmp(name, "Code") == 0)
            take(out->code, sizeof out->code, value);
        else if (strcmp(name, "Region") == 0)
            take(out->region, sizeof out->region, value);
        else if (strcmp(name, "Message") == 0)
            take(out->message, sizeof out->message, value);
    }
    kf__xml_finish(&xml);
}
