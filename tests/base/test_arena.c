/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include "base/mem.h"
#include "kf_test.h"

#include <stdalign.h>

START_TEST(memory_is_zeroed_and_aligned)
{
    kf_arena arena = KF__ARENA_INIT;
    for (size_t size = 1; size < 3000; size += 7) {
        unsigned char *memory = kf__arena_alloc(&arena, size);
        ck_assert_ptr_nonnull(memory);
        ck_assert_uint_eq((uintptr_t)memory % alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            ck_assert_uint_eq(memory[i], 0);
        memset(memory, 0xAA, size);
        ck_assert_str_eq(kf__arena_strdup(&arena, "x"), "x");
    }
    kf__arena_finish(&arena);
    ck_assert_uint_eq(arena.total, 0);
}
END_TEST

START_TEST(pieces_do_not_overlap)
{
    enum { COUNT = 2000 };
    kf_arena arena = KF__ARENA_INIT;
    uint32_t *pieces[COUNT];
    size_t lengths[COUNT];
    for (uint32_t i = 0; i < COUNT; i++) {
        lengths[i] = i % 97 == 0 ? 5000 : 1 + i % 13;
        pieces[i] = kf__arena_alloc_aligned(
            &arena, lengths[i] * sizeof(uint32_t), alignof(uint32_t));
        for (size_t j = 0; j < lengths[i]; j++)
            pieces[i][j] = i;
    }
    for (uint32_t i = 0; i < COUNT; i++)
        for (size_t j = 0; j < lengths[i]; j++)
            ck_assert_uint_eq(pieces[i][j], i);
    kf__arena_finish(&arena);
}
END_TEST

START_TEST(few_blocks_for_many_pieces)
{
    kf_arena arena = KF__ARENA_INIT;
    kf__mem_fail_after(-1);
    for (int i = 0; i < 100000; i++)
        ck_assert_ptr_nonnull(kf__arena_alloc_aligned(&arena, 24, 8));
    ck_assert_int_lt(kf__mem_count(), 60);
    ck_assert_uint_lt(arena.total, 24 * 100000 + 200000);
    kf__arena_finish(&arena);
}
END_TEST

/* Vector instructions need 64, which is more than the heap gives. */
START_TEST(alignment_of_addresses)
{
    kf_arena arena = KF__ARENA_INIT;
    for (size_t i = 0; i < 200; i++) {
        ck_assert_ptr_nonnull(kf__arena_alloc_aligned(&arena, 1 + i % 7, 1));
        char *piece = kf__arena_alloc_aligned(&arena, i * 37 + 1, 64);
        ck_assert_uint_eq((uintptr_t)piece % 64, 0);
        memset(piece, 'x', i * 37 + 1);
    }
    kf__arena_finish(&arena);
}
END_TEST

START_TEST(used_again_without_the_heap)
{
    kf_arena arena = KF__ARENA_INIT;
    for (int i = 0; i < 3; i++) {
        kf__arena_reset(&arena);
        kf__mem_fail_after(i == 2 ? 0 : -1);
        for (size_t size = 1; size < 6000; size += 700) {
            char *piece = kf__arena_alloc(&arena, size);
            ck_assert_ptr_nonnull(piece);
            for (size_t k = 0; k < size; k++)
                ck_assert_int_eq(piece[k], 0);
            memset(piece, 'x', size);
        }
    }
    kf__mem_fail_after(-1);
    ck_assert_ptr_nonnull(kf__arena_alloc(&arena, 1 << 20));
    kf__arena_reset(&arena);
    ck_assert_uint_eq(arena.total, 0);
    kf__arena_finish(&arena);
}
END_TEST

START_TEST(text)
{
    kf_arena arena = KF__ARENA_INIT;
    ck_assert_ptr_null(kf__arena_strdup(&arena, NULL));
    ck_assert_str_eq(kf__arena_strndup(&arena, "abcdef", 3), "abc");
    ck_assert_mem_eq(kf__arena_strndup(&arena, "a\0b", 3), "a\0b", 4);
    ck_assert_str_eq(kf__arena_printf(&arena, "%s-%d", "task", 7), "task-7");
    char *longer = kf__arena_printf(&arena, "%0999d", 5);
    ck_assert_uint_eq(strlen(longer), 999);
    ck_assert_int_eq(longer[998], '5');
    kf__arena_finish(&arena);
}
END_TEST

START_TEST(failure_is_null)
{
    kf_arena arena = KF__ARENA_INIT;
    kf__mem_fail_after(0);
    ck_assert_ptr_null(kf__arena_alloc(&arena, 8));
    ck_assert_int_eq(kf_last_error()->code, KF_ENOMEM);
    ck_assert_ptr_null(kf__arena_strdup(&arena, "text"));
    ck_assert_ptr_null(kf__arena_printf(&arena, "%0999d", 5));
    kf__mem_fail_after(-1);
    ck_assert_ptr_null(kf__arena_alloc(&arena, SIZE_MAX));
    ck_assert_ptr_null(kf__arena_alloc(&arena, SIZE_MAX - 64));
    ck_assert_ptr_null(kf__arena_strndup(&arena, "", SIZE_MAX));
    ck_assert_ptr_nonnull(kf__arena_alloc(&arena, 8));
    kf__arena_finish(&arena);
}
END_TEST

KF_TEST_MAIN("arena", memory_is_zeroed_and_aligned, pieces_do_not_overlap,
    few_blocks_for_many_pieces, alignment_of_addresses, used_again_without_the_heap,
    text, failure_is_null)
