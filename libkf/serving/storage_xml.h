/* SPDX-License-Identifier: Apache-2.0 */
/* The XML that S3 answers with: elements and text, one after the other. Attributes,
 * comments and instructions are passed over; a document type is refused. */
#ifndef KF_SERVING_STORAGE_XML_H
#define KF_SERVING_STORAGE_XML_H

#include "base/buf.h"

enum { KF__XML_DEPTH = 16, KF__XML_NAME = 64 };

typedef enum kf_xml_kind {
    KF_XML_END,   /* Of the document. */
    KF_XML_OPEN,  /* An element begins. */
    KF_XML_CLOSE, /* It ends; `text` is what came since the last tag. */
} kf_xml_kind;

typedef struct kf_xml {
    const char *at;
    const char *end;
    const char *start;
    int depth; /* Elements that are open; of CLOSE: the closed one is counted. */
    char names[KF__XML_DEPTH][KF__XML_NAME]; /* Without prefixes. */
    bool closing; /* An element that was opened and closed by one tag. */
    bool seen;    /* The root has been there. */
    bool left;    /* The last event was CLOSE, and depth is still to go down. */
    kf_buf text;
} kf_xml;

void kf__xml_begin(kf_xml *xml, const char *text, size_t length);
void kf__xml_finish(kf_xml *xml);
/* The next event. KF_EPARSE with line and column; KF_ELIMIT: nested too deep, or a name
 * too long; KF_ENOMEM. */
kf_status kf__xml_next(kf_xml *xml, kf_xml_kind *kind);
/* The name of the element of the event; `up`: of one around it; "": there is none. */
const char *kf__xml_name(const kf_xml *xml, int up);

#endif
