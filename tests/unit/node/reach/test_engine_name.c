#include "test.h"

#include "base/error.h"
#include "node/reach/engine_name.h"

static void test_names_read_back(void **state)
{
    for (enum node_engine engine = NODE_ENGINE_AUTO; engine <= NODE_ENGINE_NODE;
         engine++) {
        enum node_engine found = NODE_ENGINE_UNSET;

        assert_ok(engine_name_parse(engine_name(engine), &found));
        assert_int_equal(found, engine);
    }
    assert_string_equal(engine_name(NODE_ENGINE_UNSET), "");
}

static void test_others_are_refused(void **state)
{
    static const char *const others[] = {"", "Node", "deno", " node", "node "};
    enum node_engine engine = NODE_ENGINE_UNSET;

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_int_equal(engine_name_parse(others[i], &engine), ERR_INVALID);
        assert_int_equal(engine, NODE_ENGINE_UNSET);
    }
    assert_non_null(strstr(err_text(), "auto, pond or node"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_read_back),
        cmocka_unit_test(test_others_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
