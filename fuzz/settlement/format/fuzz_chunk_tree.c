/*
 * Chunks of a body with their paths, as peers send them: any bytes are refused
 * or taken, and only what belongs to the root is taken.
 *
 * The input: size of the body u32, index u16, hashes of the path u8, these
 * hashes, the chunk.
 */
#include "base/check.h"
#include "settlement/format/chunk_tree.h"

/* A body of one chunk is the chunk, and its root is known. */
static void check_whole(struct bytes data)
{
    struct hash root, path = {0};
    if (!data.size || data.size > CHUNK_SIZE_BYTES)
        return;
    chunk_tree_root(data, &root);
    CHECK(chunk_tree_verify(&root, data.size, 0, data, NULL, 0));
    CHECK(!chunk_tree_verify(&root, data.size, 0, data, &path, 1));
    root.bytes[0] ^= 1;
    CHECK(!chunk_tree_verify(&root, data.size, 0, data, NULL, 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader reader = reader_make(bytes_make(data, size));
    struct hash root = {0}, path[UINT8_MAX];
    uint32_t whole;
    uint16_t index;
    uint8_t count;
    check_whole(reader.left);
    if (reader_u32le(&reader, &whole) || reader_u16le(&reader, &index) ||
        reader_u8(&reader, &count) || reader_copy(&reader, path, count * 32ul))
        return 0;
    /* Nobody finds what hashes to zero. */
    CHECK(!chunk_tree_verify(&root, whole, index, reader.left, path, count));
    return 0;
}
