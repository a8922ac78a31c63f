/*
 * What esbuild writes: a metafile, and a source with the mappings of its map,
 * with a NUL between each two.
 */
#include "author/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Take what stands before the next NUL. */
static struct bytes take(struct bytes *left)
{
    const uint8_t *end = left->size ? memchr(left->data, 0, left->size) : NULL;
    size_t size = end ? (size_t)(end - left->data) : left->size;
    struct bytes taken = bytes_make(left->data, size);

    size += end != NULL;
    *left = bytes_make(left->data + size, left->size - size);
    return taken;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes left = bytes_make(data, size);
    struct bundle_engine engine;
    struct buffer out = {0};

    struct bytes metafile = take(&left);
    (void)bundle_choose_engine(metafile, NULL, &engine);
    (void)bundle_check_inside(metafile, "/nonexistent", "/nonexistent/too");
    struct bytes source = take(&left);
    bundle_escape(source, &out);
    bundle_shift(source, take(&left), &out);
    buffer_free(&out);
    return 0;
}
