/*
 * JSON in and out: what is read and written must read the same again.
 */
#include "base/check.h"
#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_object *value, *again, *exact;
    struct buffer first = {0}, second = {0};
    uint64_t number;
    const char *text;
    /* Every value takes a byte at least. */
    CHECK(!json_check_values(bytes_make(data, size),
                             1 + size * JSON_OBJECT_VALUES));
    if (json_parse(bytes_make(data, size), &value))
        return 0;
    json_text(value, &first);
    CHECK(!json_parse(buffer_view(&first), &again));
    json_text(again, &second);
    CHECK(bytes_equal(buffer_view(&first), buffer_view(&second)));
    /* What is written holds nothing that a tree does not. */
    CHECK(!json_parse_exact(buffer_view(&first), &exact));
    json_object_put(exact);
    if (!json_parse_exact(bytes_make(data, size), &exact)) {
        buffer_clear(&second);
        json_text(exact, &second);
        CHECK(bytes_equal(buffer_view(&first), buffer_view(&second)));
        json_object_put(exact);
    }
    if (json_object_is_type(value, json_type_object)) {
        json_get_u64(value, "number", &number);
        json_get_text(value, "text", &text);
    }
    json_object_put(value);
    json_object_put(again);
    buffer_free(&first);
    buffer_free(&second);
    return 0;
}
