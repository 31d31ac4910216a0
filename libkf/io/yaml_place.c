/* SPDX-License-Identifier: Apache-2.0 */
#include "io/yaml_place.h"

#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"

static bool is_break(const kf_yaml_place *at, size_t offset)
{
    char character = at->text[offset];
    bool before_newline = offset + 1 < at->length && at->text[offset + 1] == '\n';
    return character == '\n' || (character == '\r' && !before_newline);
}

static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xC0) == 0x80;
}

static void step_forward(kf_yaml_place *at)
{
    bool breaks = is_break(at, at->offset);
    do {
        at->offset++;
    } while (at->offset < at->length && is_continuation(at->text[at->offset]));
    at->index++;
    if (breaks) {
        at->line++;
        at->line_start = at->offset;
    }
}

static void step_back(kf_yaml_place *at)
{
    do {
        at->offset--;
    } while (at->offset > 0 && is_continuation(at->text[at->offset]));
    at->index--;
    if (is_break(at, at->offset)) {
        at->line--;
        at->line_start = at->offset;
        while (at->line_start > 0 && !is_break(at, at->line_start - 1))
            at->line_start--;
    }
}

void kf__yaml_place_start(kf_yaml_place *place, const char *text, size_t length)
{
    *place = (kf_yaml_place){.text = text, .length = length, .line = 1};
    if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        place->offset = place->line_start = 3;
}

void kf__yaml_go_to(kf_yaml_place *place, size_t index)
{
    while (place->index < index && place->offset < place->length)
        step_forward(place);
    while (place->index > index && place->offset > 0)
        step_back(place);
}

int kf__yaml_column(const kf_yaml_place *place)
{
    return (int)(place->offset - place->line_start) + 1;
}

static kf_status fail_at_offset(
    const char *text, size_t length, size_t offset, const char *problem)
{
    kf_yaml_place place;
    kf__yaml_place_start(&place, text, length);
    while (place.offset < offset)
        step_forward(&place);
    return kf__fail_at(
        KF_EPARSE, NULL, place.line, kf__yaml_column(&place), "%s", problem);
}

static bool is_bad_character(const unsigned char *at, size_t left)
{
    if (at[0] < 0x20)
        return at[0] != '\t' && at[0] != '\n' && at[0] != '\r';
    if (at[0] == 0xC2 && left > 1)
        return at[1] < 0xA0 && at[1] != 0x85;
    if (at[0] == 0xEF && left > 2)
        return at[1] == 0xBF && at[2] >= 0xBE;
    return at[0] == 0x7F;
}

kf_status kf__yaml_check_text(const char *text, size_t length)
{
    if (length > KF__LIMIT_DOCUMENT_BYTES)
        return kf__fail(KF_ELIMIT, NULL,
            "the text has %zu bytes, more than the limit of %u for a document "
            "(KF__LIMIT_DOCUMENT_BYTES)",
            length, KF__LIMIT_DOCUMENT_BYTES);
    size_t bad;
    if (length >= 2 &&
        (memcmp(text, "\xFF\xFE", 2) == 0 || memcmp(text, "\xFE\xFF", 2) == 0))
        return kf__fail_at(
            KF_EPARSE, NULL, 1, 1, "the text is UTF-16: save it as UTF-8");
    if (!kf__utf8_valid(text, length, &bad))
        return fail_at_offset(text, length, bad, "the text is not UTF-8 here");
    for (size_t i = 0; i < length; i++) {
        if (is_bad_character((const unsigned char *)text + i, length - i))
            return fail_at_offset(text, length, i,
                "a control character, which YAML allows only as an escape in double "
                "quotes");
    }
    return KF_OK;
}
