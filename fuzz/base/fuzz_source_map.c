/*
 * Source maps of bundles: the bytes are the map's JSON, and lines of it are
 * looked up.
 */
#include "base/base64.h"
#include "base/buffer.h"
#include "base/check.h"
#include "base/source_map.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct source_map *map;
    struct buffer url = {0};
    buffer_text(&url, "data:application/json;base64,");
    base64_encode(bytes_make(data, size), &url);
    if (!source_map_open(buffer_view(&url), &map)) {
        for (uint64_t line = 0; line < 20; line++) {
            const char *source = NULL;
            uint64_t row = line, column = 7 * line;
            if (source_map_find(map, &row, &column, &source))
                CHECK(*source && row > 0 && column > 0);
        }
        source_map_close(map);
    }
    buffer_free(&url);
    return 0;
}
