/* A block as an endpoint answers it, added up. */
#include "base/json.h"
#include "devnet/network_sums.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_object *block;
    uint64_t burned = UINT64_MAX / 2, transactions = 0;

    if (json_parse(bytes_make(data, size), &block) < 0)
        return 0;
    if (!network_sums_block(block, &burned, &transactions) &&
        burned < UINT64_MAX / 2)
        __builtin_trap();
    json_object_put(block);
    return 0;
}
