/*
 * Which row answers a request.
 */
#include "node/page/api_state.h"

#include "base/check.h"

/* Part by part; what stands for "*" is put into parts. */
static bool fits(const char *pattern, const char *path,
                 struct bytes parts[API_PARTS_MAX])
{
    size_t count = 0;

    for (;;) {
        size_t wanted = strcspn(pattern, "/"), size = strcspn(path, "/");

        if (!size)
            return false;
        if (wanted == 1 && *pattern == '*') {
            CHECK(count < API_PARTS_MAX);
            parts[count++] = bytes_make(path, size);
        } else if (wanted != size || memcmp(pattern, path, size) != 0) {
            return false;
        }
        pattern += wanted;
        path += size;
        if (!*pattern || !*path)
            return *pattern == *path;
        pattern++;
        path++;
    }
}

/* A row whose part is a word counts before one that takes any: areas are listed
 * so that this holds, and within an area the first counts. */
struct api_found api_find_row(const struct api *api, const char *method,
                              const char *path)
{
    struct api_found found = {0};

    for (const struct api_area *const *area = api->options.areas; *area; area++)
        for (size_t i = 0; i < (*area)->row_count; i++) {
            const struct api_row *row = &(*area)->rows[i];
            struct bytes parts[API_PARTS_MAX] = {0};

            if (!fits(row->path, path, parts))
                continue;
            found.is_path = true;
            if (found.row || strcmp(row->method, method) != 0)
                continue;
            found.row = row;
            memcpy(found.parts, parts, sizeof(parts));
        }
    return found;
}
