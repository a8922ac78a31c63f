/*
 * What a page asks of settlement: whatever is taken has an id, and a method
 * that is passed on only reads.
 */
#include "base/check.h"
#include "node/page/rpc_question.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rpc_questions questions;
    struct json_object *body;

    if (json_check_values(bytes_make(data, size), 20000) ||
        json_parse_exact(bytes_make(data, size), &body))
        return 0;
    if (!rpc_questions_read(body, &questions)) {
        CHECK(questions.count && questions.count <= RPC_QUESTIONS_MAX);
        for (size_t i = 0; i < questions.count; i++) {
            const char *method = questions.list[i].method;

            CHECK(questions.list[i].id);
            CHECK(
                !questions.list[i].params ||
                json_object_is_type(questions.list[i].params, json_type_array));
            CHECK(!method || !strncmp(method, "get", 3) ||
                  !strncmp(method, "pond", 4) || !strncmp(method, "is", 2) ||
                  !strncmp(method, "minimum", 7));
        }
    }
    json_object_put(body);
    return 0;
}
