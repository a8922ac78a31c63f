/*
 * What a node and its signing process send each other, from either side. What
 * is read is written the same.
 */
#include "base/check.h"
#include "node/money/signer_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In pieces, as a socket gives them. */
#define PIECE 7

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct signer_reader reader = {0};
    struct signer_message message;
    struct buffer again = {0};
    size_t taken = 0;
    bool more = true;
    int status = 0;

    for (size_t at = 0; at < size && !status; at += PIECE) {
        size_t piece = size - at < PIECE ? size - at : PIECE;
        signer_reader_add(&reader, bytes_make(data + at, piece));
        more = true;
        while (!status && more) {
            status = signer_reader_next(&reader, &message, &more);
            if (status || !more)
                continue;
            signer_message_write(&again, &message);
            CHECK(taken + again.size <= size);
            CHECK(!memcmp(again.data, data + taken, again.size));
            taken += again.size;
            buffer_clear(&again);
        }
    }
    buffer_free(&again);
    signer_reader_free(&reader);
    return 0;
}
