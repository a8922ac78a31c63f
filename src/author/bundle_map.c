/*
 * The map is as large as the bundle or larger, so it is not put on chain. Where
 * a task is tried it costs nothing.
 */
#include "author/bundle.h"
#include "base/base64.h"
#include "base/file.h"
#include "base/memory.h"
#include <stdlib.h>

#define MAP_SIZE_MAX (64u << 20)

/* Does the last line of the source name the map? */
static bool names_map(struct bytes source, const char *map)
{
    char *comment = mem_format("\n//# sourceMappingURL=%s\n", map);
    size_t size = strlen(comment);
    bool found = source.size >= size &&
                 !memcmp(source.data + source.size - size, comment, size);
    free(comment);
    return found;
}

/* The last comment of the kind counts, so the one that names the file may stay.
 */
void bundle_embed_map(const char *path, struct buffer *source)
{
    struct buffer map = {0};
    char *map_path = mem_format("%s.map", path);
    const char *slash = strrchr(map_path, '/');

    if (names_map(buffer_view(source), slash ? slash + 1 : map_path) &&
        !file_read(map_path, MAP_SIZE_MAX, &map)) {
        buffer_text(source,
                    "//# sourceMappingURL=data:application/json;base64,");
        base64_encode(buffer_view(&map), source);
        buffer_text(source, "\n");
    }
    buffer_free(&map);
    free(map_path);
}
