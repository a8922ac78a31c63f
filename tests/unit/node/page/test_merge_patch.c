/* Patches, and the examples of RFC 7396. */
#include "../../test.h"

#include "base/error.h"
#include "node/page/merge_patch.h"

static struct json_object *parse(const char *text)
{
    struct json_object *tree = NULL;

    assert_ok(json_parse(bytes_text(text), &tree));
    return tree;
}

/* Member by member; the order is no matter. */
static void check_same(struct json_object *found, const char *expected)
{
    struct json_object *tree = parse(expected);

    if (!json_object_equal(found, tree))
        fail_msg("%s, not %s", json_object_to_json_string(found), expected);
    json_object_put(tree);
}

static void check_apply(const char *target, const char *patch,
                        const char *expected)
{
    struct json_object *change = parse(patch);
    struct json_object *result = merge_patch_apply(parse(target), change);

    check_same(result, expected);
    json_object_put(result);
    json_object_put(change);
}

/* Its appendix A. */
static void test_the_examples_of_the_rfc_hold(void **state)
{
    check_apply("{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}");
    check_apply("{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}");
    check_apply("{\"a\":\"b\"}", "{\"a\":null}", "{}");
    check_apply("{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}");
    check_apply("{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}");
    check_apply("{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}");
    check_apply("{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}",
                "{\"a\":{\"b\":\"d\"}}");
    check_apply("{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}");
    check_apply("[\"a\",\"b\"]", "[\"c\",\"d\"]", "[\"c\",\"d\"]");
    check_apply("{\"a\":\"b\"}", "[\"c\"]", "[\"c\"]");
    check_apply("{\"a\":\"foo\"}", "null", "null");
    check_apply("{\"a\":\"foo\"}", "\"bar\"", "\"bar\"");
    check_apply("{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}");
    check_apply("[1,2]", "{\"a\":\"b\",\"c\":null}", "{\"a\":\"b\"}");
    check_apply("{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}");
}

/* What the patch from one to the other makes is the other, and it is the
 * expected one. */
static void check_make(const char *from, const char *to, const char *expected)
{
    struct json_object *old = parse(from), *wanted = parse(to);
    struct json_object *patch = merge_patch_make(old, wanted);

    if (!expected) {
        assert_null(patch);
    } else {
        check_same(patch, expected);
        old = merge_patch_apply(old, patch);
        struct json_object *none = merge_patch_make(old, wanted);
        assert_null(none);
        none = merge_patch_make(wanted, old);
        assert_null(none);
    }
    json_object_put(patch);
    json_object_put(wanted);
    json_object_put(old);
}

static void test_a_patch_has_what_differs_and_no_more(void **state)
{
    check_make("{}", "{}", NULL);
    check_make("{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", NULL);
    check_make("{\"a\":1,\"b\":2}", "{\"a\":1,\"b\":3}", "{\"b\":3}");
    check_make("{\"a\":1,\"b\":2}", "{\"a\":1}", "{\"b\":null}");
    check_make("{\"t\":{\"x\":1,\"y\":2},\"u\":{\"z\":1}}",
               "{\"t\":{\"x\":1,\"y\":3},\"u\":{\"z\":1}}",
               "{\"t\":{\"y\":3}}");
    check_make("{\"a\":[1,2,3]}", "{\"a\":[1,2]}", "{\"a\":[1,2]}");
    check_make("{\"a\":[1,2]}", "{\"a\":[1,2]}", NULL);
    check_make("{\"a\":1}", "{\"a\":{\"b\":1}}", "{\"a\":{\"b\":1}}");
    check_make("{\"a\":{\"b\":1}}", "{\"a\":1}", "{\"a\":1}");
    check_make("{}", "{\"a\":{}}", "{\"a\":{}}");
    check_make("{\"a\":{\"b\":1}}", "{\"a\":{}}", "{\"a\":{\"b\":null}}");
    check_make("{\"a\":1.5}", "{\"a\":\"1.5\"}", "{\"a\":\"1.5\"}");
}

static void test_null_counts_as_absent(void **state)
{
    check_make("{\"a\":null}", "{}", NULL);
    check_make("{}", "{\"a\":null}", NULL);
    check_make("{\"a\":1}", "{\"a\":null}", "{\"a\":null}");
    check_make("{\"a\":1}", "{\"a\":{\"b\":null,\"c\":2}}",
               "{\"a\":{\"c\":2}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_examples_of_the_rfc_hold),
        cmocka_unit_test(test_a_patch_has_what_differs_and_no_more),
        cmocka_unit_test(test_null_counts_as_absent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
