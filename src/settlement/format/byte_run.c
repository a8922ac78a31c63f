#include "settlement/format/byte_run.h"

#include "base/check.h"

#define EIGHT UINT64_C(0x0101010101010101)

/* How many equal bytes the text begins with. */
static size_t equal_bytes(struct bytes text)
{
    size_t size = 1;
    uint64_t eight = text.data[0] * EIGHT;
    while (text.size - size >= 8 && u64le_read(text.data + size) == eight)
        size += 8;
    while (size < text.size && text.data[size] == text.data[0])
        size++;
    return size;
}

/* Wherever a run of 32 bytes begins, eight bytes at one of the steps lie in it.
 */
#define STEP 16

struct byte_run byte_run_longest(struct bytes text, size_t from)
{
    struct byte_run best = {.size = BYTE_RUN_SIZE_MIN - 1};
    CHECK(from <= text.size);
    for (size_t at = from; at + 8 <= text.size;) {
        uint8_t byte = text.data[at];
        if (u64le_read(text.data + at) != byte * EIGHT) {
            at += STEP;
            continue;
        }
        size_t begin = at;
        while (begin > from && text.data[begin - 1] == byte)
            begin--;
        at += equal_bytes(bytes_make(text.data + at, text.size - at));
        if (at - begin > best.size)
            best = (struct byte_run){begin, at - begin, byte};
    }
    return best.size < BYTE_RUN_SIZE_MIN ? (struct byte_run){0} : best;
}
