/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/storage_xml.h"

#include "base/error.h"
#include "base/text.h"

static kf_status fail(const kf_xml *xml, const char *what)
{
    int line = 1, column = 1;
    for (const char *at = xml->start; at < xml->at; at++) {
        line += *at == '\n';
        column = *at == '\n' ? 1 : column + 1;
    }
    return kf__fail_at(KF_EPARSE, NULL, line, column, "malformed XML: %s", what);
}

void kf__xml_begin(kf_xml *xml, const char *text, size_t length)
{
    *xml = (kf_xml){.at = text, .start = text, .end = text + length};
}

void kf__xml_finish(kf_xml *xml)
{
    kf__buf_finish(&xml->text);
}

const char *kf__xml_name(const kf_xml *xml, int up)
{
    return xml->depth > up ? xml->names[xml->depth - 1 - up] : "";
}

static bool begins(const kf_xml *xml, const char *text)
{
    size_t length = strlen(text);
    return (size_t)(xml->end - xml->at) >= length && memcmp(xml->at, text, length) == 0;
}

/* Past the next `text`. */
static bool skip_past(kf_xml *xml, const char *text)
{
    size_t length = strlen(text);
    for (; (size_t)(xml->end - xml->at) >= length; xml->at++) {
        if (memcmp(xml->at, text, length) == 0) {
            xml->at += length;
            return true;
        }
    }
    return false;
}

static bool is_blank(char letter)
{
    return letter == ' ' || letter == '\t' || letter == '\r' || letter == '\n';
}

static void skip_blanks(kf_xml *xml)
{
    while (xml->at < xml->end && is_blank(*xml->at))
        xml->at++;
}

/* ---- text ---- */

/* "#65;", "#x41;", "amp;" … */
static bool named_character(const char *name, size_t length, uint32_t *out)
{
    static const struct {
        const char *name;
        char letter;
    } known[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strlen(known[i].name) == length &&
            memcmp(known[i].name, name, length) == 0) {
            *out = (uint32_t)known[i].letter;
            return true;
        }
    }
    return false;
}

static bool numbered_character(const char *text, size_t length, uint32_t *out)
{
    bool hex = length > 0 && (*text == 'x' || *text == 'X');
    uint32_t number = 0;
    if (length == 0 || length > 8 || (hex && length == 1))
        return false;
    for (size_t i = hex; i < length; i++) {
        char letter = text[i];
        uint32_t digit =
            letter >= '0' && letter <= '9'   ? (uint32_t)(letter - '0')
            : letter >= 'a' && letter <= 'f' ? (uint32_t)(letter - 'a' + 10)
            : letter >= 'A' && letter <= 'F' ? (uint32_t)(letter - 'A' + 10)
                                             : 16;
        if (digit >= (hex ? 16u : 10u))
            return false;
        number = number * (hex ? 16 : 10) + digit;
        if (number > 0x10ffff)
            return false;
    }
    *out = number;
    return number != 0 && (number < 0xd800 || number > 0xdfff);
}

static kf_status take_reference(kf_xml *xml)
{
    const char *name = xml->at + 1;
    size_t rest = (size_t)(xml->end - name);
    const char *end = memchr(name, ';', rest < 16 ? rest : 16);
    uint32_t letter = 0;
    size_t length = end != NULL ? (size_t)(end - name) : 0;
    bool known =
        length > 0 && (*name == '#' ? numbered_character(name + 1, length - 1, &letter)
                                    : named_character(name, length, &letter));
    if (!known)
        return fail(xml, "an unknown reference after '&'");
    kf__utf8_put(&xml->text, letter);
    xml->at = end + 1;
    return KF_OK;
}

static kf_status take_text(kf_xml *xml)
{
    while (xml->at < xml->end && *xml->at != '<') {
        if (*xml->at == '&') {
            KF__TRY(take_reference(xml));
            continue;
        }
        if (*xml->at == '\0')
            return fail(xml, "a NUL byte");
        if (xml->depth == 0 && !is_blank(*xml->at))
            return fail(xml, "text outside of the root element");
        kf__buf_putc(&xml->text, *xml->at++);
    }
    return xml->text.status;
}

static kf_status take_cdata(kf_xml *xml)
{
    const char *start = xml->at += strlen("<![CDATA[");
    if (xml->depth == 0 || !skip_past(xml, "]]>"))
        return fail(xml, "a CDATA section that does not end");
    size_t length = (size_t)(xml->at - start) - 3;
    if (memchr(start, '\0', length) != NULL)
        return fail(xml, "a NUL byte");
    kf__buf_append(&xml->text, start, length);
    return xml->text.status;
}

