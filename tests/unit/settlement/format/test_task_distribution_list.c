#include "test.h"

#include "base/error.h"
#include "settlement/format/task_distribution_list.h"
#include "settlement/task_list_build.h"
#include <stdio.h>

static const struct pubkey task = {{9}};

static struct pubkey key_of(uint8_t number)
{
    struct pubkey key;
    memset(key.bytes, number, sizeof(key.bytes));
    return key;
}

static int parse(const char *text, struct arena *arena, size_t *count)
{
    struct task_list_entry *entries;
    struct buffer data = {0};
    task_list_build_text(&task, 7, bytes_text(text), &data);
    int status =
        task_list_parse(buffer_view(&data), &task, 7, arena, &entries, count);
    buffer_free(&data);
    return status;
}

static void test_envelope_is_that_of_the_reference(void **state)
{
    struct buffer data = {0};
    char expected[128];
    task_list_build_text(&task, 7, bytes_text("{}"), &data);
    snprintf(expected, sizeof(expected), "{\"7\":{\"%s\":[123,125,0]}}",
             PUBKEY_TEXT(&task));
    assert_string_equal(buffer_string(&data), expected);
    buffer_free(&data);
}

static void test_list_survives_its_chunks(void **state)
{
    struct task_list_entry entries[100];
    struct task_list_entry *out;
    struct arena arena = {0};
    struct buffer data = {0};
    struct buffer account = {0};
    size_t count;
    for (size_t i = 0; i < 100; i++)
        entries[i] = (struct task_list_entry){key_of((uint8_t)i),
                                              i % 3 ? (int64_t)(i * 1000000000)
                                                    : -(int64_t)i};
    entries[99].amount = INT64_MAX;
    task_list_build(&task, 12, entries, 100, &data);
    size_t chunks = task_list_chunk_count(data.size);
    for (size_t i = chunks; i-- > 0;) {
        struct task_instruction chunk;
        struct task_instruction parsed;
        struct buffer wire = {0};
        task_list_chunk(buffer_view(&data), i, 12, &chunk);
        assert_ok(task_instruction_build(&chunk, &wire));
        assert_ok(task_instruction_parse(buffer_view(&wire), &parsed));
        size_t end = (size_t)(parsed.chunk.number + 1) * 508;
        if (account.size < end)
            buffer_resize(&account, end);
        memcpy(account.data + end - 508, parsed.chunk.data.data, 508);
        buffer_free(&wire);
    }
    assert_true(account.size > data.size);
    assert_ok(task_list_parse(buffer_view(&account), &task, 12, &arena, &out,
                              &count));
    assert_int_equal(count, 100);
    for (size_t i = 0; i < 100; i++) {
        assert_true(pubkey_equal(&out[i].key, &entries[i].key));
        assert_true(out[i].amount == entries[i].amount);
    }
    arena_free(&arena);
    buffer_free(&data);
    buffer_free(&account);
}

static void test_text_of_whole_chunks_still_ends_with_zero(void **state)
{
    assert_int_equal(task_list_chunk_count(507), 1);
    assert_int_equal(task_list_chunk_count(508), 2);
    assert_int_equal(task_list_chunk_count(0), 1);
}

static void test_white_space_and_other_lists_are_passed_over(void **state)
{
    struct task_list_entry *out;
    struct arena arena = {0};
    size_t count;
    char text[512];
    struct pubkey other = key_of(3);
    struct pubkey_text name = pubkey_text(&task);
    snprintf(text, sizeof(text),
             "{ \"6\" : { \"%s\" : [ 1 ] } ,\n \"7\": {\"%s\": [9,9], "
             "\"%s\": [123, 125, 0, 65] } , \"8\":{} }",
             name.text, PUBKEY_TEXT(&other), name.text);
    assert_ok(
        task_list_parse(bytes_text(text), &task, 7, &arena, &out, &count));
    assert_int_equal(count, 0);
    assert_int_equal(
        task_list_parse(bytes_text(text), &task, 8, &arena, &out, &count),
        ERR_NOT_FOUND);
    assert_int_equal(
        task_list_parse(bytes_text(text), &other, 7, &arena, &out, &count),
        ERR_INVALID);
    arena_free(&arena);
}

static void test_plain_list_is_read_without_its_padding(void **state)
{
    static const char list[] = "{\"11111111111111111111111111111111\": 5}";
    const char *const paddings[] = {"", "      ", " \n\t\r "};
    for (size_t i = 0; i < 3; i++) {
        struct buffer data = {0}, text = {0};
        buffer_text(&data, list);
        buffer_text(&data, paddings[i]);
        buffer_u8(&data, 0);
        buffer_text(&data, "what was there before");
        assert_ok(task_list_text(buffer_view(&data), &task, 7, &text));
        assert_string_equal(buffer_string(&text), list);
        buffer_free(&data);
        buffer_free(&text);
    }
}

