/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

#include "base/mem.h"
#include "kf_test.h"

enum { MANY = 5000 };

static char names[MANY][16];

static void make_names(void)
{
    for (int i = 0; i < MANY; i++)
        snprintf(names[i], sizeof names[i], "task-%d", i);
}

START_TEST(an_empty_map)
{
    kf_map map = KF__MAP_INIT;
    ck_assert(!kf__map_has(&map, "a"));
    ck_assert_ptr_null(kf__map_get(&map, ""));
    kf__map_finish(&map);
}
END_TEST

START_TEST(setting_and_replacing)
{
    kf_map map = KF__MAP_INIT;
    int one, two;
    ck_ok(kf__map_set(&map, "a", &one));
    ck_ok(kf__map_set(&map, "", &one));
    ck_ok(kf__map_set(&map, "b", NULL));
    ck_ok(kf__map_set(&map, "a", &two));
    ck_assert_uint_eq(map.count, 3);
    ck_assert_ptr_eq(kf__map_get(&map, "a"), &two);
    ck_assert_ptr_eq(kf__map_get(&map, ""), &one);
    ck_assert(kf__map_has(&map, "b"));
    ck_assert_ptr_null(kf__map_get(&map, "b"));
    ck_assert_ptr_null(kf__map_get(&map, "ab"));
    kf__map_finish(&map);
}
END_TEST

START_TEST(a_key_that_is_part_of_a_text)
{
    kf_map map = KF__MAP_INIT;
    void *value = NULL;
    int here;
    ck_ok(kf__map_set(&map, "train", &here));
    ck_assert(kf__map_find(&map, "train.output", 5, &value));
    ck_assert_ptr_eq(value, &here);
    ck_assert(kf__map_find(&map, "train", 5, NULL));
    ck_assert(!kf__map_find(&map, "train", 4, NULL));
    ck_assert(!kf__map_find(&map, "train.", 6, NULL));
    kf__map_finish(&map);
}
END_TEST

START_TEST(dropping_what_was_inserted_last)
{
    kf_map map = KF__MAP_INIT;
    make_names();
    for (size_t i = 0; i < 300; i++)
        ck_ok(kf__map_set_index(&map, names[i], i));
    for (size_t i = 300; i-- > 100;) {
        kf__map_drop_last(&map);
        ck_assert_uint_eq(map.count, i);
        ck_assert(!kf__map_has(&map, names[i]));
        ck_assert(kf__map_has(&map, names[i - 1]));
    }
    for (size_t i = 100; i < 300; i++)
        ck_ok(kf__map_set_index(&map, names[i], i));
    for (size_t i = 0; i < 300; i++) {
        size_t at = MANY;
        ck_assert(kf__map_find_index(&map, names[i], &at));
        ck_assert_uint_eq(at, i);
    }
    kf__map_finish(&map);
}
END_TEST

START_TEST(many_entries_in_order)
{
    make_names();
    kf_map map = KF__MAP_INIT;
    for (size_t i = 0; i < MANY; i++) {
        ck_ok(kf__map_set_index(&map, names[i], i));
        size_t found = MANY;
        ck_assert(kf__map_find_index(&map, names[i / 2], &found));
        ck_assert_uint_eq(found, i / 2);
    }
    ck_assert_uint_eq(map.count, MANY);
    for (size_t i = 0; i < MANY; i++) {
        ck_assert_str_eq(map.entries[i].key, names[i]);
        size_t found = MANY;
        ck_assert(kf__map_find_index(&map, names[i], &found));
        ck_assert_uint_eq(found, i);
    }
    size_t found;
    ck_assert(!kf__map_find_index(&map, "task-5000", &found));
    kf__map_finish(&map);
}
END_TEST

static kf_status fill(kf_map *map)
{
    for (size_t i = 0; i < 200; i++) {
        kf_status status = kf__map_set_index(map, names[i], i);
        if (status != KF_OK)
            return status;
    }
    return KF_OK;
}

static kf_status fill_and_finish(void)
{
    kf_map map = KF__MAP_INIT;
    kf_status status = fill(&map);
    kf__mem_fail_after(-1);
    for (size_t i = 0; i < map.count; i++) {
        size_t found = MANY;
        ck_assert(kf__map_find_index(&map, names[i], &found));
        ck_assert_uint_eq(found, i);
    }
    kf__map_finish(&map);
    return status;
}

START_TEST(failed_allocations_lose_nothing)
{
    make_names();
    ck_survives_nomem(fill_and_finish());
}
END_TEST

KF_TEST_MAIN("map", an_empty_map, setting_and_replacing, a_key_that_is_part_of_a_text,
    dropping_what_was_inserted_last, many_entries_in_order,
    failed_allocations_lose_nothing)
