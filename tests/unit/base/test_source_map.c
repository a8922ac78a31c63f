/*
 * Lines of a bundle, and where they come from.
 */
#include "test.h"

#include "base/base64.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/source_map.h"
#include <stdio.h>

static struct source_map *open_map(const char *json)
{
    struct buffer url = {0};
    struct source_map *map = NULL;

    buffer_text(&url, "data:application/json;base64,");
    base64_encode(bytes_text(json), &url);
    assert_int_equal(source_map_open(buffer_view(&url), &map), 0);
    buffer_free(&url);
    return map;
}

static void expect(const struct source_map *map, uint64_t line, uint64_t column,
                   const char *source, uint64_t to_line, uint64_t to_column)
{
    const char *found = NULL;

    assert_true(source_map_find(map, &line, &column, &found));
    assert_string_equal(found, source);
    assert_int_equal(line, to_line);
    assert_int_equal(column, to_column);
}

static void expect_none(const struct source_map *map, uint64_t line,
                        uint64_t column)
{
    uint64_t before[2] = {line, column};
    const char *found = NULL;

    assert_false(source_map_find(map, &line, &column, &found));
    assert_null(found);
    assert_int_equal(line, before[0]);
    assert_int_equal(column, before[1]);
}

/* Line 1: columns from 1 on are line 2, column 1 of the first source, those
 * from 10 on its column 11. Line 2: none. Line 3: a piece without a source,
 * then from column 5 on line 1, column 2 of the second one. */
static void test_a_place_is_in_the_last_piece_before_it(void **state)
{
    struct source_map *map =
        open_map("{\"sources\":[\"../src/deep.js\",\"../../lib/a.js\"],"
                 "\"mappings\":\"AACA,SAAU;;A,ICDT\"}");

    expect(map, 1, 1, "src/deep.js", 2, 1);
    expect(map, 1, 9, "src/deep.js", 2, 1);
    expect(map, 1, 10, "src/deep.js", 2, 11);
    expect(map, 1, 1000, "src/deep.js", 2, 11);
    expect_none(map, 2, 1);
    expect_none(map, 3, 4);
    expect(map, 3, 5, "lib/a.js", 1, 2);
    expect_none(map, 0, 1);
    expect_none(map, 1, 0);
    expect_none(map, 99, 1);
    source_map_close(map);
}

static void test_a_broken_map_ends_at_the_fault(void **state)
{
    static const char *const broken[] = {"AA",   "AAAA!",   "!",
                                         "g",    "AAAAAAA", "AggggggggB",
                                         "ADAA", "AAFA",    "AAAF"};

    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        char json[100];
        uint64_t line = 2, column = 1;
        const char *source = "a.js";

        snprintf(json, sizeof(json),
                 "{\"sources\":[\"a.js\"],\"mappings\":\";%s;AAAA\"}",
                 broken[i]);
        struct source_map *map = open_map(json);
        (void)source_map_find(map, &line, &column, &source);
        assert_string_equal(source, "a.js");
        expect_none(map, 1, 1);
        source_map_close(map);
    }
}

static void test_what_is_no_map_is_named(void **state)
{
    static const struct {
        const char *url;
        int status;
    } cases[] = {
        {"", ERR_NOT_FOUND},
        {"main.js.map", ERR_NOT_FOUND},
        {"data:application/json,{}", ERR_NOT_FOUND},
        {"data:application/json;base64,*", ERR_INVALID},
        {"data:application/json;base64,e30=", ERR_NOT_FOUND}, /* {} */
        {"data:application/json;base64,MQ==", ERR_INVALID},   /* 1 */
    };
    struct source_map *map;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(source_map_open(bytes_text(cases[i].url), &map),
                         cases[i].status);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_place_is_in_the_last_piece_before_it),
        cmocka_unit_test(test_a_broken_map_ends_at_the_fault),
        cmocka_unit_test(test_what_is_no_map_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
