/*
 * A record of the vote file, which a failing disk may have written. The sum is
 * made right first, so that what is behind it is reached.
 */
#include "base/check.h"
#include "consensus/vote_record.h"

#include <xxhash.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct vote_tag tag = {.bytes = {0}};
    uint8_t bytes[VOTE_RECORD_SIZE] = {0}, again[VOTE_RECORD_SIZE];
    const size_t summed = VOTE_RECORD_SIZE - 8;
    struct vote_record record;

    memcpy(bytes, data, size < summed ? size : summed);
    u64le_write(bytes + summed, XXH3_64bits(bytes, summed));
    if (vote_record_decode(bytes, &tag, &record))
        return 0;
    vote_record_encode(&record, &tag, again);
    CHECK(!vote_record_decode(again, &tag, &record));
    return 0;
}
