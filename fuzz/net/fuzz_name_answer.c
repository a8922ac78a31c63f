/*
 * Answers of name servers, which a stranger's domain may have made: what is
 * read is JSON, an array of one record at least.
 */
#include "base/check.h"
#include "base/json.h"
#include "net/name_query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(enum name_records records, struct bytes answer)
{
    struct buffer json = {0};
    struct json_object *tree;

    if (!name_answer_read(records, answer, &json)) {
        CHECK(!json_parse(buffer_view(&json), &tree));
        CHECK(json_object_is_type(tree, json_type_array));
        CHECK(json_object_array_length(tree) > 0 &&
              json_object_array_length(tree) <= NAME_RECORDS_MAX);
        json_object_put(tree);
    }
    buffer_free(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check(NAME_SRV, bytes_make(data, size));
    check(NAME_TXT, bytes_make(data, size));
    return 0;
}
