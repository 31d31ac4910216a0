/* SPDX-License-Identifier: Apache-2.0 */
/* Settings of algorithms: declared in a table, checked here. */
#include "search/sampler.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"

typedef struct known {
    const char *owner;
    const kf_setting *settings;
    size_t count;
} known;

static const char *next_setting(const void *state, size_t index)
{
    const known *table = state;
    return index < table->count ? table->settings[index].name : NULL;
}

static const kf_setting *find(const known *table, const char *name)
{
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->settings[i].name, name) == 0)
            return &table->settings[i];
    return NULL;
}

static kf_status fail_unknown(const known *table, const char *name)
{
    const char *nearest = kf__nearest(name, next_setting, table);
    if (nearest != NULL)
        return kf__fail(KF_ENOENT, name,
            "%s has no setting '%.100s': did you mean '%s'?", table->owner, name,
            nearest);
    return kf__fail(KF_ENOENT, name, "%s has no setting '%.100s'", table->owner, name);
}

static bool is_none(const kf_value *value)
{
    return kf_value_kind(value) == KF_KIND_NULL || kf__equals_text(value, "None");
}

/* ---- one value ---- */

static kf_status read_number(
    const known *table, const kf_setting *setting, const kf_value *value, double *out)
{
    bool is_number = kf__is(value, KF_KIND_INT) || kf__is(value, KF_KIND_DOUBLE);
    *out = kf_value_double(value);
    if (kf__is(value, KF_KIND_STRING))
        is_number = kf__parse_double(kf_value_string(value), out);
    const char *noun = setting->kind == KF_KIND_INT ? "an integer" : "a number";
    if (!is_number || !isfinite(*out) ||
        (setting->kind == KF_KIND_INT && (*out != floor(*out) || fabs(*out) > 0x1p53)))
        return kf__fail(KF_ETYPE, setting->name, "%s of %s must be %s%s", setting->name,
            table->owner, noun, setting->nullable ? ", or None" : "");
    bool bounded = setting->least != 0 || setting->greatest != 0;
    bool inside = setting->open ? *out > setting->least && *out < setting->greatest
                                : *out >= setting->least && *out <= setting->greatest;
    if (bounded && !inside && isinf(setting->greatest))
        return kf__fail(KF_EINVAL, setting->name, "%s of %s is %s: expected %s %s%s",
            setting->name, table->owner, kf__shown(*out).text, noun,
            setting->open ? "above " : "of at least ", kf__shown(setting->least).text);
    if (bounded && !inside)
        return kf__fail(KF_EINVAL, setting->name,
            "%s of %s is %s: expected %s %s %s %s %s", setting->name, table->owner,
            kf__shown(*out).text, noun, setting->open ? "between" : "from",
            kf__shown(setting->least).text, setting->open ? "and" : "to",
            kf__shown(setting->greatest).text);
    return KF_OK;
}

static bool is_choice(const char *choices, const char *text)
{
    size_t length = strlen(text);
    for (const char *at = choices;; at++) {
        size_t part = strcspn(at, "|");
        if (part == length && memcmp(at, text, length) == 0)
            return true;
        at += part;
        if (*at == '\0')
            return false;
    }
}

static kf_status read_text(
    const known *table, const kf_setting *setting, const kf_value *value)
{
    const char *text = kf_value_string(value);
    if (text == NULL)
        return kf__fail(KF_ETYPE, setting->name, "%s of %s must be text", setting->name,
            table->owner);
    if (setting->choices != NULL && !is_choice(setting->choices, text))
        return kf__fail(KF_EINVAL, setting->name,
            "%s of %s is '%.100s': expected one of %s", setting->name, table->owner,
            text, setting->choices);
    return KF_OK;
}

