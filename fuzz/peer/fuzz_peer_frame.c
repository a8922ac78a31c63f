/*
 * Frames from a stranger. The first byte says in which pieces the rest comes.
 * Whatever the pieces, the frames are the same as in one, and no more memory is
 * taken than has come.
 */
#include "base/check.h"
#include "crypto/hash.h"
#include "peer/peer_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LIMIT 300

/* The hash of all frames: kind, size, body. */
static int read_all(struct bytes in, size_t step, struct hash *out)
{
    struct peer_frame_reader reader = {.limit = LIMIT};
    struct sha256 sha256;
    int status = 0;
    sha256_init(&sha256);
    for (size_t at = 0; !status && at < in.size;) {
        size_t size = in.size - at < step ? in.size - at : step;
        struct bytes rest = bytes_make(in.data + at, size);
        bool is_whole = true;
        while (!status && is_whole) {
            struct peer_frame frame;
            status = peer_frame_read(&reader, &rest, &is_whole, &frame);
            if (status || !is_whole)
                break;
            CHECK(frame.body.size < LIMIT);
            uint8_t head[3] = {frame.kind, (uint8_t)frame.body.size,
                               (uint8_t)(frame.body.size >> 8)};
            sha256_update(&sha256, bytes_make(head, 3));
            sha256_update(&sha256, frame.body);
        }
        CHECK(status || !rest.size);
        CHECK(reader.part.size <= PEER_FRAME_PREFIX + LIMIT);
        at += size;
    }
    sha256_final(&sha256, out);
    peer_frame_reader_free(&reader);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hash whole, pieces;
    if (!size)
        return 0;
    struct bytes in = bytes_make(data + 1, size - 1);
    int status = read_all(in, SIZE_MAX, &whole);
    CHECK(status == read_all(in, 1 + data[0], &pieces));
    CHECK(hash_equal(&whole, &pieces));
    return 0;
}
