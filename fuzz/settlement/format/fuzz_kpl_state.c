/*
 * The account data of a KPL task, as an endpoint sends it: what is taken is
 * JSON text, whatever is left out of it; and a part is refused if the whole is.
 */
#include "base/check.h"
#include "base/json.h"
#include "settlement/format/kpl_state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes bytes = bytes_make(data, size);
    const uint64_t round = 8;
    struct buffer whole = {0}, part = {0};
    struct json_object *task = NULL;
    int status = kpl_state_json(bytes, KPL_STATE_ALL, NULL, &whole);
    CHECK(kpl_state_json(bytes, KPL_STATE_SUBMISSIONS, &round, &part) ==
          status);
    if (status == 0) {
        CHECK(json_parse(buffer_view(&part), &task) == 0);
        CHECK(json_object_is_type(task, json_type_object));
        CHECK(part.size <= whole.size);
    }
    json_object_put(task);
    buffer_free(&whole);
    buffer_free(&part);
    return 0;
}