static kf_status read_bool(
    const known *table, const kf_setting *setting, const kf_value *value, bool *out)
{
    bool is_true = kf__equals_text(value, "true") || kf__equals_text(value, "True");
    bool is_false = kf__equals_text(value, "false") || kf__equals_text(value, "False");
    *out = is_true || kf_value_bool(value);
    if (!kf__is(value, KF_KIND_BOOL) && !is_true && !is_false)
        return kf__fail(KF_ETYPE, setting->name, "%s of %s must be true or false",
            setting->name, table->owner);
    return KF_OK;
}

static kf_status read_value(const known *table, const kf_setting *setting,
    const kf_value *value, kf_tree *tree, kf_value **out)
{
    double number;
    bool boolean;
    if (setting->nullable && is_none(value)) {
        *out = kf__tree_null(tree);
        return KF_OK;
    }
    if (setting->kind == KF_KIND_STRING) {
        KF__TRY(read_text(table, setting, value));
        *out = kf__tree_copy(tree, value);
    } else if (setting->kind == KF_KIND_BOOL) {
        KF__TRY(read_bool(table, setting, value, &boolean));
        *out = kf__tree_bool(tree, boolean);
    } else {
        KF__TRY(read_number(table, setting, value, &number));
        *out = setting->kind == KF_KIND_INT ? kf__tree_int(tree, (int64_t)number)
                                            : kf__tree_double(tree, number);
    }
    return KF_OK;
}

/* ---- all of them ---- */

static kf_status finding(kf_status status, kf_report *report)
{
    if (status == KF_OK || status == KF_ENOMEM || report == NULL)
        return status;
    kf__report_add_last(report);
    return KF_OK;
}

static kf_status read_given(
    const known *table, const kf_value *given, kf_report *report, kf_settings *out)
{
    for (size_t i = 0; i < kf_value_length(given); i++) {
        const char *name = kf_value_key(given, i);
        const kf_setting *setting = find(table, name);
        kf_value *value = NULL;
        kf_status status =
            setting == NULL
                ? fail_unknown(table, name)
                : read_value(table, setting, kf_value_at(given, i), &out->tree, &value);
        KF__TRY(finding(status, report));
        kf__put(&out->tree, out->values, name, value);
    }
    return kf__tree_status(&out->tree);
}

static kf_status fill(const known *table, const kf_value *given, kf_report *report,
    const kf_setting *setting, kf_settings *out)
{
    if (kf_value_get(given, setting->name) != NULL)
        return KF_OK;
    if (setting->required)
        return finding(kf__fail(KF_EMISSING, setting->name, "%s needs the setting %s",
                           table->owner, setting->name),
            report);
    if (setting->fallback == NULL)
        return KF_OK;
    kf_value *value;
    KF__TRY(kf_value_parse(setting->fallback, strlen(setting->fallback), &value));
    kf__put_ref(
        &out->tree, out->values, setting->name, kf__tree_copy(&out->tree, value));
    kf_value_free(value);
    return kf__tree_status(&out->tree);
}

kf_status kf__settings_read(const char *owner, const kf_setting *known_settings,
    size_t count, const kf_value *given, kf_report *report, kf_settings *out)
{
    known table = {owner, known_settings, count};
    kf_settings settings = {0};
    settings.values = kf__tree_struct(&settings.tree);
    kf_status status = KF_OK;
    if (given != NULL && kf_value_kind(given) != KF_KIND_NULL &&
        !kf__is(given, KF_KIND_STRUCT))
        status = kf__fail(KF_ETYPE, NULL, "the settings of %s must be a struct", owner);
    if (status == KF_OK)
        status = read_given(&table, given, report, &settings);
    for (size_t i = 0; status == KF_OK && i < count; i++)
        status = fill(&table, given, report, &known_settings[i], &settings);
    if (status == KF_OK)
        status = kf__tree_status(&settings.tree);
    if (status == KF_OK)
        *out = settings;
    else
        kf__settings_finish(&settings);
    return status;
}

void kf__settings_finish(kf_settings *settings)
{
    kf__tree_finish(&settings->tree);
    settings->values = NULL;
}