/* ---- tags ---- */

static bool ends_name(char letter)
{
    return is_blank(letter) || letter == '/' || letter == '>' || letter == '<' ||
           letter == '=' || letter == '"' || letter == '\0';
}

/* Without the prefix. */
static kf_status take_name(kf_xml *xml, char out[KF__XML_NAME])
{
    const char *start = xml->at;
    while (xml->at < xml->end && !ends_name(*xml->at)) {
        if (*xml->at++ == ':')
            start = xml->at;
    }
    size_t length = (size_t)(xml->at - start);
    if (length == 0)
        return fail(xml, "a tag without a name");
    if (length >= KF__XML_NAME)
        return kf__fail(
            KF_ELIMIT, NULL, "a name in XML has more than %d bytes", KF__XML_NAME - 1);
    memcpy(out, start, length);
    out[length] = '\0';
    return KF_OK;
}

/* Attributes, and the '>' or "/>" at the end. */
static kf_status finish_tag(kf_xml *xml)
{
    char quote = '\0';
    for (; xml->at < xml->end; xml->at++) {
        if (quote != '\0') {
            quote = *xml->at == quote ? '\0' : quote;
        } else if (*xml->at == '"' || *xml->at == '\'') {
            quote = *xml->at;
        } else if (*xml->at == '>') {
            xml->closing = xml->at[-1] == '/';
            xml->at++;
            return KF_OK;
        } else if (*xml->at == '<') {
            break;
        }
    }
    return fail(xml, "a tag that does not end");
}

static kf_status open_element(kf_xml *xml)
{
    if (xml->depth == 0 && xml->seen)
        return fail(xml, "a second root element");
    if (xml->depth >= KF__XML_DEPTH)
        return kf__fail(
            KF_ELIMIT, NULL, "XML nested deeper than %d elements", KF__XML_DEPTH);
    xml->at++;
    KF__TRY(take_name(xml, xml->names[xml->depth]));
    KF__TRY(finish_tag(xml));
    xml->depth++;
    xml->seen = true;
    kf__buf_truncate(&xml->text, 0);
    return KF_OK;
}

static kf_status close_element(kf_xml *xml)
{
    char name[KF__XML_NAME];
    xml->at += 2;
    KF__TRY(take_name(xml, name));
    skip_blanks(xml);
    if (xml->depth == 0 || strcmp(name, kf__xml_name(xml, 0)) != 0)
        return fail(xml, "an end tag of another element");
    if (xml->at >= xml->end || *xml->at != '>')
        return fail(xml, "a tag that does not end");
    xml->at++;
    return KF_OK;
}

static kf_status take_tag(kf_xml *xml, kf_xml_kind *kind, bool *event)
{
    *event = false;
    if (begins(xml, "<!--"))
        return xml->at += 4,
               skip_past(xml, "-->") ? KF_OK : fail(xml, "a comment that does not end");
    if (begins(xml, "<?"))
        return skip_past(xml, "?>") ? KF_OK
                                    : fail(xml, "an instruction that does not end");
    if (begins(xml, "<![CDATA["))
        return take_cdata(xml);
    if (begins(xml, "<!"))
        return fail(xml, "a document type");
    *event = true;
    *kind = begins(xml, "</") ? KF_XML_CLOSE : KF_XML_OPEN;
    return *kind == KF_XML_CLOSE ? close_element(xml) : open_element(xml);
}

static void leave(kf_xml *xml)
{
    if (xml->left) {
        xml->depth--;
        xml->left = false;
        kf__buf_truncate(&xml->text, 0);
    }
}

kf_status kf__xml_next(kf_xml *xml, kf_xml_kind *kind)
{
    bool event = false;
    leave(xml);
    if (xml->closing) {
        xml->closing = false;
        *kind = KF_XML_CLOSE;
        event = true;
    }
    while (!event && xml->at < xml->end) {
        KF__TRY(take_text(xml));
        if (xml->at < xml->end)
            KF__TRY(take_tag(xml, kind, &event));
    }
    if (event) {
        xml->left = *kind == KF_XML_CLOSE;
        return xml->text.status;
    }
    if (xml->depth > 0 || !xml->seen)
        return fail(xml, "it ends too early");
    *kind = KF_XML_END;
    return KF_OK;
}
