/*
 * The mappings are one text: lines between semicolons, pieces between commas,
 * and of each piece up to five numbers in base64 digits of five bits, the
 * lowest first, each the difference to the one before it. So a line is found
 * by going through all before it.
 */
#include "base/source_map.h"

#include "base/base64.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"

#include <stdlib.h>

#define FIELDS_MAX 5

/* A number has 32 bits at most. */
#define SHIFT_MAX 30

struct source_map {
    struct json_object *tree;
    struct json_object *sources;
    struct bytes mappings;
};

int source_map_open(struct bytes url, struct source_map **out)
{
    static const char prefix[] = "data:", mark[] = ";base64,";
    struct buffer text = {0};
    struct json_object *tree = NULL, *sources;
    const char *mappings;
    const uint8_t *found =
        url.size > strlen(prefix) && !memcmp(url.data, prefix, strlen(prefix))
            ? memmem(url.data, url.size, mark, strlen(mark))
            : NULL;

    if (!found)
        return err_set(ERR_NOT_FOUND, "no source map is in the bundle");
    if (url.size > SOURCE_MAP_SIZE_MAX)
        return err_set(ERR_LIMIT, "the source map is too large");
    size_t begin = (size_t)(found - url.data) + strlen(mark);
    int status =
        base64_decode(bytes_make(url.data + begin, url.size - begin), &text);
    if (!status)
        status = json_parse(buffer_view(&text), &tree);
    if (!status)
        status = json_get_array(tree, "sources", &sources);
    if (!status)
        status = json_get_text(tree, "mappings", &mappings);
    buffer_free(&text);
    if (status) {
        json_object_put(tree);
        return status;
    }
    *out = mem_zero(1, sizeof(**out));
    **out = (struct source_map){
        .tree = tree, .sources = sources, .mappings = bytes_text(mappings)};
    return 0;
}

void source_map_close(struct source_map *map)
{
    if (!map)
        return;
    json_object_put(map->tree);
    free(map);
}

static bool read_number(const struct bytes *text, size_t *at, int64_t *out)
{
    int64_t value = 0;
    int digit;

    for (unsigned shift = 0; shift <= SHIFT_MAX; shift += 5) {
        digit = *at < text->size ? base64_digit(text->data[(*at)++]) : -1;
        if (digit < 0)
            return false;
        value |= (int64_t)(digit & 31) << shift;
        if (!(digit & 32)) {
            *out = value & 1 ? -(value >> 1) : value >> 1;
            return true;
        }
    }
    return false;
}

/* The numbers of one piece: how many, or -1 where the map is broken. */
static int read_piece(const struct bytes *text, size_t *at,
                      int64_t fields[FIELDS_MAX])
{
    int count = 0;

    while (*at < text->size && text->data[*at] != ',' &&
           text->data[*at] != ';') {
        if (count == FIELDS_MAX || !read_number(text, at, &fields[count]))
            return -1;
        count++;
    }
    return count;
}

/* As the log shows sources: from the author's folder. */
static const char *source_name(const struct source_map *map, int64_t index)
{
    struct json_object *name =
        index >= 0 ? json_object_array_get_idx(map->sources, (size_t)index)
                   : NULL;

    if (!json_object_is_type(name, json_type_string))
        return NULL;
    const char *text = json_object_get_string(name);
    while (*text == '.' || *text == '/')
        text++;
    return *text ? text : NULL;
}

/* A place in the sources, and where it begins in the bundle's line. */
struct piece {
    int64_t begin, source, line, column;
};

/* Sums of 32-bit differences, as many as there are bytes of text, fit. The last
 * piece of the line that begins no later counts. */
static bool find_piece(const struct source_map *map, uint64_t line,
                       int64_t column, struct piece *out)
{
    struct piece piece = {0};
    int64_t fields[FIELDS_MAX];
    uint64_t present = 1;
    size_t at = 0;
    bool is_found = false;

    while (at < map->mappings.size && present <= line) {
        uint8_t byte = map->mappings.data[at];
        int count;

        if (byte == ';' || byte == ',') {
            present += byte == ';';
            piece.begin = byte == ';' ? 0 : piece.begin;
            at++;
            continue;
        }
        count = read_piece(&map->mappings, &at, fields);
        if (count < 0)
            break;
        piece.begin += fields[0];
        if (present == line && piece.begin > column)
            break;
        if (count >= 4) {
            piece.source += fields[1];
            piece.line += fields[2];
            piece.column += fields[3];
        }
        if (present == line) {
            is_found = count >= 4;
            *out = piece;
        }
    }
    return is_found;
}

bool source_map_find(const struct source_map *map, uint64_t *line,
                     uint64_t *column, const char **source)
{
    struct piece piece;
    const char *name;

    if (!*line || !*column || *column > INT32_MAX ||
        !find_piece(map, *line, (int64_t)*column - 1, &piece))
        return false;
    name = source_name(map, piece.source);
    if (!name || piece.line < 0 || piece.column < 0)
        return false;
    *source = name;
    *line = (uint64_t)piece.line + 1;
    *column = (uint64_t)piece.column + 1;
    return true;
}