/* Rounds 6 and 7 of two tasks, and bytes after the list. */
static void test_bincode_is_read_and_bounded(void **state)
{
    struct pubkey other = key_of(3);
    const struct pubkey *const tasks[] = {&other, &task};
    struct buffer data = {0}, text = {0};
    buffer_u64le(&data, 2);
    for (uint64_t round = 6; round < 8; round++) {
        buffer_u64le(&data, round);
        buffer_u64le(&data, 2);
        for (size_t i = 0; i < 2; i++) {
            char list[8];
            snprintf(list, sizeof(list), "{%d%zu}", (int)round, i);
            buffer_u64le(&data, strlen(PUBKEY_TEXT(tasks[i])));
            buffer_text(&data, PUBKEY_TEXT(tasks[i]));
            buffer_u64le(&data, strlen(list));
            buffer_text(&data, list);
        }
    }
    size_t size = data.size;
    buffer_text(&data, "bytes behind");
    assert_ok(task_list_text(buffer_view(&data), &task, 7, &text));
    assert_string_equal(buffer_string(&text), "{71}");
    assert_int_equal(task_list_text(buffer_view(&data), &task, 8, &text),
                     ERR_NOT_FOUND);
    /* Cut anywhere, it is neither bincode nor a list. */
    for (size_t cut = 0; cut < size; cut++) {
        struct arena arena = {0};
        struct task_list_entry *entries;
        size_t count;
        assert_int_equal(task_list_parse(bytes_make(data.data, cut), &task, 7,
                                         &arena, &entries, &count),
                         ERR_INVALID);
        arena_free(&arena);
    }
    buffer_free(&data);
    buffer_free(&text);
}

static void test_malformed_lists_are_refused(void **state)
{
    static const char *const lists[] = {
        "",
        "null",
        "[]",
        "{",
        "{\"11111111111111111111111111111111\"}",
        "{\"11111111111111111111111111111111\":}",
        "{\"11111111111111111111111111111111\":1.5}",
        "{\"11111111111111111111111111111111\":1e3}",
        "{\"11111111111111111111111111111111\":\"1\"}",
        "{\"11111111111111111111111111111111\":01}",
        "{\"11111111111111111111111111111111\":- 1}",
        "{\"11111111111111111111111111111111\":9223372036854775808}",
        "{\"11111111111111111111111111111111\":1,}",
        ("{\"11111111111111111111111111111111\":1,"
         "\"11111111111111111111111111111111\":2}"),
        "{\"1111111111111111111111111111111\":1}",
        "{\"0OIl\":1}",
        "{\"\\u0031\":1}",
        "{} {}",
    };
    struct arena arena = {0};
    size_t count;
    for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
        assert_int_equal(parse(lists[i], &arena, &count), ERR_INVALID);
    assert_ok(
        parse("{\"11111111111111111111111111111111\":-5}", &arena, &count));
    assert_int_equal(count, 1);
    arena_free(&arena);
}

static void test_malformed_envelopes_are_refused(void **state)
{
    static const char *const envelopes[] = {
        "",
        "7",
        "{\"7\"",
        "{\"7\":",
        "{\"7\":[",
        "{\"7\":{}",
        "{\"7\":{}}x",
        "{\"7\":{\"a\":[256]}}",
        "{\"7\":{\"a\":[-1]}}",
    };
    struct task_list_entry *out;
    struct arena arena = {0};
    size_t count;
    for (size_t i = 0; i < sizeof(envelopes) / sizeof(*envelopes); i++)
        assert_int_equal(task_list_parse(bytes_text(envelopes[i]), &task, 7,
                                         &arena, &out, &count),
                         ERR_INVALID);
    assert_int_equal(
        task_list_parse((struct bytes){0}, &task, 7, &arena, &out, &count),
        ERR_INVALID);
    arena_free(&arena);
}

int main(void)
{
    crypto_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_envelope_is_that_of_the_reference),
        cmocka_unit_test(test_list_survives_its_chunks),
        cmocka_unit_test(test_text_of_whole_chunks_still_ends_with_zero),
        cmocka_unit_test(test_white_space_and_other_lists_are_passed_over),
        cmocka_unit_test(test_plain_list_is_read_without_its_padding),
        cmocka_unit_test(test_bincode_is_read_and_bounded),
        cmocka_unit_test(test_malformed_lists_are_refused),
        cmocka_unit_test(test_malformed_envelopes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
