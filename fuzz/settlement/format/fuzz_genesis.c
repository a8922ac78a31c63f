/*
 * Genesis files. A genesis that parses is written and read again, and must have
 * the same hash.
 */
#include "base/check.h"
#include "settlement/format/genesis.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct genesis genesis, again;
    if (!genesis_parse(bytes_make(data, size), &arena, &genesis)) {
        struct buffer text = {0};
        genesis_write(&genesis, &text);
        CHECK(!genesis_parse(buffer_view(&text), &arena, &again));
        CHECK(hash_equal(&genesis.hash, &again.hash));
        buffer_free(&text);
    }
    arena_free(&arena);
    return 0;
}
